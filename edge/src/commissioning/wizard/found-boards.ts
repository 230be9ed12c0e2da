/** The list of boards, as it is shown. */
import type { FoundBoard, Status } from './box-client.ts';
import { ofMany } from './words.ts';

/** Heard, or waiting for its claim: such a board says nothing but hello. */
export function present({ found }: Status): FoundBoard[] {
  return found.filter(({ online, channels, unclaimed }) => (online && channels > 0) || unclaimed);
}

/** One line about a board of the list. */
export function lineOf({
  device,
  protocol,
  channels,
  model,
  firmware,
  online,
  unclaimed,
}: FoundBoard): string {
  const about = [protocol, model, firmware].filter(Boolean).join(' ');
  const state = unclaimed ? 'waits for its claim' : online ? 'online' : 'OFFLINE';
  return `${device}  ${about}, ${ofMany(channels, 'relay')}, ${state}`;
}
