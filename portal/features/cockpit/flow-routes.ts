/**
 * The flow picture as data: where the five nodes stand and which way each of the seven flows takes between them.
 * Coordinates are units of the drawing (`WIDTH` x `HEIGHT`).
 */
import type { Allocation, SiteState } from '@wattward/broker/wire/site';

export const WIDTH = 420;
export const HEIGHT = 448;
export const NODE_RADIUS = 48;

export const NODES = {
  solar: { x: 210, y: 82 },
  grid: { x: 62, y: 226 },
  house: { x: 358, y: 226 },
  battery: { x: 210, y: 370 },
  loads: { x: 358, y: 370 },
} as const;
export type NodeName = keyof typeof NODES;

interface Route {
  readonly id: string;
  readonly from: NodeName;
  readonly to: NodeName;
  readonly path: string;
  readonly watts: (flows: Allocation, state: SiteState) => number;
}

/** In the order they are drawn. The two ways between battery and grid share one line, each in its own direction. */
const ROUTES: readonly Route[] = [
  route('solar', 'grid', 'M198,130 C198,205 189,214 110,214', ({ solarToGridW }) => solarToGridW),
  route('solar', 'house', 'M222,130 C222,205 231,214 310,214', ({ solarToLoadW }) => solarToLoadW),
  route('solar', 'battery', 'M210,130 L210,322', ({ solarToBatteryW }) => solarToBatteryW),
  route('grid', 'house', 'M110,226 L310,226', ({ gridToLoadW }) => gridToLoadW),
  route('grid', 'battery', 'M110,238 C189,238 198,247 198,322', ({ gridToBatteryW }) => gridToBatteryW),
  route('battery', 'grid', 'M198,322 C198,247 189,238 110,238', ({ batteryToGridW }) => batteryToGridW),
  route('battery', 'house', 'M222,322 C222,247 231,238 310,238', ({ batteryToLoadW }) => batteryToLoadW),
  route('house', 'loads', 'M358,274 L358,322', (_flows, { power }) => power.managedLoadW ?? 0),
];

function route(from: NodeName, to: NodeName, path: string, watts: Route['watts']): Route {
  return { id: `${from}-${to}`, from, to, path, watts };
}

export interface Flow {
  readonly id: string;
  readonly from: NodeName;
  readonly to: NodeName;
  readonly path: string;
  readonly watts: number;
  readonly active: boolean;
  /** Width of the line, in units of the drawing. */
  readonly width: number;
  /** How long a dot takes from end to end. In steps, so that a small change does not make it jump. */
  readonly seconds: number;
}

const ACTIVE_FROM_W = 20;

/** What can flow at all in a home with these parts, with what flows now. */
export function flowsOf(state: SiteState | null, parts: { pv: boolean; battery: boolean }): Flow[] {
  return ROUTES.filter(({ from, to }) =>
    [from, to].every((node) => (node === 'solar' ? parts.pv : node === 'battery' ? parts.battery : true)),
  ).map((shape) => {
    const watts = state?.allocation ? shape.watts(state.allocation, state) : 0;
    const { id, from, to, path } = shape;
    return { id, from, to, path, watts, active: watts >= ACTIVE_FROM_W, ...pace(watts) };
  });
}

function pace(watts: number): { width: number; seconds: number } {
  if (watts < 300) return { width: 2, seconds: 5 };
  if (watts < 1000) return { width: 2.5, seconds: 4 };
  if (watts < 3000) return { width: 3, seconds: 3 };
  if (watts < 6000) return { width: 4, seconds: 2.2 };
  return { width: 5, seconds: 1.6 };
}

/** Everything the home uses: base load and switched loads. Null when either is unknown. */
export function consumptionW({ houseLoadW, managedLoadW }: SiteState['power']): number | null {
  if (houseLoadW === null) return null;
  return houseLoadW + (managedLoadW ?? 0);
}
