/** Operations on the home as a whole: clock, flows, weather, outages, snapshots. */
import * as z from 'zod';
import { HomeFileError, homeOf } from '../home/home-file.ts';
import type { SavedHome } from '../home/running-home.ts';
import { homeFile } from '../home/schema.ts';
import { FASTEST, SLOWEST } from '../home/site-clock.ts';
import { flowsOf } from './flows.ts';
import { sameFaces } from './home-control.ts';
import { type Operation, type World, withBody } from './operation.ts';
import { Refusal } from './refusal.ts';

const instant = z.iso.datetime({ offset: true });
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

const clockChange = z.strictObject({
  speed: z.number().optional(),
  paused: z.boolean().optional(),
  /** Moves a paused clock on. */
  stepS: z.number().min(0.1).max(86_400).optional(),
  /** Another date. */
  jumpTo: instant.optional(),
});

const climate = homeFile.shape.climate.unwrap();
const weatherChange = z.strictObject(climate.partial().shape);

const snapshotBody = z.strictObject({
  v: z.literal(1),
  home: z.record(z.string(), z.unknown()),
  state: z.looseObject({
    version: z.literal(1),
    state: z.looseObject({ nowMs: z.number() }),
    orders: z.array(z.unknown()),
  }),
});

export const HOME_OPERATIONS: readonly Operation[] = [
  {
    name: 'show-clock',
    method: 'GET',
    path: 'clock',
    summary: "The home's time and how fast it runs.",
    run: (world) => clockOf(world),
  },
  withBody({
    name: 'change-clock',
    method: 'PATCH',
    path: 'clock',
    summary: `Speed (${SLOWEST} to ${FASTEST}), pause, step of a paused clock, or a jump to another date.`,
    body: clockChange,
    example: { speed: 10 },
    run(world, { body }) {
      changeClock(world, body);
      world.changed();
      return clockOf(world);
    },
  }),
  {
    name: 'show-flows',
    method: 'GET',
    path: 'flows',
    summary: 'The powers of the last step, and what the books of that step missed.',
    run: ({ running }) => flowsOf(running),
  },
  {
    name: 'show-weather',
    method: 'GET',
    path: 'weather',
    summary: 'The weather of the moment and the climate it is drawn from.',
    run: ({ running }) => ({ now: running.flows.weather, climate: running.home.climate }),
  },
  withBody({
    name: 'change-weather',
    method: 'PATCH',
    path: 'weather',
    summary: 'Another climate from now on.',
    body: weatherChange,
    example: { cloudiness: 0.9 },
    run({ running }, { body }) {
      const changed = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      running.replaceHome({ ...running.home, climate: { ...running.home.climate, ...changed } });
      return { now: running.flows.weather, climate: running.home.climate };
    },
  }),
  {
    name: 'list-outages',
    method: 'GET',
    path: 'outages',
    summary: 'Outages of the grid that were ordered and have not ended.',
    run: (world) => outagesOf(world),
  },
  withBody({
    name: 'add-outage',
    method: 'POST',
    path: 'outages',
    summary: 'The grid goes in `inS` and comes back after `forS` seconds of the home.',
    body: z.strictObject({
      inS: z.number().min(0).max(31_536_000).default(0),
      forS: z.number().min(1).max(2_592_000),
    }),
    example: { inS: 0, forS: 600 },
    run(world, { body }) {
      const fromMs = world.running.state.nowMs + body.inS * 1000;
      if (!world.outages.add({ fromMs, toMs: fromMs + body.forS * 1000 })) {
        throw new Refusal(
          409,
          'too-many',
          'No more outages can be planned.',
          'Wait, or DELETE /api/v1/outages.',
        );
      }
      world.changed();
      return outagesOf(world);
    },
  }),
  {
    name: 'clear-outages',
    method: 'DELETE',
    path: 'outages',
    summary: 'Forgets the outages; one that holds ends.',
    run(world) {
      world.outages.clear();
      world.changed();
      return outagesOf(world);
    },
  },
  {
    name: 'take-snapshot',
    method: 'GET',
    path: 'snapshot',
    summary: 'The home and everything in it, to come back to.',
    run: ({ running }) => ({ v: 1, home: running.home, state: running.saved() }),
  },
  withBody({
    name: 'restore-snapshot',
    method: 'PUT',
    path: 'snapshot',
    summary: 'Back to a snapshot of this home: objects, states, date.',
    body: snapshotBody,
    example: { v: 1, home: {}, state: {} },
    run(world, { body }) {
      restore(world, body);
      world.changed();
      return clockOf(world);
    },
  }),
];

function clockOf({ running, clock }: World) {
  return {
    at: new Date(running.state.nowMs).toISOString(),
    speed: clock.speed,
    paused: clock.paused,
    shared: clock.shared,
    zone: running.home.zone,
  };
}

function changeClock({ clock, running }: World, change: z.infer<typeof clockChange>): void {
  if (clock.shared) {
    throw new Refusal(
      409,
      'clock-shared',
      'A box goes by the same clock and could not follow.',
      'Start the home without --anchor to change its time while it runs.',
    );
  }
  const { speed, paused, stepS, jumpTo } = change;
  if (speed !== undefined && !(speed >= SLOWEST && speed <= FASTEST)) {
    throw new Refusal(
      400,
      'bad-speed',
      `Real protocols hold from ${SLOWEST} to ${FASTEST} times real time, not at ${speed}.`,
      'Choose a speed in between; for more use the closed loop (npm run what-if).',
    );
  }
  const toMs = jumpTo === undefined ? undefined : Date.parse(jumpTo);
  if (toMs !== undefined && !(toMs >= EARLIEST_MS && toMs < LATEST_MS)) {
    throw new Refusal(400, 'bad-date', `${jumpTo} is out of range.`, 'Choose a date from 2000 to 2099.');
  }
  if (stepS !== undefined && !(paused ?? clock.paused)) {
    throw new Refusal(
      409,
      'not-paused',
      'Only a paused clock can be stepped.',
      'Send {"paused": true} first.',
    );
  }
  if (speed !== undefined) clock.setSpeed(speed);
  if (paused === true) clock.pause();
  if (toMs !== undefined) {
    clock.jump(toMs);
    running.jumpTo(toMs);
  }
  if (stepS !== undefined) clock.step(stepS * 1000);
  if (paused === false) clock.resume();
}

function outagesOf({ outages, running }: World) {
  return {
    gridOn: running.state.gridOn,
    outages: outages.planned.map(({ fromMs, toMs }) => ({
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
    })),
  };
}

function restore({ running, clock }: World, { home: data, state }: z.infer<typeof snapshotBody>): void {
  if (clock.shared) {
    throw new Refusal(
      409,
      'clock-shared',
      'A snapshot brings its date along, and a box goes by the same clock.',
      'Start the home without --anchor.',
    );
  }
  const home = checkedHome(data);
  if (!sameFaces(running.home, home)) {
    throw new Refusal(
      409,
      'other-home',
      'The snapshot has other meters, boards or inverters than this home.',
      'Restore a snapshot that was taken of this home.',
    );
  }
  const saved = state as unknown as SavedHome;
  if (!running.fits(home, saved)) {
    throw new Refusal(
      400,
      'bad-snapshot',
      'State and objects of the snapshot do not belong together.',
      'Take a new one.',
    );
  }
  running.restore(home, saved);
  clock.jump(saved.state.nowMs);
}

function checkedHome(data: unknown) {
  try {
    return homeOf(data, 'snapshot');
  } catch (error) {
    if (!(error instanceof HomeFileError)) throw error;
    throw new Refusal(400, 'bad-home', error.message, 'Mend what is named.');
  }
}
