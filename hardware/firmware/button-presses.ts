/**
 * One button for four channels: as many short presses as the channel's number; held for ten seconds it opens the
 * set-up. Fed with the level every 50 ms or so; a contact that bounces or sticks does nothing worse than one event.
 */

export type ButtonEvent = { readonly type: 'channel'; readonly channel: number } | { readonly type: 'setup' };

const BOUNCE_MS = 40;
const SHORT_MS = 1000;
const PAUSE_MS = 1200;
const SETUP_MS = 10_000;

export class ButtonPresses {
  #pressed = false;
  #changedMs = 0;
  #stableMs = 0;
  #presses = 0;
  #held = false;
  #raw = false;

  /** @param nowMs rises; may start anywhere. */
  feed(pressed: boolean, nowMs: number): ButtonEvent | undefined {
    if (pressed !== this.#raw) {
      this.#raw = pressed;
      this.#stableMs = nowMs;
    }
    if (nowMs - this.#stableMs >= BOUNCE_MS && pressed !== this.#pressed) this.#turn(pressed, nowMs);
    if (this.#pressed && !this.#held && nowMs - this.#changedMs >= SETUP_MS) {
      this.#held = true;
      this.#presses = 0;
      return { type: 'setup' };
    }
    if (!this.#pressed && this.#presses > 0 && nowMs - this.#changedMs >= PAUSE_MS) {
      const channel = this.#presses;
      this.#presses = 0;
      return { type: 'channel', channel };
    }
    return undefined;
  }

  #turn(pressed: boolean, nowMs: number): void {
    const short = nowMs - this.#changedMs < SHORT_MS;
    this.#pressed = pressed;
    this.#changedMs = nowMs;
    if (pressed) this.#held = false;
    else if (short) this.#presses += 1;
    else this.#presses = 0;
  }
}
