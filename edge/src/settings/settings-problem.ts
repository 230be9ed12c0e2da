/** One mistake in the settings: where, what, and how to mend it. */

export interface SettingsProblem {
  /** `loads[2].channel`; empty for the file as a whole. */
  readonly path: string;
  /** Line of the file, counted from 1; null when the entry is missing altogether. */
  readonly line: number | null;
  readonly message: string;
  readonly remedy: string;
}

/** `line 12, loads[2].channel: 17 is too large; choose a value from 1 to 16`. */
export function problemSentence({ path, line, message, remedy }: SettingsProblem): string {
  const where = [line === null ? null : `line ${line}`, path || null].filter(Boolean).join(', ');
  return `${where || 'the file'}: ${message}; ${remedy}`;
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
