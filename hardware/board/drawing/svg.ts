/** The few shapes that the drawings are made of, as text. Lengths are pixels. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Stroke {
  readonly colour?: string;
  readonly width?: number;
  readonly dash?: string;
  readonly fill?: string;
}

const INK = '#1f2933';

function stroke({ colour = INK, width = 1.6, dash, fill = 'none' }: Stroke): string {
  const dashed = dash ? ` stroke-dasharray="${dash}"` : '';
  return `stroke="${colour}" stroke-width="${width}" fill="${fill}"${dashed}`;
}

/** Rounded, so that a drawing is the same text on every machine. */
const n = (value: number) => String(Math.round(value * 100) / 100);

export function line(a: Point, b: Point, look: Stroke = {}): string {
  return `<line x1="${n(a.x)}" y1="${n(a.y)}" x2="${n(b.x)}" y2="${n(b.y)}" ${stroke(look)}/>`;
}

export function path(points: readonly Point[], look: Stroke = {}): string {
  const at = points.map((p) => `${n(p.x)},${n(p.y)}`).join(' ');
  return `<polyline points="${at}" ${stroke(look)} stroke-linejoin="round" stroke-linecap="round"/>`;
}

export function rect(
  at: Point,
  w: number,
  h: number,
  look: Stroke & { readonly round?: number } = {},
): string {
  return `<rect x="${n(at.x)}" y="${n(at.y)}" width="${n(w)}" height="${n(h)}" rx="${look.round ?? 0}" ${stroke(look)}/>`;
}

export function circle(at: Point, r: number, look: Stroke = {}): string {
  return `<circle cx="${n(at.x)}" cy="${n(at.y)}" r="${n(r)}" ${stroke(look)}/>`;
}

export interface TextLook {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
  readonly bold?: boolean;
}

export function text(at: Point, words: string, look: TextLook = {}): string {
  const { size = 12, anchor = 'start', colour = INK, bold = false } = look;
  const weight = bold ? ' font-weight="700"' : '';
  return `<text x="${n(at.x)}" y="${n(at.y)}" font-size="${size}" text-anchor="${anchor}" fill="${colour}" stroke="#ffffff" stroke-width="3" paint-order="stroke"${weight}>${escaped(words)}</text>`;
}

/** Several lines, one below the other. */
export function lines(at: Point, words: readonly string[], look: TextLook = {}): string {
  const step = (look.size ?? 12) * 1.35;
  return words.map((w, i) => text({ x: at.x, y: at.y + i * step }, w, look)).join('');
}

export function group(at: Point, turn: number, body: string): string {
  return `<g transform="translate(${n(at.x)} ${n(at.y)}) rotate(${turn})">${body}</g>`;
}

export function drawing(options: {
  title: string;
  width: number;
  height: number;
  body: readonly string[];
}): string {
  const { title, width, height, body } = options;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Liberation Sans, Arial, Helvetica, sans-serif" role="img">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${body.join('\n')}
</svg>
`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
