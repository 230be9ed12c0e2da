/** Which object of a home hangs on which relay of the box: the n-th board of the site file is the n-th of the home. */
import type { SiteSettings } from '@wattward/edge/settings/site-settings';
import { type Home, isLoad } from '../home/schema.ts';

/** Id of the object on a relay; undefined where nothing hangs there. */
export type ObjectOn = (board: string, channel: number) => string | undefined;

export function wiredObjects(home: Home, site: SiteSettings): ObjectOn {
  const boards = home.objects.filter(({ kind }) => kind === 'board').map(({ id }) => id);
  const byRelay = new Map(
    home.objects
      .filter(isLoad)
      .flatMap(({ id, relay }) => (relay ? [[`${relay.board} ${relay.channel}`, id] as const] : [])),
  );
  const inHome = new Map(site.devices.boards.map(({ id }, n) => [id, boards[n]]));
  return (board, channel) => byRelay.get(`${inHome.get(board)} ${channel}`);
}
