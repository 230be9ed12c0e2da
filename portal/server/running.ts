/**
 * The one running portal of this process. Next loads modules once for instrumentation and again for routes: what they
 * share must hang on the process.
 */
import type { Portal } from './portal.ts';

const KEY = Symbol.for('wattward.portal');
interface Holder {
  [KEY]?: Portal;
}

export function setRunning(portal: Portal): void {
  (globalThis as Holder)[KEY] = portal;
}

/** The portal, or null while it starts. */
export function running(): Portal | null {
  return (globalThis as Holder)[KEY] ?? null;
}
