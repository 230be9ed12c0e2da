/**
 * Who may import whom, as data. Whatever is not listed as allowed is forbidden, and the arrows of the table make no
 * circle. Tests and benchmarks may open any door, so they are not held to it.
 */
import { EDGE_ROOMS, PURE_EDGE_ROOMS } from './edge-rooms.ts';
import { PORTAL_ROOMS } from './portal-rooms.ts';
import type { Room } from './room.ts';

const WIRE = 'broker/src/wire/';
const ACCESS = 'broker/src/access/';
const RELAY_BOARD = 'hardware/relay-board/';
const PHYSICS = 'device-sim/src/physics/';
const FLEET = 'device-sim/src/fleet/';

export const ROOMS: readonly Room[] = [
  { path: RELAY_BOARD, mayImport: [], pure: true },
  { path: 'hardware/', mayImport: [RELAY_BOARD] },
  { path: WIRE, mayImport: [], pure: true, packages: ['zod'] },
  { path: ACCESS, mayImport: [WIRE] },
  { path: 'broker/', mayImport: [WIRE, ACCESS] },
  ...EDGE_ROOMS,
  { path: PHYSICS, mayImport: [], pure: true },
  {
    path: 'device-sim/',
    mayImport: [RELAY_BOARD, WIRE, ...PURE_EDGE_ROOMS.map(({ path }) => path), PHYSICS],
  },
  // It alone may start whole boxes.
  { path: FLEET, mayImport: [WIRE, 'device-sim/', 'edge/src/'] },
  { path: 'device-sim/src/main.ts', mayImport: ['device-sim/', FLEET] },
  ...PORTAL_ROOMS,
  // What the portal reads in InfluxDB is what the set-up makes there.
  { path: 'infra/', mayImport: [WIRE, ACCESS, 'portal/server/history/roll-ups/'] },
];
