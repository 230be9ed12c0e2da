/**
 * What stands between the sun and an array: a house, a tree, a hill, as parts of the horizon up to an elevation. Only
 * the direct light is taken; the sky is still seen.
 */
import type { Irradiance } from './irradiance.ts';
import type { SunPosition } from './sun.ts';

export interface Obstacle {
  /** From north over east, clockwise from the first to the second; may pass north. */
  readonly fromAzimuthDeg: number;
  readonly toAzimuthDeg: number;
  readonly belowElevationDeg: number;
  /** Share of the direct light that it takes, percent. */
  readonly sharePct: number;
}

/** The light that reaches an array behind these obstacles. */
export function shaded(light: Irradiance, obstacles: readonly Obstacle[], sun: SunPosition): Irradiance {
  let left = 1;
  for (const obstacle of obstacles) {
    if (covers(obstacle, sun)) left = Math.min(left, 1 - obstacle.sharePct / 100);
  }
  if (left === 1) return light;
  const lostDirect = light.directWPerM2 * (1 - left);
  const onGround = lostDirect * Math.max(0, Math.sin((sun.elevationDeg * Math.PI) / 180));
  return {
    ...light,
    directWPerM2: light.directWPerM2 * left,
    globalWPerM2: Math.max(light.diffuseWPerM2, light.globalWPerM2 - onGround),
  };
}

function covers(obstacle: Obstacle, { azimuthDeg, elevationDeg }: SunPosition): boolean {
  if (elevationDeg >= obstacle.belowElevationDeg) return false;
  const { fromAzimuthDeg: from, toAzimuthDeg: to } = obstacle;
  return from <= to ? azimuthDeg >= from && azimuthDeg <= to : azimuthDeg >= from || azimuthDeg <= to;
}
