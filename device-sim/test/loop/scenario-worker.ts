/** Plays one scenario in a thread of its own, outside the test runner's sandbox, where it is several times faster. */
import { parentPort, workerData } from 'node:worker_threads';
import { play } from './scenario.ts';
import { SCENARIOS, type ScenarioName } from './scenario-table.ts';

const { name, share } = workerData as { name: ScenarioName; share: number };
parentPort?.postMessage(play(SCENARIOS[name](), share));
