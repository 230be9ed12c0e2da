/** What goes between the cycle's thread and the store's. */
import type { Keeper, KeeperStats } from '../record/keeper.ts';
import type { StoreAlarm } from '../record/store.ts';

type Method = {
  [M in keyof Keeper]: Keeper[M] extends (...args: never[]) => unknown ? M : never;
}[keyof Keeper];

export type CallArgs<M extends Method> = Parameters<Keeper[M]>;
export type CallValue<M extends Method> = ReturnType<Keeper[M]>;
export type CallMethod = Exclude<Method, 'tick' | 'stats' | 'openLog'>;

export interface Call {
  readonly id: number;
  readonly method: CallMethod;
  readonly args: readonly unknown[];
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'stats'; readonly stats: KeeperStats }
  | { readonly kind: 'alarm'; readonly alarm: StoreAlarm };
