/** The table of all settings in the README, generated from the schema so that it cannot be wrong. */
import { allFields, type FieldFacts } from './schema-walk.ts';

const BEGIN = '<!-- settings: begin, written by src/commands/write-settings-table.ts -->';
const END = '<!-- settings: end -->';

/** The table as Markdown, one line per setting, list entries as `[]`. */
export function settingsTable(): string {
  const lines = allFields().map(([path, facts]) =>
    [`\`${path}\``, presetOf(facts), rangeOf(facts), facts.unit ?? '', facts.description ?? ''].join(' | '),
  );
  return ['| setting | default | range | unit | what for |', '|---|---|---|---|---|', ...lines.map(row)].join(
    '\n',
  );
}

/** `readme` with its table replaced by the one of today. @throws when it has no place for it. */
export function withSettingsTable(readme: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the README has no lines "${BEGIN}" and "${END}"`);
  return `${readme.slice(0, from)}${BEGIN}\n\n${settingsTable()}\n\n${readme.slice(to)}`;
}

function row(cells: string): string {
  return `| ${cells} |`;
}

function presetOf({ preset }: FieldFacts): string {
  if (preset === undefined) return '';
  return preset === null ? 'none' : `\`${String(preset)}\``;
}

function rangeOf({ minimum, maximum, options }: FieldFacts): string {
  if (options) return options.map((option) => `\`${option}\``).join(', ');
  if (minimum === undefined && maximum === undefined) return '';
  return `${minimum ?? ''} to ${maximum ?? ''}`;
}
