/** One mistake in the settings: where, what, and how to mend it. */

export interface SettingsProblem {
  /** `loads[2].channel`; empty for the file as a whole. */
  readonly path: string;
  /** Line of the file, counted from 1; null when the entry is missing altogether. */
  readonly line: number | null;
  readonly message: string;
  readonly remedy: string;
}

export type Path = readonly PropertyKey[];

/** A problem with its path as a list, so that a line can be found for it. */
export type LocatedProblem = Omit<SettingsProblem, 'line'> & { readonly at: Path };

/** `loads[2].channel` for `['loads', 2, 'channel']`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
