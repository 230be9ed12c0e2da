import type { Bench } from './bench.ts';
import { type CampaignResult, hostileCampaign } from './hostile-campaign.ts';

const campaign = (connections: number, long: boolean): Bench[] => {
  let measured: Promise<CampaignResult> | undefined;
  const once = () => {
    measured ??= hostileCampaign({ connections, seed: 1, warmUp: 5_000, quietMessages: 200 });
    return measured;
  };
  const name = `broker-hostile-${connections}`;
  const bench = (
    what: string,
    unit: string,
    max: number | null,
    pick: (result: CampaignResult) => number,
  ): Bench => ({
    name: `${name}-${what}`,
    unit,
    bar: max === null ? null : { max },
    long,
    run: async () => pick(await once()),
  });
  return [
    bench('crashes', 'crashes', 0, ({ alive }) => (alive ? 0 : 1)),
    bench('dropped', 'runs in which an honest client lost its connection', 0, ({ stayed }) =>
      stayed ? 0 : 1,
    ),
    bench('leaks', 'messages', 0, ({ leaked }) => leaked),
    bench('memory', 'MB RSS growth', 10, ({ rssGrowthMb }) => rssGrowthMb),
    bench('honest-delay', 'ms p99', 50, ({ honestP99Ms }) => honestP99Ms),
    bench('quiet-delay', 'ms p99 before the attack', null, ({ quietP99Ms }) => quietP99Ms),
  ];
};

export const benches: Bench[] = [...campaign(10_000, false), ...campaign(100_000, true)];
