/**
 * The pins of an ESP-12F and what our two boards do with them.
 *
 * Between power-on and the first instruction of the firmware (about 110 ms; again at every reset) the chip drives
 * its pins by itself: 16 is driven high, 12, 13 and 14 are pulled up, 4 and 5 float. A relay that follows such a pin
 * clicks at every brown-out, so its coil needs a supply that the firmware releases first (`coilEnableGpio`).
 * Pins 0, 2 and 15 are read at reset to choose the boot mode; 6 to 11 belong to the flash.
 * Source: ESP8266EX datasheet, 2.1 pin definitions, and its technical reference, appendix on strapping.
 */

export type Gpio = 0 | 1 | 2 | 3 | 4 | 5 | 12 | 13 | 14 | 15 | 16;

export interface GpioFacts {
  /** What the pin does from reset until the firmware sets it. */
  readonly atReset: 'driven-high' | 'pulled-up' | 'floating' | 'strap';
  /** Level that the pin must have at reset, or the chip does not start the firmware. */
  readonly strap?: 'high' | 'low';
  readonly note: string;
}

export const GPIOS: Readonly<Record<Gpio, GpioFacts>> = {
  0: { atReset: 'strap', strap: 'high', note: 'low at reset starts the serial loader' },
  1: { atReset: 'driven-high', note: 'serial output; the boot loader talks here at 74880 baud' },
  2: { atReset: 'strap', strap: 'high', note: 'blue LED of the module, lights when low' },
  3: { atReset: 'pulled-up', note: 'serial input' },
  4: { atReset: 'floating', note: 'quiet at reset' },
  5: { atReset: 'floating', note: 'quiet at reset' },
  12: { atReset: 'pulled-up', note: 'weak pull-up until the firmware starts' },
  13: { atReset: 'pulled-up', note: 'weak pull-up until the firmware starts' },
  14: { atReset: 'pulled-up', note: 'weak pull-up until the firmware starts' },
  15: { atReset: 'strap', strap: 'low', note: 'high at reset boots from an SD card' },
  16: { atReset: 'driven-high', note: 'no interrupt, no pull-up of its own' },
};

export type BoardKind = 'own' | 'bought';

export interface PinMap {
  /** GPIO of each channel's relay, channel 1 first. High energises the coil. */
  readonly relayGpios: readonly [Gpio, Gpio, Gpio, Gpio];
  /** High connects the coils to their supply; null where the coils are always supplied. */
  readonly coilEnableGpio: Gpio | null;
  /** Low lights it. */
  readonly statusLedGpio: Gpio;
  /** Low when pressed. */
  readonly buttonGpio: Gpio;
}

export const PIN_MAPS: Readonly<Record<BoardKind, PinMap>> = {
  /** The board of this folder. */
  own: { relayGpios: [16, 14, 12, 13], coilEnableGpio: 5, statusLedGpio: 2, buttonGpio: 4 },
  /** The common bought board "ESP12F Relay X4", jumpers set as delivered. */
  bought: { relayGpios: [16, 14, 12, 13], coilEnableGpio: null, statusLedGpio: 2, buttonGpio: 0 },
};

/** Channels whose coil may be energised at reset before any firmware runs; none on a safe board. */
export function channelsLiveAtReset(map: PinMap): readonly number[] {
  const enabled = map.coilEnableGpio === null || mayBeHigh(map.coilEnableGpio);
  if (!enabled) return [];
  return map.relayGpios.flatMap((gpio, i) => (mayBeHigh(gpio) ? [i + 1] : []));
}

function mayBeHigh(gpio: Gpio): boolean {
  const { atReset, strap } = GPIOS[gpio];
  return atReset === 'driven-high' || atReset === 'pulled-up' || strap === 'high';
}
