/** How long a newcomer waits: `npm start` to its ready block, portal already built, and without data of earlier runs. */
import { forget, startHome } from '../test/started-home.ts';

export const benches = [
  {
    name: 'start: npm start to the ready block, portal built',
    unit: 's',
    bar: null,
    run: async () => {
      const first = await startHome([]);
      await first.stop();
      forget(first);
      const beganMs = performance.now();
      const home = await startHome([]);
      const tookS = (performance.now() - beganMs) / 1000;
      await home.stop();
      forget(home);
      return tookS;
    },
  },
];
