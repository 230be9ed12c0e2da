/** The few pictograms of the portal, drawn on a 24-unit grid in the text's own colour. Decorative: words stand beside. */
const SHAPES = {
  home: 'M3.5 11 12 4l8.5 7M6 9.5V20h12V9.5M10 20v-5.5h4V20',
  chart: 'M4 4v16h16M8 15l3.5-4 3 2.5L20 7',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  check: 'M20 12a8 8 0 1 1-4.5-7.2M9 11.5l3 3 8-9',
  shield: 'M12 3.5 5 6v5.5c0 4.3 2.9 7.6 7 9 4.1-1.4 7-4.7 7-9V6l-7-2.5ZM9 12l2.2 2.2L15.2 10',
  sites: 'M4 20V9l5-4 5 4v11M14 20v-8h6v8M4 20h16M8 12h2M8 16h2',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.2a6.5 6.5 0 0 1 3.5 5.8',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5a7.5 7.5 0 0 1 15 0',
  sun: 'M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  battery: 'M8 5h8v16H8zM10.5 5V3h3v2M10.5 17.5h3M10.5 14h3',
  grid: 'M12 2.5 6.5 21.5M12 2.5l5.5 19M5 8h14M6.5 8v2M17.5 8v2M9.8 10h4.4l2.2 7H7.6l2.2-7Z',
  plug: 'M9 3v5M15 3v5M6.5 8h11v3a5.5 5.5 0 0 1-11 0V8ZM12 16.5V21.5',
  coins: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM15 8.5a4 4 0 1 0 0 7M7.5 11h5M7.5 13.2h5',
  gauge: 'M4.5 18a9 9 0 1 1 15 0M12 13.5l4-4.5M12 14.5a1 1 0 1 0 0-2 1 1 0 0 0 0 2Z',
  left: 'M14.5 5.5 8 12l6.5 6.5',
  right: 'M9.5 5.5 16 12l-6.5 6.5',
  down: 'M6 9.5l6 6 6-6',
  alert: 'M12 4 2.5 20h19L12 4ZM12 10v4.5M12 17.2h.01',
  offline:
    'M4 4l16 16M8.5 12.5a6 6 0 0 1 2.2-1.3M5 9.2a11 11 0 0 1 3-2M19 9.2a11 11 0 0 0-7.5-3.1M15.5 12.5a6 6 0 0 0-1-.7M12 18.5h.01',
  download: 'M12 4v11M7 10.5l5 5 5-5M4.5 20h15',
  copy: 'M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4',
} as const;

export type GlyphName = keyof typeof SHAPES;

export function Glyph({ name, size = 20 }: { readonly name: GlyphName; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={SHAPES[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** The same shape inside a larger drawing: `x`, `y` are its centre. */
export function GlyphAt(props: {
  readonly name: GlyphName;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}) {
  const { name, x, y, size } = props;
  const scale = size / 24;
  return (
    <path
      d={SHAPES[name]}
      transform={`translate(${x - size / 2} ${y - size / 2}) scale(${scale})`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  );
}
