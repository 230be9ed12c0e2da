/** What is wrong with a measured series, where, and how to mend it. */
export class SeriesError extends Error {
  readonly code = 'bad-series';
  readonly remedy: string;

  constructor(message: string, options: { readonly remedy?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.remedy =
      options.remedy ??
      'Give a CSV file with commas whose header has time and loadW, and whose rows have one step.';
  }
}
