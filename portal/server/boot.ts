import { topic } from '@wattward/broker/wire/topics';

export async function boot(_env: NodeJS.ProcessEnv): Promise<void> {
  console.log(topic('siteState'));
}
