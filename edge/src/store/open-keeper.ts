/** The keeper over the two databases of this box. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Keeper, type KeeperOptions } from '../record/keeper.ts';
import type { StoreAlarm } from '../record/store.ts';
import { LogRoom } from './log-room.ts';
import { StateRoom } from './state-room.ts';

export interface KeeperFolder extends KeeperOptions {
  readonly dir: string;
}

export function openKeeper({ dir, ...options }: KeeperFolder, alarm: (alarm: StoreAlarm) => void): Keeper {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const state = new StateRoom(join(dir, 'state.db'), alarm);
  const marks = () => state.marks;
  const log = new LogRoom({ path: join(dir, 'log.db'), site: options.site, marks, alarm });
  return new Keeper(options, { state, log }, alarm);
}
