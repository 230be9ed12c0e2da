/**
 * Every reason the box can give, with its text in both languages. `{name}` is replaced by the parameter;
 * `{name:kW}`, `{name:pct}`, `{name:s}`, `{name:A}`, `{name:price}`, `{name:phase}` format it. The core gives codes;
 * texts are made where a person reads them.
 */
import type { Reason } from './schema.ts';

export type Language = 'en' | 'de';

export const REASONS = {
  // The home as a whole
  starting: {
    en: 'just started, reading the devices first',
    de: 'gerade gestartet, liest zuerst die Geräte',
  },
  'home-outage': {
    en: 'the grid has been gone for {forS:s}; only essential loads run',
    de: 'das Netz ist seit {forS:s} weg; nur wichtige Verbraucher laufen',
  },
  'home-degraded': {
    en: 'the grid meter has given no good reading for {ageS:s}; nothing is switched on',
    de: 'der Netzzähler liefert seit {ageS:s} keinen brauchbaren Wert; es wird nichts eingeschaltet',
  },
  'home-peak-begins': {
    en: 'demand {measured:kW}, threshold {limit:kW}: Peak Mode begins',
    de: 'Bezug {measured:kW}, Schwelle {limit:kW}: Spitzenlast-Betrieb beginnt',
  },
  'home-peak': {
    en: 'Peak Mode for {forS:s}: demand {measured:kW}, threshold {limit:kW}',
    de: 'Spitzenlast-Betrieb seit {forS:s}: Bezug {measured:kW}, Schwelle {limit:kW}',
  },
  'home-limited': {
    en: 'a limit of the connection holds loads or charging back',
    de: 'eine Grenze des Anschlusses hält Verbraucher oder Laden zurück',
  },
  'home-manual': {
    en: 'somebody has taken something into their own hands',
    de: 'jemand hat etwas von Hand übernommen',
  },
  'home-exports': {
    en: 'the sun gives {sunW:kW}, more than is needed; {gridW:kW} go to the grid',
    de: 'die Sonne liefert {sunW:kW}, mehr als gebraucht wird; {gridW:kW} gehen ins Netz',
  },
  'home-charges': {
    en: 'the sun gives {sunW:kW} and charges the battery with {batteryW:kW}',
    de: 'die Sonne liefert {sunW:kW} und lädt die Batterie mit {batteryW:kW}',
  },
  'home-grid': {
    en: 'the grid supplies most: {gridW:kW}',
    de: 'das Netz liefert das meiste: {gridW:kW}',
  },
  'home-battery': {
    en: 'the battery supplies most: {batteryW:kW}',
    de: 'die Batterie liefert das meiste: {batteryW:kW}',
  },
  'home-sun': { en: 'the sun supplies the home: {sunW:kW}', de: 'die Sonne versorgt das Haus: {sunW:kW}' },
  'home-rests': { en: 'hardly anything flows', de: 'es fließt kaum etwas' },

  // Rule 1, trust
  'trust-starting': {
    en: 'not switched on before the grid meter has proved itself',
    de: 'wird nicht eingeschaltet, bevor sich der Netzzähler bewährt hat',
  },
  'trust-hold': {
    en: 'grid power unknown for {ageS:s}: nothing is switched on',
    de: 'Netzleistung seit {ageS:s} unbekannt: es wird nichts eingeschaltet',
  },
  'trust-failsafe': {
    en: 'grid power unknown for {ageS:s}: off to be safe',
    de: 'Netzleistung seit {ageS:s} unbekannt: zur Sicherheit aus',
  },
  'soc-unknown': {
    en: 'state of charge unknown: no discharge',
    de: 'Ladestand unbekannt: keine Entladung',
  },

  // Rule 2, outage
  'outage-shed': {
    en: 'grid lost: "{name}" is not essential and is off',
    de: 'Netzausfall: „{name}“ ist nicht wichtig und bleibt aus',
  },
  'outage-return': {
    en: 'the grid is back; loads return one by one, "{name}" waits for its turn',
    de: 'das Netz ist wieder da; Verbraucher kehren nacheinander zurück, „{name}“ wartet',
  },
  'outage-supply': {
    en: 'grid lost: the battery supplies the home',
    de: 'Netzausfall: die Batterie versorgt das Haus',
  },
  'outage-floor': {
    en: 'charge {socPct:pct} has reached the outage floor of {floorPct:pct}: no more discharge',
    de: 'Ladestand {socPct:pct} hat die Untergrenze für Ausfälle ({floorPct:pct}) erreicht: keine Entladung',
  },

  // Rule 3, fuse
  'fuse-shed': {
    en: '{phase:phase} carried {measured:A} of {limit:A}; shed "{name}" ({powerW:kW}, priority {priority})',
    de: '{phase:phase} trug {measured:A} von {limit:A}; „{name}“ abgeschaltet ({powerW:kW}, Priorität {priority})',
  },
  'fuse-reduce': {
    en: '{phase:phase} carries {measured:A} of {limit:A}: charging is reduced',
    de: '{phase:phase} trägt {measured:A} von {limit:A}: Laden wird verringert',
  },
  'fuse-charge': {
    en: 'charging from the grid is kept below the main fuse',
    de: 'Laden aus dem Netz bleibt unter der Hauptsicherung',
  },
  'fuse-full': {
    en: 'would overload {phase:phase} of the main fuse ({limit:A})',
    de: 'würde {phase:phase} der Hauptsicherung überlasten ({limit:A})',
  },

  // Rule 4, operator limit
  'limit-shed': {
    en: 'import {measured:kW} > limit {limit:kW}; shed "{name}" ({powerW:kW}, priority {priority})',
    de: 'Bezug {measured:kW} > Grenze {limit:kW}; „{name}“ abgeschaltet ({powerW:kW}, Priorität {priority})',
  },
  'limit-reduce': {
    en: 'import limit of {limit:kW} holds charging back',
    de: 'die Bezugsgrenze von {limit:kW} hält das Laden zurück',
  },
  'limit-full': {
    en: 'would pass the import limit of {limit:kW}',
    de: 'würde die Bezugsgrenze von {limit:kW} überschreiten',
  },
  'export-limit': { en: 'export limited to {limit:kW}', de: 'Einspeisung auf {limit:kW} begrenzt' },
  'export-free': { en: 'export not limited', de: 'Einspeisung nicht begrenzt' },

  // Rule 5, peak watch
  'peak-shed': {
    en: 'demand {measured:kW} > {limit:kW}; shed "{name}" ({powerW:kW}, priority {priority})',
    de: 'Bezug {measured:kW} > {limit:kW}; „{name}“ abgeschaltet ({powerW:kW}, Priorität {priority})',
  },
  'peak-window-shed': {
    en: 'quarter of an hour would end at {measured:kW} > {limit:kW}; shed "{name}" ({powerW:kW}, priority {priority})',
    de: 'Viertelstunde würde mit {measured:kW} > {limit:kW} enden; „{name}“ abgeschaltet ({powerW:kW}, Priorität {priority})',
  },
  'peak-reduce': {
    en: 'demand {measured:kW} > {limit:kW}: charging current reduced',
    de: 'Bezug {measured:kW} > {limit:kW}: Ladestrom verringert',
  },
  'peak-support': {
    en: 'Peak Mode: the battery helps to stay below {limit:kW}',
    de: 'Spitzenlast-Betrieb: die Batterie hilft, unter {limit:kW} zu bleiben',
  },
  'peak-charge': {
    en: 'charging from the grid must not make a peak',
    de: 'Laden aus dem Netz darf keine Spitze machen',
  },
  'peak-hold': {
    en: 'not switched on now: demand {measured:kW}, threshold {limit:kW}',
    de: 'wird jetzt nicht eingeschaltet: Bezug {measured:kW}, Schwelle {limit:kW}',
  },

  // Rule 6, relay care
  'min-on': { en: 'stays on for its minimum time, {leftS:s} more', de: 'Mindestlaufzeit, noch {leftS:s}' },
  'min-off': { en: 'stays off for its minimum time, {leftS:s} more', de: 'Mindestpause, noch {leftS:s}' },
  'budget-hour': {
    en: 'switched often enough this hour (at most {limit})',
    de: 'in dieser Stunde oft genug geschaltet (höchstens {limit})',
  },
  'budget-day': {
    en: 'switched often enough today (at most {limit})',
    de: 'heute oft genug geschaltet (höchstens {limit})',
  },
  interlock: { en: 'locked while "{other}" is on', de: 'gesperrt, solange „{other}“ an ist' },
  'interlock-unknown': {
    en: 'locked: whether "{other}" is off cannot be seen',
    de: 'gesperrt: ob „{other}“ aus ist, ist nicht zu sehen',
  },
  'next-turn': {
    en: 'comes next: loads are switched on one after the other',
    de: 'kommt als Nächstes: Verbraucher werden nacheinander eingeschaltet',
  },

  // Rule 7, battery hysteresis
  'battery-low': {
    en: 'charge {socPct:pct} below {offPct:pct}: no discharge before {onPct:pct}',
    de: 'Ladestand {socPct:pct} unter {offPct:pct}: keine Entladung vor {onPct:pct}',
  },
  'battery-waits': {
    en: 'charge {socPct:pct}: discharge starts at {onPct:pct}',
    de: 'Ladestand {socPct:pct}: Entladung beginnt bei {onPct:pct}',
  },
  'battery-full': {
    en: 'charge {socPct:pct} has reached the ceiling of {ceilingPct:pct}',
    de: 'Ladestand {socPct:pct} hat die Obergrenze von {ceilingPct:pct} erreicht',
  },
  'battery-maintenance': {
    en: 'charge {socPct:pct} below the reserve of {reservePct:pct}: kept alive with {powerW:kW}',
    de: 'Ladestand {socPct:pct} unter der Reserve von {reservePct:pct}: Erhaltungsladung mit {powerW:kW}',
  },
  'battery-observed': {
    en: 'this battery looks after itself and is only read',
    de: 'diese Batterie regelt sich selbst und wird nur gelesen',
  },

  // Rule 8, orders
  'override-portal': {
    en: 'switched by a person at the portal, {leftS:s} more',
    de: 'von einer Person im Portal geschaltet, noch {leftS:s}',
  },
  'override-button': {
    en: 'switched by the button on the board, {leftS:s} more',
    de: 'mit der Taste am Board geschaltet, noch {leftS:s}',
  },
  'order-load': { en: 'by approved order, {leftS:s} more', de: 'nach genehmigter Anweisung, noch {leftS:s}' },
  'order-mode': {
    en: 'mode "{mode}" by approved order, {leftS:s} more',
    de: 'Betriebsart „{mode}“ nach genehmigter Anweisung, noch {leftS:s}',
  },

  // Rule 9, plan
  'plan-mode': { en: 'the plan says "{mode}"', de: 'der Plan sagt „{mode}“' },
  'plan-load': { en: 'the plan lets it run now', de: 'der Plan lässt es jetzt laufen' },

  // Rule 10, price
  'price-charge': {
    en: 'energy is cheap ({price:price}, limit {limit:price}): charging from the grid',
    de: 'Strom ist günstig ({price:price}, Grenze {limit:price}): Laden aus dem Netz',
  },
  'price-negative': {
    en: 'the grid pays for taking energy ({price:price}): charging',
    de: 'das Netz zahlt für die Abnahme ({price:price}): Laden',
  },
  'price-hold': {
    en: 'kept for dearer hours (now {price:price}, later {limit:price})',
    de: 'für teurere Stunden aufgehoben (jetzt {price:price}, später {limit:price})',
  },
  'price-sell': {
    en: 'energy is dear ({price:price}, limit {limit:price}): selling from the battery',
    de: 'Strom ist teuer ({price:price}, Grenze {limit:price}): Verkauf aus der Batterie',
  },

  // Rule 11, sources
  'sources-charging': {
    en: 'takes {powerW:kW} that the sun leaves over',
    de: 'nimmt {powerW:kW} auf, die die Sonne übrig lässt',
  },
  'sources-battery': {
    en: 'gives {powerW:kW} that the sun does not cover',
    de: 'liefert {powerW:kW}, die die Sonne nicht deckt',
  },
  'sources-balance': { en: 'ready to balance the home', de: 'bereit, das Haus auszugleichen' },

  // Rule 12, loads
  'always-on': { en: 'on, as it always is', de: 'an, wie immer' },
  'manual-off': { en: 'switched by people only', de: 'wird nur von Hand geschaltet' },
  'program-runs': {
    en: 'a started program is not interrupted',
    de: 'ein begonnenes Programm wird nicht unterbrochen',
  },
  'quiet-hours': { en: 'quiet hours', de: 'Ruhezeit' },
  'deadline-run': {
    en: 'runs for its deadline in {inS:s}: {leftS:s} still to serve',
    de: 'läuft für die Frist in {inS:s}: noch {leftS:s} nötig',
  },
  'target-served': { en: 'has had all it needs today', de: 'hat für heute alles, was es braucht' },
  'surplus-on': {
    en: 'surplus {surplusW:kW} ≥ {neededW:kW}: runs on the sun',
    de: 'Überschuss {surplusW:kW} ≥ {neededW:kW}: läuft mit Sonne',
  },
  'surplus-run': { en: 'runs on surplus', de: 'läuft mit Überschuss' },
  'surplus-wait': {
    en: 'waits for the sun: surplus {surplusW:kW}, {neededW:kW} needed',
    de: 'wartet auf Sonne: Überschuss {surplusW:kW}, nötig {neededW:kW}',
  },
  'surplus-ended': {
    en: 'the surplus is gone (import {importW:kW})',
    de: 'der Überschuss ist vorbei (Bezug {importW:kW})',
  },
  'surplus-yield': {
    en: 'makes room for "{other}", which is more important',
    de: 'macht Platz für „{other}“, das wichtiger ist',
  },
  'surplus-probe': {
    en: 'tries whether the sun gives more than may be exported',
    de: 'probiert, ob die Sonne mehr gibt, als eingespeist werden darf',
  },
  'surplus-probe-failed': {
    en: 'the sun did not give enough; tried again later',
    de: 'die Sonne reichte nicht; später ein neuer Versuch',
  },
  'surplus-unknown': {
    en: 'the surplus is not known right now',
    de: 'der Überschuss ist gerade nicht bekannt',
  },

  // Alarms
  'alarm-meter': {
    en: 'the grid meter gives no good readings: check its connection and power',
    de: 'der Netzzähler liefert keine brauchbaren Werte: Verbindung und Versorgung prüfen',
  },
  'alarm-overload': {
    en: 'the main fuse is overloaded by {powerW:kW} and nothing is left to switch off',
    de: 'die Hauptsicherung ist um {powerW:kW} überlastet, und nichts ist mehr abschaltbar',
  },
  'alarm-operator': {
    en: 'the grid operator is not heard: fail-safe limits hold',
    de: 'der Netzbetreiber ist nicht zu hören: Rückfallgrenzen gelten',
  },
  'alarm-battery': {
    en: 'the battery is at {socPct:pct}, below {limit:pct}: charge it soon',
    de: 'die Batterie steht bei {socPct:pct}, unter {limit:pct}: bald laden',
  },
  'alarm-welded': {
    en: '"{name}" draws power although it is off: its contact may be welded',
    de: '„{name}“ zieht Strom, obwohl es aus ist: der Kontakt ist vielleicht verschweißt',
  },
  'alarm-stuck': {
    en: '"{name}" draws nothing although it is on: check relay, fuse and appliance',
    de: '„{name}“ zieht nichts, obwohl es an ist: Relais, Sicherung und Gerät prüfen',
  },
  'alarm-board': {
    en: 'the board of "{name}" is not heard: it falls to its safe state by itself',
    de: 'das Board von „{name}“ ist nicht zu hören: es fällt von selbst in den sicheren Zustand',
  },
} as const satisfies Record<string, Record<Language, string>>;
export type ReasonCode = keyof typeof REASONS;

/** The sentence for a reason; an unknown code (from a newer box) is shown with its numbers rather than hidden. */
export function reasonText(reason: Pick<Reason, 'code' | 'params'>, language: Language): string {
  const texts = (REASONS as Record<string, Record<Language, string> | undefined>)[reason.code];
  if (!texts) return `${reason.code} ${JSON.stringify(reason.params)}`;
  return sentence(texts[language], reason.params, language);
}

/** `template` with its `{name:unit}` filled in; a value that is not known is shown as "?". */
export function sentence(template: string, params: Reason['params'], language: Language): string {
  return template.replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name: string, unit?: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return value === null ? '?' : formatted(value, unit, language);
  });
}

/** The sentence with its rule in front, as the journal and the CSV show it: `peak-watch: demand 9.4 kW > ...`. */
export function reasonLine(reason: Reason, language: Language): string {
  return `${reason.rule}: ${reasonText(reason, language)}`;
}

function formatted(value: string | number | boolean, unit: string | undefined, language: Language): string {
  if (typeof value !== 'number') return String(value);
  const number = (digits: number, scaled = value) =>
    scaled.toLocaleString(language === 'de' ? 'de-DE' : 'en-GB', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  switch (unit) {
    case 'kW':
      return `${number(1, value / 1000)} kW`;
    case 'pct':
      return `${number(1)} %`;
    case 'A':
      return `${number(1)} A`;
    case 's':
      return duration(value, number);
    case 'ms':
      return duration(value / 1000, number);
    case 'price':
      return `${number(3)}/kWh`;
    case 'phase':
      if (value === 0) return language === 'de' ? 'eine Phase' : 'a phase';
      return `L${value}`;
    default:
      return number(Number.isInteger(value) ? 0 : 2);
  }
}

/** Seconds as people say them: to two minutes in seconds, to two hours in minutes, then in hours. */
function duration(seconds: number, number: (digits: number, scaled: number) => string): string {
  if (seconds < 120) return `${number(0, seconds)} s`;
  if (seconds < 7200) return `${number(0, seconds / 60)} min`;
  return `${number(1, seconds / 3600)} h`;
}
