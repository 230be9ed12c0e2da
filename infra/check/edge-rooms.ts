/** The rooms of the box: what decides knows nothing of what polls, keeps and sends; nothing imports back up. */
import type { Room } from './room.ts';

const WIRE = 'broker/src/wire/';
const CONFIG = 'edge/src/config.ts';
const START_ERROR = 'edge/src/start-error.ts';
const CLOCK = 'edge/src/clock.ts';
const CLOCK_TRUST = 'edge/src/clock-trust.ts';
const CATALOGUE = 'edge/src/catalogue/';
const CORE = 'edge/src/core/';
const DRIVE = 'edge/src/drive/';
const LATCH = 'edge/src/latch/';
const REGISTERS = 'edge/src/registers/';
const OUTBOX = 'edge/src/outbox/';
const SETPOINT = 'edge/src/setpoint/';
const SETTINGS = 'edge/src/settings/';
const STORE = 'edge/src/store/';
const JOURNAL = 'edge/src/journal/';
const REPLAY = 'edge/src/replay/';
const DELIVERY = 'edge/src/delivery/';
const LINK = 'edge/src/link/';
const DEVICES = 'edge/src/devices/';
const CYCLE = 'edge/src/cycle/';
const OUTWARD = 'edge/src/outward/';
const COMMISSIONING = 'edge/src/commissioning/';
const COMMANDS = 'edge/src/commands/';
const VERIFIER = 'edge/src/verify-ed25519.ts';
const SETTINGS_DOCUMENT = 'edge/src/settings-document.ts';

/** Pure rooms: the loop in device-sim runs the same files. */
export const PURE_EDGE_ROOMS: readonly Room[] = [
  { path: CORE, mayImport: [], typesOnly: [WIRE], pure: true },
  { path: REGISTERS, mayImport: [], pure: true },
  { path: CATALOGUE, mayImport: [REGISTERS], pure: true },
  {
    path: SETTINGS,
    mayImport: [WIRE, CORE, CATALOGUE],
    pure: true,
    packages: ['zod', 'yaml'],
  },
  { path: DRIVE, mayImport: [WIRE, CORE, REGISTERS, CATALOGUE], typesOnly: [SETTINGS], pure: true },
  { path: LATCH, mayImport: [CORE], typesOnly: [DRIVE, SETTINGS], pure: true },
  { path: 'edge/src/plan/', mayImport: [CORE], typesOnly: [WIRE], pure: true },
  { path: OUTBOX, mayImport: [], typesOnly: [WIRE], pure: true },
  { path: SETPOINT, mayImport: [WIRE], typesOnly: [CORE], pure: true },
];

/** In the order of the tower, from its foot up. */
export const EDGE_ROOMS: readonly Room[] = [
  ...PURE_EDGE_ROOMS,
  { path: START_ERROR, mayImport: [] },
  { path: CONFIG, mayImport: [WIRE, START_ERROR] },
  { path: CLOCK_TRUST, mayImport: [] },
  { path: CLOCK, mayImport: [CLOCK_TRUST] },
  { path: VERIFIER, mayImport: [WIRE, CONFIG, START_ERROR] },
  { path: STORE, mayImport: [WIRE, OUTBOX, START_ERROR], typesOnly: [CORE], flat: true },
  { path: JOURNAL, mayImport: [WIRE, CORE], typesOnly: [STORE], flat: true },
  { path: REPLAY, mayImport: [CORE], typesOnly: [STORE], flat: true },
  { path: DELIVERY, mayImport: [OUTBOX], typesOnly: [STORE], flat: true },
  {
    path: LINK,
    mayImport: [WIRE, CORE, CONFIG, DELIVERY, REPLAY],
    typesOnly: [DRIVE, SETPOINT, SETTINGS, STORE],
    flat: true,
  },
  {
    path: DEVICES,
    mayImport: [REGISTERS, CATALOGUE, DRIVE],
    typesOnly: [WIRE, CORE, CLOCK, LATCH, LINK, SETTINGS],
    flat: true,
  },
  {
    path: CYCLE,
    mayImport: [WIRE, CORE, DRIVE, REGISTERS, SETPOINT, STORE, REPLAY, LINK, DEVICES, VERIFIER],
    typesOnly: [CLOCK, CONFIG, LATCH, OUTBOX, SETTINGS],
    flat: true,
  },
  {
    path: SETTINGS_DOCUMENT,
    mayImport: [SETTINGS, START_ERROR],
    typesOnly: [STORE],
  },
  {
    path: OUTWARD,
    mayImport: [START_ERROR],
    typesOnly: [WIRE, CONFIG, SETTINGS, STORE, LINK, DEVICES, CYCLE],
    flat: true,
  },
  {
    path: COMMISSIONING,
    mayImport: [WIRE, CORE, CATALOGUE, DRIVE, LINK],
    typesOnly: [CLOCK, SETTINGS, STORE, DEVICES, CYCLE],
  },
  {
    path: COMMANDS,
    mayImport: [WIRE, CORE, CONFIG, START_ERROR, SETTINGS, STORE, REPLAY, LINK, CYCLE, SETTINGS_DOCUMENT],
    flat: true,
  },
  {
    path: 'edge/src/',
    mayImport: [
      WIRE,
      CORE,
      DRIVE,
      LATCH,
      REGISTERS,
      SETTINGS,
      START_ERROR,
      CONFIG,
      CLOCK,
      VERIFIER,
      STORE,
      JOURNAL,
      LINK,
      DEVICES,
      CYCLE,
      SETTINGS_DOCUMENT,
      OUTWARD,
      COMMISSIONING,
      COMMANDS,
    ],
    flat: true,
  },
];
