/**
 * The rooms of the portal. Routes (`app`) put pages together, pages (`features`) know the contract and never the server,
 * the server is a tower: what everybody needs at its foot, what puts the parts together at its top.
 */
import type { Room } from './room.ts';

const WIRE = 'broker/src/wire/';
const CONTRACT = 'portal/contract/';
const WORDS = 'portal/features/format/';
const SHELL = 'portal/features/shell/';
const LIVE = 'portal/features/live/';
const SERVER = 'portal/server/';
const PROBLEMS = 'portal/server/problems/';
const BOUNDS = 'portal/server/bounds/';
const RIGHTS = 'portal/server/rights/';
const DATABASE = 'portal/server/database/';
const AUDIT = 'portal/server/audit/';
const ACCOUNTS = 'portal/server/accounts/';
const HISTORY = 'portal/server/history/';
const ROLL_UPS = 'portal/server/history/roll-ups/';
const DECISIONS = 'portal/server/decisions/';
const SETPOINTS = 'portal/server/setpoints/';
const API = 'portal/server/api/';
const PAGES = 'portal/server/pages/';
const SIGNING_REQUESTS = 'portal/signer/requests.ts';

/** A page of the site: words, frame, live values, and never another page. */
function page(name: string): Room {
  return {
    path: `portal/features/${name}/`,
    mayImport: [WIRE, CONTRACT, WORDS, SHELL, LIVE],
    typesOnly: ['portal/messages/'],
    flat: true,
  };
}

const PAGES_SHOWN = ['account', 'approvals', 'audit', 'cockpit', 'decisions', 'history', 'people', 'sites'];

const CLIENT: readonly Room[] = [
  { path: 'portal/contract/', mayImport: [], typesOnly: [WIRE], flat: true },
  { path: 'portal/messages/', mayImport: [], flat: true },
  { path: 'portal/i18n/', mayImport: [], typesOnly: ['portal/messages/'], flat: true },
  { path: WORDS, mayImport: [WIRE], flat: true },
  { path: SHELL, mayImport: ['portal/i18n/'], typesOnly: [CONTRACT], flat: true },
  { path: LIVE, mayImport: [WORDS, SHELL], typesOnly: [WIRE, CONTRACT], flat: true },
  ...PAGES_SHOWN.map(page),
];

const SERVER_TOWER: readonly Room[] = [
  { path: PROBLEMS, mayImport: [], typesOnly: [CONTRACT], flat: true },
  { path: BOUNDS, mayImport: [], flat: true },
  { path: RIGHTS, mayImport: [CONTRACT], flat: true },
  { path: DATABASE, mayImport: [PROBLEMS], flat: true },
  { path: AUDIT, mayImport: [WIRE, RIGHTS], typesOnly: [CONTRACT, DATABASE], flat: true },
  {
    path: ACCOUNTS,
    mayImport: [WIRE, CONTRACT, PROBLEMS, BOUNDS, RIGHTS, AUDIT],
    typesOnly: [DATABASE],
    flat: true,
  },
  {
    path: HISTORY,
    mayImport: [WIRE, PROBLEMS, BOUNDS, ACCOUNTS],
    typesOnly: [CONTRACT, DATABASE],
    flat: true,
  },
  // What the portal reads in InfluxDB is what the set-up in infra makes there.
  { path: ROLL_UPS, mayImport: [], flat: true },
  { path: 'portal/server/history/embedded/', mayImport: [PROBLEMS, BOUNDS, DATABASE, HISTORY], flat: true },
  { path: 'portal/server/history/flux/', mayImport: [PROBLEMS, HISTORY, ROLL_UPS], flat: true },
  { path: DECISIONS, mayImport: [WIRE, HISTORY], typesOnly: [CONTRACT], flat: true },
  { path: 'portal/server/live/', mayImport: [WIRE, PROBLEMS], typesOnly: [CONTRACT, DATABASE], flat: true },
  {
    path: SETPOINTS,
    mayImport: [WIRE, CONTRACT, PROBLEMS, RIGHTS, AUDIT, ACCOUNTS, SIGNING_REQUESTS],
    typesOnly: [DATABASE, 'portal/server/live/'],
    flat: true,
  },
  {
    path: SERVER,
    mayImport: [
      PROBLEMS,
      RIGHTS,
      DATABASE,
      ACCOUNTS,
      HISTORY,
      'portal/server/history/embedded/',
      'portal/server/history/flux/',
      'portal/server/live/',
      SETPOINTS,
    ],
    flat: true,
  },
  {
    path: API,
    mayImport: [
      WIRE,
      CONTRACT,
      PROBLEMS,
      BOUNDS,
      RIGHTS,
      AUDIT,
      ACCOUNTS,
      HISTORY,
      DECISIONS,
      'portal/server/live/',
      SETPOINTS,
    ],
    typesOnly: [SERVER],
    flat: true,
  },
  {
    path: PAGES,
    mayImport: [PROBLEMS, ACCOUNTS, HISTORY, DECISIONS, API, SERVER],
    typesOnly: [CONTRACT],
    flat: true,
  },
];

export const PORTAL_ROOMS: readonly Room[] = [
  ...CLIENT,
  ...SERVER_TOWER,
  { path: SIGNING_REQUESTS, mayImport: [WIRE] },
  { path: 'portal/signer/', mayImport: [WIRE, CONTRACT, RIGHTS, ACCOUNTS, SIGNING_REQUESTS], flat: true },
  { path: 'portal/backup/', mayImport: [], flat: true },
  {
    path: 'portal/app/',
    mayImport: [SHELL, LIVE, ...PAGES_SHOWN.map((name) => `portal/features/${name}/`), PAGES],
    mostLines: 50,
  },
  // Handlers for programs: the table of routes is in the server.
  { path: 'portal/app/api/', mayImport: [PROBLEMS, HISTORY, API, SERVER], mostLines: 50 },
  { path: 'portal/', mayImport: [SERVER], flat: true },
];

/** Never in a browser: what holds rights, disks, secrets. */
export const SERVER_ONLY: readonly string[] = ['portal/server/', 'portal/signer/', 'portal/backup/'];
