/**
 * The relays' pins, safe before anything else: coil supply off, every relay pin low, and only when the state machine
 * has said where each coil belongs is the supply released. The first thing the firmware does.
 */
import type { PinMap } from '../board/pin-map.ts';
import type { LedPattern } from '../relay-board/state.ts';
import type { InputPin, OutputPin, PinPort } from './ports.ts';

export type Light = LedPattern | 'setup';

export class RelayPins {
  readonly #relays: readonly OutputPin[];
  readonly #enable: OutputPin | null;
  readonly #led: OutputPin;
  readonly #button: InputPin;
  #lit: 0 | 1 | undefined;

  constructor(port: PinPort, map: PinMap) {
    this.#enable = map.coilEnableGpio === null ? null : low(port, map.coilEnableGpio);
    this.#relays = map.relayGpios.map((gpio) => low(port, gpio));
    this.#led = port.openOutput(map.statusLedGpio);
    this.#button = port.openInput(map.buttonGpio);
  }

  /** 1 energises the coil of `channel` (counted from 1). */
  setCoil(channel: number, level: 0 | 1): void {
    this.#relays[channel - 1]?.write(level);
  }

  /** From here on the coils follow their pins. */
  releaseCoils(): void {
    this.#enable?.write(1);
  }

  /** Every coil without current, whatever the state machine thinks: before a restart. */
  dropCoils(): void {
    this.#enable?.write(0);
    for (const relay of this.#relays) relay.write(0);
  }

  isPressed(): boolean {
    return this.#button.read() === 0;
  }

  show(light: Light, nowMs: number): void {
    const lit = isLit(light, nowMs) ? 1 : 0;
    if (lit === this.#lit) return;
    this.#lit = lit;
    this.#led.write(lit === 1 ? 0 : 1);
  }
}

function low(port: PinPort, gpio: number): OutputPin {
  const pin = port.openOutput(gpio);
  pin.write(0);
  return pin;
}

/** Rhythm of the light, milliseconds: on for the first part of each period. */
const RHYTHM: Readonly<Record<Light, readonly [onMs: number, periodMs: number]>> = {
  off: [0, 1000],
  starting: [100, 200],
  'no-link': [500, 1000],
  linked: [100, 5000],
  identify: [125, 250],
  setup: [1500, 2000],
};

export function isLit(light: Light, nowMs: number): boolean {
  const [onMs, periodMs] = RHYTHM[light];
  return nowMs % periodMs < onMs;
}
