/** Names that are unique among all homes on one broker, though several homes may be made from one file. */
import { createHash } from 'node:crypto';
import type { Home } from './schema.ts';

const LABEL_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The simulated board's MAC: an Espressif prefix, then six digits drawn from site and object. */
export function boardMac(siteId: string, objectId: string): string {
  const digest = createHash('sha256').update(`${siteId}/${objectId}`).digest('hex');
  return `5ccf7f${digest.slice(0, 6)}`.replace(/(..)(?!$)/g, '$1:');
}

/** The board's id on the wire: its make and its MAC. */
export function boardId(siteId: string, objectId: string, protocol = 'wattward'): string {
  const make = protocol === 'wattward' ? 'esp12f' : protocol;
  return `${make}-${boardMac(siteId, objectId).replaceAll(':', '')}`;
}

/** The code on the board's label, as the real one draws it at its first start. */
export function boardLabel(siteId: string, objectId: string): string {
  const digest = createHash('sha256').update(`label/${siteId}/${objectId}`).digest();
  return [...digest.subarray(0, 20)].map((byte) => LABEL_ALPHABET[byte % LABEL_ALPHABET.length]).join('');
}

/** Own boards that nobody has claimed when the home begins, with the code on their labels. */
export function unclaimedBoards(home: Home, siteId: string): { id: string; label: string }[] {
  return home.objects.flatMap((object) =>
    object.kind === 'board' && object.protocol === 'wattward' && !object.claimed
      ? [{ id: boardId(siteId, object.id), label: boardLabel(siteId, object.id) }]
      : [],
  );
}

export function meterId(siteId: string, objectId: string): string {
  return `${objectId}-${siteId}`.slice(0, 40);
}

export function boardIds(home: Home, siteId: string): string[] {
  return home.objects.flatMap((object) =>
    object.kind === 'board' ? [boardId(siteId, object.id, object.protocol)] : [],
  );
}

/** Meters that speak MQTT. */
export function meterIds(home: Home, siteId: string): string[] {
  return home.objects.filter(({ kind }) => kind === 'load-meter').map(({ id }) => meterId(siteId, id));
}
