/** `edge explain`: why an actuator is as it is, worked out on the newest recorded cycle. */
import { explanationText } from '@wattward/broker/wire/explanation';
import { type Language, reasonText } from '@wattward/broker/wire/reasons';
import { explainActuator } from '../core/explain/explain-actuator.ts';
import { SOFTWARE_VERSION } from '../link/site-description.ts';
import { newestCycle } from '../replay/replay-range.ts';
import { StartError } from '../start-error.ts';
import { lookingAt, newestMs } from './disk.ts';

export interface ExplainOptions {
  readonly config?: string;
  /** `load:ID` or `battery:ID`. */
  readonly actuator: string;
  readonly lang: Language;
}

/** The chain of rules, and the sentence. */
export function explain({ config, actuator, lang }: ExplainOptions): Promise<string> {
  return lookingAt(config, async ({ reader }) => {
    const cycle = await newestCycle(reader, newestMs(reader), SOFTWARE_VERSION);
    if (!cycle) {
      throw new StartError(
        'not-replayable',
        'the newest cycles cannot be decided again',
        'Run `edge replay`: it names the record.',
      );
    }
    const { before, record, settings, plan } = cycle;
    const found = explainActuator(before, record.snapshot, settings, plan, record.nowMs, actuator);
    if (!found) {
      const known = [
        ...settings.loads.map(({ id }) => `load:${id}`),
        ...settings.batteries.map(({ id }) => `battery:${id}`),
      ];
      throw new StartError(
        'no-such-actuator',
        `there is no actuator "${actuator}"`,
        `Ask for one of: ${known.join(', ')}`,
      );
    }
    const lines = found.chain.map(({ rule, bound, attempts }, i) => {
      const words = attempts.map(
        ({ effect, took, reason }) =>
          `${effect}${took ? '' : ' (already decided)'}: ${reasonText(reason, lang)}`,
      );
      return `${bound ? '>' : ' '} ${String(i + 1).padStart(2)} ${rule.padEnd(18)} ${words.join('; ') || '-'}`;
    });
    const at = new Date(found.atMs).toISOString();
    return `${actuator}, cycle ${record.cycle}, ${at}\n${lines.join('\n')}\n\n${explanationText(found, lang)}\n`;
  });
}
