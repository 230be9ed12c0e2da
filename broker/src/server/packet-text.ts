/**
 * The text fields of MQTT packets as bytes: UTF-8, topic names and topic filters, judged before anything decodes them.
 *
 * A decoder replaces what is ill-formed, and a replaced name is another name; so the bytes themselves are looked at.
 */
import { isUtf8 } from 'node:buffer';

export type TextProblem = 'text-malformed' | 'text-null' | 'topic-malformed' | 'filter-malformed';

const HASH = 0x23;
const PLUS = 0x2b;
const SLASH = 0x2f;

/** Well-formed UTF-8 without surrogates [MQTT-1.5.3-1] and without U+0000 [MQTT-1.5.3-2]. */
export function textProblem(bytes: Uint8Array): TextProblem | undefined {
  let ascii = true;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === 0) return 'text-null';
    if (byte >= 0x80) ascii = false;
  }
  return ascii || isUtf8(bytes) ? undefined : 'text-malformed';
}

/**
 * A topic name is not empty [MQTT-4.7.3-1] and holds no wildcard [MQTT-3.3.2-2]. Every message passes here, so it is
 * read in place and once.
 */
export function topicProblem(bytes: Uint8Array, from = 0, to = bytes.length): TextProblem | undefined {
  if (from === to) return 'topic-malformed';
  let ascii = true;
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === HASH || byte === PLUS) return 'topic-malformed';
    if (byte === 0) return 'text-null';
    if (byte >= 0x80) ascii = false;
  }
  return ascii || isUtf8(bytes.subarray(from, to)) ? undefined : 'text-malformed';
}

/** In a filter `#` is the last level and `+` a level of its own [MQTT-4.7.1-2], [MQTT-4.7.1-3]; [MQTT-4.7.3-1]. */
export function filterProblem(bytes: Uint8Array): TextProblem | undefined {
  if (bytes.length === 0) return 'filter-malformed';
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] !== HASH && bytes[i] !== PLUS) continue;
    const begins = i === 0 || bytes[i - 1] === SLASH;
    const ends = i === bytes.length - 1 || (bytes[i] === PLUS && bytes[i + 1] === SLASH);
    if (!begins || !ends) return 'filter-malformed';
  }
  return textProblem(bytes);
}
