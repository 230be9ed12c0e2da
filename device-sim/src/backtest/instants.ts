/**
 * Times of a file as instants. ISO 8601; those without an offset are local times of a zone. Where clocks are set
 * back an hour comes twice: its second coming is told by time that would otherwise stand still or go back.
 */
import { zoneOffsetMs } from '@wattward/edge/core/zone';

const HOUR_MS = 3_600_000;
const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** NaN for what is no time. `afterMs` is the row before. */
export type InstantReader = (text: string, afterMs: number) => number;

export function instantReader(zone: string): InstantReader {
  let hour = '';
  let candidates: readonly number[] = [];
  return (text, afterMs) => {
    const parts = ISO.exec(text);
    if (!parts) return Number.NaN;
    const [, date, hours, minutes, seconds = '00', offset] = parts;
    if (offset) return Date.parse(`${date}T${hours}:${minutes}:${seconds}${withColon(offset)}`);
    const thisHour = `${date}T${hours}`;
    if (thisHour !== hour) {
      hour = thisHour;
      candidates = instantsOf(zone, Date.parse(`${thisHour}:00:00Z`));
    }
    const withinMs = (Number(minutes) * 60 + Number(seconds)) * 1000;
    const first = candidates[0] ?? Number.NaN;
    const later = candidates.find((hourMs) => hourMs + withinMs > afterMs);
    return (later ?? first) + withinMs;
  };
}

/** The instants at which the local clock shows this hour, the earliest first; one that is jumped over is that jump. */
function instantsOf(zone: string, asUtcMs: number): number[] {
  if (Number.isNaN(asUtcMs)) return [];
  const offsets = [zoneOffsetMs(zone, asUtcMs - 26 * HOUR_MS), zoneOffsetMs(zone, asUtcMs + 26 * HOUR_MS)];
  const instants = offsets.map((offsetMs) => asUtcMs - offsetMs);
  const real = instants.filter((ms) => ms + zoneOffsetMs(zone, ms) === asUtcMs);
  const found = real.length > 0 ? real : [Math.max(...instants)];
  return [...new Set(found)].sort((a, b) => a - b);
}

function withColon(offset: string): string {
  return offset === 'Z' || offset.includes(':') ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`;
}
