/**
 * The relay board: what is connected to what, and where each part sits. The one source of the rules' verdicts, the
 * drawings and the bill of materials.
 *
 * Mains comes in through a fuse and a varistor to an encapsulated 5 V supply with reinforced insulation. Each
 * channel: GPIO, base resistor, transistor, coil with flyback diode and LED; the contact is free of potential and
 * carries a snubber over COM and NO. The coils hang on `V5_COIL`, which a MOSFET connects to 5 V only while the
 * firmware holds GPIO5 high: through reset, brown-out and boot loader no coil can pull in, whatever the pins do.
 */
import type { Component, Net, Schematic } from './netlist.ts';
import { PARTS, type PartName } from './parts.ts';
import { PIN_MAPS } from './pin-map.ts';

const PINS = PIN_MAPS.own;
const CHANNELS = [1, 2, 3, 4] as const;

type Turn = 0 | 90 | 180 | 270;
type Nets = Record<string, string | null>;

/** One component: reference, part, x, y (mm), its nets, and its rotation. */
function place(
  ref: string,
  part: PartName,
  at: readonly [number, number],
  nets: Nets,
  turn: Turn = 0,
): Component {
  return { ref, part, nets, at: { xMm: at[0], yMm: at[1], turn } };
}

const two = (a: string, b: string): Nets => ({ '1': a, '2': b });

const mains: readonly Component[] = [
  place('J1', 'terminal', [122, 97], { '1': 'L_IN', '2': null, '3': 'N_IN' }),
  place('F1', 'fuse', [106, 89], two('L_FUSED', 'L_IN')),
  place('RV1', 'varistor', [110, 99], two('L_FUSED', 'N_IN'), 90),
  place('PS1', 'supply', [102, 112], { L: 'L_FUSED', N: 'N_IN', '+V': 'V5', '-V': 'GND' }, 180),
];

const supply: readonly Component[] = [
  place('C1', 'c470u', [51, 104], { '+': 'V5', '-': 'GND' }),
  place('C2', 'c10u', [12, 50], two('V5', 'GND')),
  place('U2', 'regulator', [22, 47], { IN: 'V5', OUT: 'V3V3', GND: 'GND' }),
  place('C3', 'c10u', [30, 47], two('V3V3', 'GND')),
  place('C4', 'c470u', [10, 36], { '+': 'V3V3', '-': 'GND' }),
  place('C5', 'c100n', [18, 30], two('V3V3', 'GND')),
  place('Q5', 'pmos', [42, 97], { G: 'GATE', S: 'V5', D: 'V5_COIL' }),
  place('R20', 'r10k', [40, 102], two('V5', 'GATE')),
  place('Q6', 'npn', [34, 97], { B: 'ENABLE_B', C: 'GATE', E: 'GND' }),
  place('R21', 'r4k7', [26, 96], two('COIL_ENABLE', 'ENABLE_B')),
  place('R22', 'r10k', [26, 100], two('ENABLE_B', 'GND')),
];

/** What the chip is named on its pins. */
const io = (gpio: number) => `IO${gpio}`;

const relayPins: Nets = Object.fromEntries(
  CHANNELS.map((n) => [io(PINS.relayGpios[n - 1] ?? 0), `RELAY${n}`]),
);

const controller: readonly Component[] = [
  place('U1', 'esp12f', [20, 17], {
    VCC: 'V3V3',
    GND: 'GND',
    EN: 'EN',
    RST: 'RST',
    ADC: null,
    ...relayPins,
    [io(PINS.coilEnableGpio ?? 5)]: 'COIL_ENABLE',
    IO0: 'IO0',
    [io(PINS.statusLedGpio)]: 'STATUS',
    IO15: 'IO15',
    [io(PINS.buttonGpio)]: 'BUTTON',
    TXD: 'TXD',
    RXD: 'RXD',
    CS0: null,
    MISO: null,
    IO9: null,
    IO10: null,
    MOSI: null,
    SCLK: null,
  }),
  place('R1', 'r10k', [6, 11], two('V3V3', 'EN')),
  place('R2', 'r10k', [6, 14], two('V3V3', 'RST')),
  place('C6', 'c100n', [6, 17], two('RST', 'GND')),
  place('SW1', 'button', [6, 72], two('RST', 'GND')),
  place('R3', 'r10k', [32, 14], two('V3V3', 'IO0')),
  place('R4', 'r10k', [32, 17], two('V3V3', 'STATUS')),
  place('R5', 'r10k', [32, 20], two('IO15', 'GND')),
  place('R6', 'r10k', [32, 23], two('V3V3', 'BUTTON')),
  place('SW2', 'button', [20, 72], two('BUTTON', 'GND')),
  place('R7', 'r1k', [32, 27], two('V3V3', 'STATUS_A')),
  place('D5', 'ledYellow', [32, 30], { A: 'STATUS_A', K: 'STATUS' }),
  place('J2', 'header', [8, 62], {
    '3V3': null,
    TX: 'TXD',
    RX: 'RXD',
    IO0: 'IO0',
    RST: 'RST',
    GND: 'GND',
  }),
];

function channel(n: number): readonly Component[] {
  const y = 12 + 20 * (n - 1);
  return [
    place(`R${10 + n}`, 'r680', [40, y], two(`RELAY${n}`, `BASE${n}`)),
    place(`R${30 + n}`, 'r10k', [40, y + 4], two(`BASE${n}`, 'GND')),
    place(`Q${n}`, 'npn', [47, y + 2], { B: `BASE${n}`, C: `COIL${n}`, E: 'GND' }),
    place(`D${10 + n}`, 'flyback', [53, y + 3], { A: `COIL${n}`, K: 'V5_COIL' }),
    place(`R${40 + n}`, 'r1k', [46, y + 8], two('V5_COIL', `LAMP${n}`)),
    place(`D${n}`, 'ledGreen', [53, y + 8], { A: `LAMP${n}`, K: `COIL${n}` }),
    place(`K${n}`, 'relay', [62, y], {
      A1: 'V5_COIL',
      A2: `COIL${n}`,
      COM: `COM${n}`,
      NO: `NO${n}`,
      NC: `NC${n}`,
    }),
    place(`C${20 + n}`, 'cSnubber', [97, y], two(`COM${n}`, `SNUB${n}`)),
    place(`R${50 + n}`, 'rSnubber', [95.5, y + 7.5], two(`NO${n}`, `SNUB${n}`)),
    place(`J${10 + n}`, 'terminal', [122, y - 1.25], { '1': `NO${n}`, '2': `COM${n}`, '3': `NC${n}` }),
  ];
}

const CONTROL_NETS = ['EN', 'RST', 'IO0', 'IO15', 'STATUS', 'STATUS_A', 'BUTTON', 'TXD', 'RXD'];
const COIL_NETS = ['COIL_ENABLE', 'ENABLE_B', 'GATE'];

function nets(): Record<string, Net> {
  const all: Record<string, Net> = {
    L_IN: { class: 'mains', circuit: 'supply' },
    L_FUSED: { class: 'mains', circuit: 'supply' },
    N_IN: { class: 'mains', circuit: 'supply' },
    GND: { class: 'selv', railV: 0 },
    V5: { class: 'selv', railV: 5 },
    V5_COIL: { class: 'selv', railV: 5 },
    V3V3: { class: 'selv', railV: 3.3 },
  };
  for (const name of [...CONTROL_NETS, ...COIL_NETS]) all[name] = { class: 'selv' };
  for (const n of CHANNELS) {
    for (const name of ['RELAY', 'BASE', 'COIL', 'LAMP']) all[`${name}${n}`] = { class: 'selv' };
    for (const name of ['COM', 'NO', 'NC', 'SNUB'])
      all[`${name}${n}`] = { class: 'mains', circuit: `channel ${n}` };
  }
  return all;
}

export const SCHEMATIC: Schematic = {
  parts: PARTS,
  nets: nets(),
  components: [...controller, ...supply, ...CHANNELS.flatMap(channel), ...mains],
  outline: { widthMm: 130, heightMm: 122 },
  barrier: { fromXMm: 65.5, toXMm: 75.5 },
};
