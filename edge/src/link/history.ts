/** Sends the points on the disk to the history store, and raises what stands in the way as an event. */
import { type EdgeConfig, readText } from '../config.ts';
import type { EventRecord, Store } from '../record/store.ts';
import { type Delivery, startDelivery } from './delivery.ts';

/** Null when the configuration names no history store: points then wait on the disk. @throws StartError */
export function startHistory(
  target: EdgeConfig['history'],
  store: Store,
  onEvent: (event: EventRecord) => void,
): Delivery | null {
  if (!target) return null;
  const { url, org, bucket, tokenFile } = target;
  const token = readText(tokenFile, 'token-unreadable', 'the token of the history store').trim();
  return startDelivery({
    store,
    target: { url, org, bucket, token },
    onTrouble: (trouble) => {
      if (trouble === null) onEvent({ severity: 'info', code: 'history-back', params: { url } });
      else {
        // A refused token needs a person; everything else passes, and the points wait on the disk.
        const severity = trouble.kind === 'refused' ? 'alarm' : 'warning';
        const params = { url, status: trouble.status, answer: trouble.answer.slice(0, 200) };
        onEvent({ severity, code: `history-${trouble.kind}`, params });
      }
    },
  });
}
