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
const RECORD = 'edge/src/record/';
const INTAKE = 'edge/src/intake/';
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
  { path: OUTBOX, mayImport: [], typesOnly: [WIRE], pure: true },
  { path: SETPOINT, mayImport: [WIRE], typesOnly: [CORE], pure: true },
  { path: RECORD, mayImport: [OUTBOX], typesOnly: [WIRE, CORE, LATCH, SETTINGS], pure: true },
  { path: INTAKE, mayImport: [WIRE, CORE, SETPOINT], pure: true },
  { path: DELIVERY, mayImport: [OUTBOX], pure: true },
];

/** In the order of the tower, from its foot up. */
export const EDGE_ROOMS: readonly Room[] = [
  ...PURE_EDGE_ROOMS,
  { path: START_ERROR, mayImport: [] },
  { path: CONFIG, mayImport: [WIRE, START_ERROR] },
  { path: CLOCK_TRUST, mayImport: [] },
  { path: CLOCK, mayImport: [CLOCK_TRUST] },
  { path: VERIFIER, mayImport: [WIRE, CONFIG, START_ERROR] },
  { path: STORE, mayImport: [WIRE, OUTBOX, RECORD, START_ERROR], typesOnly: [CORE], flat: true },
  { path: JOURNAL, mayImport: [WIRE, CORE], typesOnly: [RECORD], flat: true },
  { path: REPLAY, mayImport: [CORE, STORE], typesOnly: [RECORD], flat: true },
  {
    path: LINK,
    mayImport: [WIRE, CORE, CONFIG, DELIVERY, RECORD, REPLAY],
    typesOnly: [DRIVE, SETPOINT, SETTINGS],
    flat: true,
  },
  {
    path: DEVICES,
    mayImport: [DELIVERY, REGISTERS, CATALOGUE, DRIVE],
    typesOnly: [WIRE, CORE, CLOCK, LATCH, LINK, SETTINGS],
    flat: true,
  },
  {
    path: CYCLE,
    mayImport: [CORE, RECORD],
    typesOnly: [CLOCK, DEVICES, DRIVE, INTAKE, LATCH, SETTINGS],
    flat: true,
  },
  {
    path: SETTINGS_DOCUMENT,
    mayImport: [SETTINGS, START_ERROR],
    typesOnly: [RECORD],
  },
  {
    path: OUTWARD,
    mayImport: [START_ERROR],
    typesOnly: [WIRE, CONFIG, RECORD, SETTINGS, LINK, DEVICES],
    flat: true,
  },
  {
    path: COMMISSIONING,
    mayImport: [WIRE, CORE, CATALOGUE, DRIVE, LINK],
    typesOnly: [CLOCK, RECORD, SETTINGS, DEVICES],
  },
  {
    path: COMMANDS,
    mayImport: [
      ...[WIRE, CORE, CONFIG, START_ERROR, SETTINGS, STORE, INTAKE, RECORD, REPLAY, LINK],
      SETTINGS_DOCUMENT,
    ],
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
      RECORD,
      INTAKE,
      REPLAY,
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
