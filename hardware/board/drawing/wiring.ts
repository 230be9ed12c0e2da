/**
 * Wiring diagrams for the installer: from the consumer unit to the board's screws and on to the load. Names of
 * screws come from the netlist, currents from the ratings; a screw that the board does not have is refused.
 */
import { pinsOn, type Schematic } from '../netlist.ts';
import type { BoardKind } from '../pin-map.ts';
import { RATINGS } from '../ratings.ts';
import { circle, drawing, line, lines, type Point, path, rect, text } from './svg.ts';

const LIVE = '#8a4b14';
const LIVE2 = '#111827';
const LIVE3 = '#6b7280';
const NEUTRAL = '#1f6fd1';
const EARTH = '#2f8f3a';
const SWITCHED = '#c2410c';

const p = (x: number, y: number): Point => ({ x, y });

/** Breaker with its rating beside it; the wires go through downwards, 44 pixels apart. */
function breaker(at: Point, rating: string, poles = 1): string {
  const w = 44 * (poles - 1) + 30;
  const marks = Array.from({ length: poles }, (_, i) => {
    const x = at.x + 44 * i;
    return (
      path([p(x, at.y - 16), p(x, at.y - 8)]) + path([p(x - 8, at.y - 8), p(x, at.y + 10), p(x, at.y + 16)])
    );
  });
  return (
    rect(p(at.x - 15, at.y - 18), w, 36, { fill: '#f5f7fa', round: 3 }) +
    marks.join('') +
    text(p(at.x - 15 + w + 6, at.y + 4), rating, { size: 12, bold: true })
  );
}

function wire(points: readonly Point[], colour: string): string {
  if (colour === EARTH)
    return (
      path(points, { colour: EARTH, width: 3.6 }) +
      path(points, { colour: '#f5d90a', width: 1.6, dash: '7 7' })
    );
  return path(points, { colour, width: 3 });
}

const dot = (at: Point, colour: string) => circle(at, 4.5, { colour, fill: colour });

function screw(at: Point, name: string, side: 'left' | 'right'): string {
  const label =
    side === 'left'
      ? text(p(at.x + 14, at.y + 4), name, { size: 12, bold: true })
      : text(p(at.x - 14, at.y + 4), name, { size: 12, bold: true, anchor: 'end' });
  return (
    circle(at, 7, { fill: '#ffffff', width: 2 }) + line(p(at.x - 5, at.y + 5), p(at.x + 5, at.y - 5)) + label
  );
}

interface BoardAt {
  readonly drawn: string;
  readonly screws: Readonly<Record<string, Point>>;
}

/** Screws of the board, found in its netlist: L and N on the left, the channels' contacts on the right. */
function boardAt(schematic: Schematic, at: Point, kind: BoardKind): BoardAt {
  const has = (net: string) => pinsOn(schematic, net).some(({ component }) => component.part === 'terminal');
  const named = (net: string): string => {
    if (!has(net)) throw new RangeError(`the board has no screw for ${net}`);
    return net.replace('_IN', '');
  };
  const screws: Record<string, Point> = {};
  let drawn = rect(at, 300, 440, { fill: '#eef4fb', width: 2, round: 8 });
  drawn += text(p(at.x + 150, at.y + 30), kind === 'own' ? 'Relay board' : 'Bought ESP12F board', {
    anchor: 'middle',
    size: 15,
    bold: true,
  });
  for (const [i, net] of ['L_IN', 'N_IN'].entries()) {
    const where = p(at.x + 16, at.y + 60 + i * 50);
    screws[net] = where;
    drawn += screw(where, named(net), 'left');
  }
  for (let n = 1; n <= 4; n += 1) {
    const top = at.y + 60 + (n - 1) * 95;
    drawn += text(p(at.x + 130, top + 34), `relay ${n}`, { size: 12, colour: '#52606d' });
    for (const [i, pole] of ['NO', 'COM', 'NC'].entries()) {
      const net = `${pole}${n}`;
      const where = p(at.x + 284, top + i * 30);
      screws[net] = where;
      drawn += screw(where, named(net), 'right');
    }
  }
  drawn += lines(p(at.x + 16, at.y + 142), ['supply of', 'the board'], { size: 12, colour: '#52606d' });
  return { drawn, screws };
}

interface Frame {
  readonly title: string;
  readonly subtitle: string;
  readonly notes: readonly string[];
  readonly body: readonly string[];
}

const WIDTH = 1240;

function frame({ title, subtitle, notes, body }: Frame): string {
  const height = 800 + notes.length * 19;
  return drawing({
    title,
    width: WIDTH,
    height,
    body: [
      rect(p(8, 8), WIDTH - 16, height - 16, { colour: '#9aa5b1', width: 1 }),
      text(p(28, 42), title, { size: 20, bold: true }),
      text(p(28, 66), subtitle, { size: 13, colour: '#52606d' }),
      ...body,
      legend(),
      lines(p(28, 770), notes, { size: 13.5 }),
    ],
  });
}

function legend(): string {
  const items: [string, string][] = [
    ['L', LIVE],
    ['L switched', SWITCHED],
    ['N', NEUTRAL],
    ['PE', EARTH],
  ];
  return items
    .map(([name, colour], i) => {
      const x = 740 + i * 125;
      return wire([p(x, 36), p(x + 36, 36)], colour) + text(p(x + 44, 40), name, { size: 12 });
    })
    .join('');
}

/** Rails of the consumer unit, top left, and the board's own supply. */
function consumerUnit(screws: Readonly<Record<string, Point>>, phases: 1 | 3): string {
  const l = screws.L_IN ?? p(0, 0);
  const n = screws.N_IN ?? p(0, 0);
  const rails: [string, string, number][] = [
    ['L', LIVE, 150],
    ['N', NEUTRAL, 210],
    ['PE', EARTH, 240],
  ];
  const phaseRails: [string, string, number][] =
    phases === 3
      ? [
          ['L2', LIVE2, 134],
          ['L3', LIVE3, 118],
        ]
      : [];
  const drawnRails = [...rails, ...phaseRails].map(
    ([name, colour, y]) =>
      wire([p(70, y), p(WIDTH - 40, y)], colour) +
      text(p(60, y + 5), name === 'L' && phases === 3 ? 'L1' : name, { size: 13, bold: true, anchor: 'end' }),
  );
  return [
    text(p(28, 94), 'Consumer unit, behind a residual current device of 30 mA (type A)', {
      size: 13,
      bold: true,
    }),
    ...drawnRails,
    dot(p(110, 150), LIVE),
    wire([p(110, 150), p(110, l.y), p(l.x - 7, l.y)], LIVE),
    breaker(p(110, 280), 'B6'),
    dot(p(210, 210), NEUTRAL),
    wire([p(210, 210), p(210, n.y), p(n.x - 7, n.y)], NEUTRAL),
  ].join('');
}

/** A box with its screws on the left side, each with a name. */
function load(at: Point, name: readonly string[], poles: readonly string[]): BoardAt {
  const screws: Record<string, Point> = {};
  const height = 40 + poles.length * 32;
  let drawn = rect(at, 190, height, { fill: '#fff8e1', width: 2, round: 8 });
  drawn += lines(p(at.x + 70, at.y + height / 2 - (name.length - 1) * 8 + 4), name, { size: 13, bold: true });
  for (const [i, pole] of poles.entries()) {
    const where = p(at.x + 16, at.y + 36 + i * 32);
    screws[pole] = where;
    drawn += screw(where, pole, 'left');
  }
  return { drawn, screws };
}

const at = (screws: Readonly<Record<string, Point>>, name: string): Point => {
  const found = screws[name];
  if (!found) throw new RangeError(`no screw ${name} in this diagram`);
  return found;
};

const BOARD_AT = p(290, 300);

/** One channel feeding a resistive load through its own contact. */
export function directDiagram(schematic: Schematic, kind: BoardKind, contact: 'NO' | 'NC' = 'NO'): string {
  const { reinforced, maxResistiveA, maxNormallyClosedA, maxBreakerA } = RATINGS[kind];
  const maxA = contact === 'NO' ? maxResistiveA : maxNormallyClosedA;
  const breakerA = contact === 'NO' ? maxBreakerA : Math.min(maxBreakerA, 6);
  const board = boardAt(schematic, BOARD_AT, kind);
  const name = contact === 'NO' ? ['Load', `up to ${maxA} A`] : ['Load that must', 'run when in doubt'];
  const consumer = load(p(1000, 560), name, ['L', 'N', 'PE']);
  const com = at(board.screws, 'COM1');
  const out = at(board.screws, `${contact}1`);
  const l = at(consumer.screws, 'L');
  const n = at(consumer.screws, 'N');
  const pe = at(consumer.screws, 'PE');
  const notes = [
    `1. One breaker for each channel, at most ${breakerA} A, in front of COM. Several channels on one breaker: their loads together at most its rating.`,
    `2. Only resistive loads (heating rods, water heaters, plain lamps) up to ${maxA} A = ${(maxA * 230) / 1000} kW. Motors, pumps, compressors, chargers, three-phase loads: contactor.`,
    contact === 'NO'
      ? '3. COM to NO: the load is off when the board is off. Set the channel to contact "no", safe state "off".'
      : '3. COM to NC: the load is on when the board is off. Freezers and pumps: the coil of their contactor goes here. Set contact "nc", safe state "on".',
    '4. The relay breaks L only, never N or PE. It does not isolate: before work, switch off the breaker and check that the load is dead.',
    reinforced
      ? '5. Board in a closed enclosure (IP20 or better) with strain relief; no screw or track can be touched with the cover on.'
      : '5. The bought board has no reinforced insulation: treat everything on it, the serial pins too, as live. Closed enclosure of insulating material.',
    '6. Wires 1.5 mm2 copper up to 10 A, fixed installation by a qualified person; rules of your country go before this page.',
  ];
  return frame({
    title:
      contact === 'NO' ? 'Wiring: load on the relay contact' : 'Wiring: load that stays on when in doubt',
    subtitle: `${kind === 'own' ? 'Own board' : 'Bought board'}: resistive, one phase, up to ${maxA} A. Relay 1 shown; relays 2 to 4 alike.`,
    notes,
    body: [
      consumerUnit(board.screws, 1),
      board.drawn,
      consumer.drawn,
      dot(p(700, 150), LIVE),
      wire([p(700, 150), p(700, com.y), p(com.x + 7, com.y)], LIVE),
      breaker(p(700, 290), `B${breakerA}`),
      wire(
        [
          p(out.x + 7, out.y),
          p(contact === 'NO' ? 790 : 760, out.y),
          p(contact === 'NO' ? 790 : 760, l.y),
          p(l.x - 7, l.y),
        ],
        SWITCHED,
      ),
      dot(p(880, 210), NEUTRAL),
      wire([p(880, 210), p(880, n.y), p(n.x - 7, n.y)], NEUTRAL),
      dot(p(930, 240), EARTH),
      wire([p(930, 240), p(930, pe.y), p(pe.x - 7, pe.y)], EARTH),
    ],
  });
}

/** One channel switching the coil of a contactor, which switches the load. */
export function contactorDiagram(schematic: Schematic): string {
  const { maxResistiveA, maxInductiveA } = RATINGS.own;
  const board = boardAt(schematic, BOARD_AT, 'own');
  const com = at(board.screws, 'COM1');
  const no = at(board.screws, 'NO1');
  const k = p(880, 440);
  const power: [string, string, number][] = [
    ['1', LIVE, 150],
    ['3', LIVE2, 134],
    ['5', LIVE3, 118],
  ];
  const poles = power.map(([pole, colour, railY], i) => {
    const x = k.x + 70 + i * 44;
    return [
      dot(p(x, railY), colour),
      wire([p(x, railY), p(x, k.y)], colour),
      path([p(x, k.y), p(x, k.y + 30), p(x - 12, k.y + 52)], { width: 2 }),
      path([p(x, k.y + 56), p(x, k.y + 100)], { width: 2 }),
      text(p(x + 6, k.y + 16), pole, { size: 11 }),
      text(p(x + 6, k.y + 94), String(Number(pole) + 1), { size: 11 }),
      wire([p(x, k.y + 100), p(x, 590)], SWITCHED),
      screw(p(x, 597), '', 'left'),
      text(p(x, 628), ['U', 'V', 'W'][i] ?? '', { size: 12, bold: true, anchor: 'middle' }),
    ].join('');
  });
  const a1 = p(k.x, k.y + 30);
  const a2 = p(k.x, k.y + 80);
  const rc = k.x - 66;
  return frame({
    title: 'Wiring: load on a contactor',
    subtitle: `Loads above ${maxResistiveA} A, motors, pumps, compressors, chargers, three-phase loads. The relay switches the coil (at most ${maxInductiveA} A).`,
    notes: [
      `1. Contactor for the load: AC-1 for heaters, AC-3 for motors and compressors, AC-7a/b in households; coil 230 V AC, at most ${maxInductiveA} A at pull-in.`,
      '2. RC suppressor or varistor on the coil, screwed to A1 and A2: the contact of the relay lives longer and the board is not disturbed.',
      '3. The coil has its own breaker of 6 A. The load keeps the breaker that its line needs (F3); overload relay for motors as their maker says.',
      '4. Set the channel to 300 s least on and off time (compressors 600 s and 6 switchings an hour).',
      '5. One-phase loads: use poles 1-2 only, N and PE straight to the load. N of three-phase loads, where needed, straight from the rail.',
      '6. Check the 1.6 mA that the snubber leaks: a contactor drops out far above that, a small auxiliary relay may not. When in doubt measure that it drops out.',
      '7. A charger with an enable contact: COM and NO straight to its contact, nothing else on that relay; treat these wires as live.',
    ],
    body: [
      consumerUnit(board.screws, 3),
      board.drawn,
      dot(p(660, 150), LIVE),
      wire([p(660, 150), p(660, com.y), p(com.x + 7, com.y)], LIVE),
      breaker(p(660, 290), 'B6'),
      wire([p(no.x + 7, no.y), p(750, no.y), p(750, a1.y), p(a1.x - 20, a1.y)], SWITCHED),
      dot(p(780, 210), NEUTRAL),
      wire([p(780, 210), p(780, a2.y), p(a1.x - 20, a2.y)], NEUTRAL),
      rect(p(k.x - 40, k.y - 20), 240, 140, { fill: 'none', width: 2, round: 6 }),
      text(p(k.x + 206, k.y + 56), 'Contactor', { size: 14, bold: true }),
      rect(p(k.x - 20, k.y + 38), 40, 34, { fill: '#fff8e1' }),
      path([p(a1.x - 20, a1.y), p(k.x, a1.y), p(k.x, k.y + 38)], { width: 2 }),
      path([p(a1.x - 20, a2.y), p(k.x, a2.y), p(k.x, k.y + 72)], { width: 2 }),
      line(p(k.x + 20, k.y + 55), p(k.x + 152, k.y + 41), { dash: '5 4', width: 1.2 }),
      text(p(k.x - 36, a1.y - 6), 'A1', { size: 11 }),
      text(p(k.x - 36, a2.y + 15), 'A2', { size: 11 }),
      path([p(rc, a1.y), p(rc, k.y + 42)], { width: 2 }),
      path([p(rc, k.y + 68), p(rc, a2.y)], { width: 2 }),
      rect(p(rc - 10, k.y + 42), 20, 26, { fill: '#fbfcfd' }),
      text(p(rc - 14, k.y + 60), 'RC', { size: 11, anchor: 'end', bold: true }),
      dot(p(rc, a1.y), SWITCHED),
      dot(p(rc, a2.y), NEUTRAL),
      ...poles,
      breaker(p(k.x + 70, 330), 'F3', 3),
      dot(p(1195, 240), EARTH),
      wire([p(1195, 240), p(1195, 597), p(1096, 597)], EARTH),
      screw(p(1089, 597), '', 'left'),
      text(p(1089, 628), 'PE', { size: 12, bold: true, anchor: 'middle' }),
      rect(p(920, 578), 200, 110, { width: 2, round: 8 }),
      lines(p(1020, 660), ['Load', 'motor, heat pump, charger'], { size: 12, anchor: 'middle', bold: true }),
    ],
  });
}
