/** `edge status`: the books of the outbox, the newest readings, and what is wrong, from the disk of the box. */
import { reasonText } from '@wattward/broker/wire/reasons';
import { SOFTWARE_VERSION } from '../link/site-description.ts';
import { DEVICE_FAILURES_KEY, type StandingFailure } from '../record/failure-watch.ts';
import { meanSocPct } from '../record/mean-soc-pct.ts';
import { newestCycle, type ReplaySource } from '../replay/replay-range.ts';
import type { LogReader, OutboxBooks } from '../store/log-reader.ts';
import { lookingAt } from './disk.ts';

const EVENTS = 10;

export function status(config: string | undefined): Promise<string> {
  return lookingAt(config, async ({ config: { site, dataDir }, reader }) => {
    const lines = [
      `Site ${site}, data in ${dataDir}`,
      '',
      'Outbox, points:',
      ...booksLines(reader.books()),
      '',
      ...(await newestLines(reader, reader.newestMs())),
      '',
      ...(await failureLines(reader)),
      '',
      `Last ${EVENTS} events:`,
      ...eventLines(reader),
    ];
    return `${lines.join('\n')}\n`;
  });
}

function booksLines(books: OutboxBooks): string[] {
  const { accepted, ...accounts } = books;
  const sum = Object.values(accounts).reduce((total, points) => total + points, 0);
  const row = (name: string, points: number) => `  ${name.padEnd(12)} ${String(points).padStart(12)}`;
  return [
    ...Object.entries(accounts).map(([name, points]) => row(name, points)),
    row('accepted', accepted),
    sum === accepted
      ? '  accepted = delivered + pending + thinned + dropped + quarantined, exactly'
      : `  THE BOOKS DO NOT BALANCE: the accounts hold ${sum}`,
  ];
}

async function newestLines(
  reader: Pick<ReplaySource, 'nextSnapshots'>,
  newestMs: number | null,
): Promise<string[]> {
  const cycle = newestMs === null ? null : await newestCycle(reader, newestMs, SOFTWARE_VERSION);
  if (!cycle) return ['No cycle is recorded yet.'];
  const { record, settings, decision } = cycle;
  const at = new Date(record.snapshot.time.wallMs).toISOString();
  const watts = Object.entries(decision.balance).map(
    ([name, value]) => `  ${name.padEnd(16)} ${value === null ? 'unknown' : `${Math.round(value)} W`}`,
  );
  const soc = meanSocPct(settings, record.snapshot);
  const charge =
    settings.batteries.length > 0 ? [`  batterySocPct    ${soc === null ? 'unknown' : `${soc} %`}`] : [];
  const loads = decision.loads.map(
    ({ id, on, reason }) => `  load:${id} ${on ? 'on' : 'off'}: ${reasonText(reason, 'en')}`,
  );
  const batteries = decision.batteries.map(
    ({ id, mode, reason }) => `  battery:${id} ${mode}: ${reasonText(reason, 'en')}`,
  );
  const alarms = decision.alarms.map(
    ({ code, actuator, params }) => `  ${actuator}: ${reasonText({ code, params }, 'en')}`,
  );
  return [
    `Newest recorded cycle ${record.cycle}, ${at}, mode ${decision.homeMode}:`,
    ...watts,
    ...charge,
    ...batteries,
    ...loads,
    '',
    `Alarms that stand: ${alarms.length === 0 ? 'none' : ''}`.trimEnd(),
    ...alarms,
  ];
}

async function failureLines(reader: Pick<LogReader, 'loadState'>): Promise<string[]> {
  const failures = JSON.parse((await reader.loadState(DEVICE_FAILURES_KEY)) ?? '[]') as StandingFailure[];
  if (failures.length === 0) return ['Devices that do not answer: none'];
  return [
    'Devices that do not answer:',
    ...failures.flatMap(({ device, why, remedy }) => [`  ${device}: ${why}`, `    ${remedy}`]),
  ];
}

function eventLines(reader: Pick<LogReader, 'events'>): string[] {
  const events = reader.events(EVENTS);
  if (events.length === 0) return ['  none'];
  return events.map(
    ({ at, severity, code, params }) =>
      `  ${at ?? 'time unknown'} ${severity} ${code} ${JSON.stringify(params)}`,
  );
}
