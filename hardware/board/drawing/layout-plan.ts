/** The placement of the parts, seen from above, to scale: bodies, pads, and the band without copper. */
import { partOf, type Schematic } from '../netlist.ts';
import { box, placedPads, smallestGapMm } from '../rules/insulation.ts';
import { circle, drawing, type Point, rect, text } from './svg.ts';

const PX_PER_MM = 8;
const EDGE = 50;
const COLOURS = { mains: '#b42318', selv: '#1d4f91' } as const;

const px = (mm: number) => mm * PX_PER_MM;
const at = (xMm: number, yMm: number): Point => ({ x: EDGE + px(xMm), y: EDGE + 30 + px(yMm) });

export function drawLayout(schematic: Schematic): string {
  const { outline, barrier } = schematic;
  const bandWidthMm = barrier.toXMm - barrier.fromXMm;
  const middleXMm = (barrier.fromXMm + barrier.toXMm) / 2;
  const names: string[] = [];
  const bodies = schematic.components.map((component) => {
    const { x, y, w, h } = box(schematic, component);
    const large = partOf(schematic, component).footprint.body[2] > 8;
    const middle = at(x + w / 2, y + h / 2);
    const name = { x: middle.x, y: large ? middle.y + 4 : at(0, y).y - 3 };
    names.push(text(name, component.ref, { size: large ? 14 : 9, anchor: 'middle', bold: large }));
    return rect(at(x, y), px(w), px(h), { width: 1.2, fill: '#f5f7fa', round: 2 });
  });
  const pads = placedPads(schematic).map((pad) => {
    const netClass = pad.net === null ? undefined : schematic.nets[pad.net]?.class;
    const colour = netClass ? COLOURS[netClass] : '#9aa5b1';
    return circle(at(pad.xMm, pad.yMm), px(pad.diameterMm) / 2, { colour, width: 1, fill: colour });
  });
  return drawing({
    title: 'Placement of parts',
    width: 2 * EDGE + px(outline.widthMm),
    height: 2 * EDGE + 60 + px(outline.heightMm),
    body: [
      text({ x: EDGE, y: 34 }, 'Placement of parts, seen from above', { size: 18, bold: true }),
      text(
        { x: EDGE, y: 54 },
        `${outline.widthMm} x ${outline.heightMm} mm; least distance of mains to low voltage ${smallestGapMm(schematic).toFixed(1)} mm; pads: mains red, low voltage blue, open grey`,
        { size: 12, colour: '#52606d' },
      ),
      rect(at(0, 0), px(outline.widthMm), px(outline.heightMm), { width: 2, fill: '#ffffff', round: 8 }),
      rect(at(barrier.fromXMm, 0), px(bandWidthMm), px(outline.heightMm), {
        colour: '#b42318',
        dash: '8 6',
        width: 1,
        fill: '#fdf0ee',
      }),
      ...bodies,
      ...pads,
      ...names,
      text(at(middleXMm, outline.heightMm + 4), `no copper: ${bandWidthMm} mm`, {
        anchor: 'middle',
        colour: '#b42318',
      }),
      text(at(schematic.barrier.fromXMm / 2, outline.heightMm + 4), 'low voltage', {
        anchor: 'middle',
        colour: COLOURS.selv,
      }),
      text(at((barrier.toXMm + outline.widthMm) / 2, outline.heightMm + 4), 'mains', {
        anchor: 'middle',
        colour: COLOURS.mains,
      }),
    ],
  });
}
