/**
 * Why one actuator is as it is, and what would have to change for it to switch: the answer of the `explain` verb.
 *
 * `chain` lists all rules in their order with what each tried to take; `bound` is the one whose word counts. A
 * change has one or more ways; of a way every condition must hold, and any one way is enough.
 */
import * as z from 'zod';
import { type Language, reasonText, sentence } from './reasons.ts';
import { reason } from './schema.ts';

/** What a condition looks at, with its text: what must come true, seen from today. Units stand in the names. */
const CONDITIONS = {
  waitMs: { en: '{present:ms} have passed', de: '{present:ms} vergangen sind' },
  gridPowerQuality: {
    en: 'the readings of the grid meter are {needed} (now {present})',
    de: 'die Werte des Netzzählers {needed} sind (jetzt {present})',
  },
  goodSamples: {
    en: '{needed} good readings of the grid meter have come in a row (now {present})',
    de: '{needed} gute Werte des Netzzählers in Folge da sind (jetzt {present})',
  },
  gridState: {
    en: 'the grid is {needed} (now {present})',
    de: 'das Netz {needed} ist (jetzt {present})',
  },
  clock: { en: 'the clock is set and trusted', de: 'die Uhr gestellt und verlässlich ist' },
  phaseA: {
    en: '{phase:phase} is {comparison} {needed:A} (now {present:A})',
    de: '{phase:phase} {comparison} {needed:A} liegt (jetzt {present:A})',
  },
  demandW: {
    en: 'the demand is {comparison} {needed:kW} (now {present:kW})',
    de: 'der Bezug {comparison} {needed:kW} liegt (jetzt {present:kW})',
  },
  importW: {
    en: 'the import is {comparison} {needed:kW} (now {present:kW})',
    de: 'der Netzbezug {comparison} {needed:kW} liegt (jetzt {present:kW})',
  },
  surplusW: {
    en: 'the surplus is {comparison} {needed:kW} (now {present:kW})',
    de: 'der Überschuss {comparison} {needed:kW} liegt (jetzt {present:kW})',
  },
  bridgeW: {
    en: 'the battery gives {comparison} {needed:kW} for it (now {present:kW})',
    de: 'die Leistung der Batterie dafür {comparison} {needed:kW} liegt (jetzt {present:kW})',
  },
  socPct: {
    en: 'the charge is {comparison} {needed:pct} (now {present:pct})',
    de: 'der Ladestand {comparison} {needed:pct} liegt (jetzt {present:pct})',
  },
  socQuality: {
    en: 'the charge is known (its reading is {present})',
    de: 'der Ladestand bekannt ist (sein Wert ist {present})',
  },
  importPricePerKwh: {
    en: 'energy costs {comparison} {needed:price} (now {present:price})',
    de: 'der Strompreis {comparison} {needed:price} liegt (jetzt {present:price})',
  },
  exportPricePerKwh: {
    en: 'energy earns {comparison} {needed:price} (now {present:price})',
    de: 'die Vergütung {comparison} {needed:price} liegt (jetzt {present:price})',
  },
  switchesHour: {
    en: 'at most {needed} switching operations lie in the last hour (now {present})',
    de: 'höchstens {needed} Schaltungen in der letzten Stunde liegen (jetzt {present})',
  },
  switchesDay: {
    en: 'at most {needed} switching operations lie in the last day (now {present})',
    de: 'höchstens {needed} Schaltungen am letzten Tag liegen (jetzt {present})',
  },
  otherLoad: { en: '"{other}" is off', de: '„{other}“ aus ist' },
  turn: { en: '"{other}" has returned before it', de: '„{other}“ vor ihm zurückgekehrt ist' },
  person: { en: 'a person switches it {needed}', de: 'jemand es von Hand auf {needed} stellt' },
} as const satisfies Record<string, Record<Language, string>>;
export type ConditionSignal = keyof typeof CONDITIONS;
const SIGNALS = Object.keys(CONDITIONS) as [ConditionSignal, ...ConditionSignal[]];

const COMPARISONS = ['at-least', 'at-most', 'above', 'below', 'equals'] as const;
export type Comparison = (typeof COMPARISONS)[number];

const COMPARISON_TEXTS = {
  'at-least': { en: 'at least', de: 'bei mindestens' },
  'at-most': { en: 'at most', de: 'bei höchstens' },
  above: { en: 'above', de: 'über' },
  below: { en: 'below', de: 'unter' },
  equals: { en: 'at', de: 'bei' },
} as const satisfies Record<Comparison, Record<Language, string>>;

const value = z.union([z.number(), z.string(), z.null()]);

export const condition = z.object({
  /** The rule that asks for it. */
  rule: z.string().max(40),
  signal: z.enum(SIGNALS),
  comparison: z.enum(COMPARISONS),
  /** Null: not known at present. */
  present: value,
  needed: value,
  /** How much longer it must hold once it is true, ms; 0: at once. */
  forMs: z.number(),
  /** Further numbers for its text, e.g. the phase or the other load's name. */
  params: reason.shape.params,
});
export type Condition = z.infer<typeof condition>;

export const EFFECTS = [
  'forbid-on',
  'forbid-off',
  'choose-on',
  'choose-off',
  'cap-current',
  'cap-charge',
  'cap-discharge',
  'cap-grid-charge',
  'choose-mode',
] as const;
export type Effect = (typeof EFFECTS)[number];

export const CHANGES = ['on', 'off', 'discharge', 'no-discharge', 'charge', 'no-charge'] as const;
export type ChangeTo = (typeof CHANGES)[number];

export const explanation = z.object({
  v: z.literal(1),
  /** `load:ID` or `battery:ID`. */
  actuator: z.string(),
  name: z.string(),
  /** Wall clock of the readings it was worked out on, epoch ms. */
  atMs: z.number(),
  /** `on`, `off`, or a battery mode. */
  outcome: z.string(),
  reason,
  /** All rules in their order; a rule without attempts had nothing to say about this actuator. */
  chain: z.array(
    z.object({
      rule: z.string().max(40),
      /** It is the one whose word counts. */
      bound: z.boolean(),
      /** `took` false: an earlier rule had already decided that. */
      attempts: z.array(z.object({ effect: z.enum(EFFECTS), took: z.boolean(), reason })),
    }),
  ),
  changes: z.array(z.object({ to: z.enum(CHANGES), ways: z.array(z.array(condition)) })),
});
export type Explanation = z.infer<typeof explanation>;

const CHANGE_TEXTS = {
  on: { en: 'It switches on', de: 'Es schaltet ein' },
  off: { en: 'It switches off', de: 'Es schaltet ab' },
  discharge: { en: 'It may discharge', de: 'Sie darf entladen' },
  'no-discharge': { en: 'It stops discharging', de: 'Sie entlädt nicht mehr' },
  charge: { en: 'It may charge', de: 'Sie darf laden' },
  'no-charge': { en: 'It stops charging', de: 'Sie lädt nicht mehr' },
} as const satisfies Record<ChangeTo, Record<Language, string>>;

const WORDS = {
  en: { is: 'is', when: ' when', and: 'and', or: 'or', all: 'in any case', lasting: 'for {forMs:ms}' },
  de: {
    is: 'ist',
    when: ', wenn',
    and: 'und',
    or: 'oder',
    all: 'in jedem Fall',
    lasting: 'und das {forMs:ms} lang',
  },
} as const;

/** Words of the wire as people say them. */
const SPOKEN: Readonly<Record<string, Record<Language, string>>> = {
  on: { en: 'on', de: 'an' },
  off: { en: 'off', de: 'aus' },
  good: { en: 'good', de: 'gut' },
  stale: { en: 'too old', de: 'veraltet' },
  fault: { en: 'not plausible', de: 'unplausibel' },
  absent: { en: 'missing', de: 'nicht vorhanden' },
  present: { en: 'there', de: 'da' },
  lost: { en: 'lost', de: 'ausgefallen' },
  unknown: { en: 'unknown', de: 'unbekannt' },
  'self-consume': { en: 'in self-consumption', de: 'im Eigenverbrauch' },
  hold: { en: 'holding its charge', de: 'im Modus Halten' },
  idle: { en: 'idle', de: 'in Ruhe' },
  'charge-grid': { en: 'charging from the grid', de: 'im Laden aus dem Netz' },
  'discharge-grid': { en: 'selling to the grid', de: 'im Verkauf ins Netz' },
  auto: { en: 'left to its inverter', de: 'dem Wechselrichter überlassen' },
};

function spoken(word: Condition['present'], language: Language): Condition['present'] {
  return typeof word === 'string' ? (SPOKEN[word]?.[language] ?? word) : word;
}

/** The explanation as sentences: what it is, why, and what would switch it. */
export function explanationText(explained: Explanation, language: Language): string {
  const words = WORDS[language];
  const outcome = spoken(explained.outcome, language);
  const first = `"${explained.name}" ${words.is} ${outcome}: ${reasonText(explained.reason, language)}.`;
  const rest = explained.changes.filter(({ ways }) => ways.length > 0);
  return [first, ...rest.map((change) => changeText(change, language))].join(' ');
}

function changeText({ to, ways }: Explanation['changes'][number], language: Language): string {
  const words = WORDS[language];
  const texts = ways.map((way) => longestWait(way).map((one) => conditionText(one, language)));
  // What every way asks for is said once, in front.
  const common = (texts[0] ?? []).filter((text) => texts.every((way) => way.includes(text)));
  const alternatives = texts
    .map((way) => way.filter((text) => !common.includes(text)).join(` ${words.and} `))
    .filter((text) => text !== '');
  const either = alternatives.length === texts.length ? alternatives.join(`, ${words.or} `) : '';
  const parts = [...common, ...(either === '' ? [] : [either])];
  const lead = CHANGE_TEXTS[to][language];
  return parts.length === 0
    ? `${lead} ${words.all}.`
    : `${lead}${words.when} ${parts.join(` ${words.and} `)}.`;
}

/** Waits run side by side: only the longest is worth saying. */
function longestWait(way: readonly Condition[]): Condition[] {
  const longestMs = Math.max(...way.map(waitOf));
  return way.filter((one) => one.signal !== 'waitMs' || waitOf(one) === longestMs);
}

function waitOf({ signal, present }: Condition): number {
  return signal === 'waitMs' && typeof present === 'number' ? present : 0;
}

/** One condition as a clause: "the surplus is at least 2.3 kW (now 0.8 kW) for 60 s". */
export function conditionText(one: Condition, language: Language): string {
  const { signal, comparison, present, needed, forMs, params } = one;
  const words = { present: spoken(present, language), needed: spoken(needed, language) };
  const numbers = { ...params, comparison: COMPARISON_TEXTS[comparison][language], ...words, forMs };
  const text = sentence(CONDITIONS[signal][language], numbers, language);
  return forMs > 0 ? `${text} ${sentence(WORDS[language].lasting, numbers, language)}` : text;
}
