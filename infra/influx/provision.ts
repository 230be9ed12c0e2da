/**
 * What Wattward needs in an InfluxDB 2: buckets with their retention and the tasks that make the roll-ups. Compares
 * what is there with what is to be and changes only what differs, so a second run changes nothing. What it did not
 * make itself it leaves alone.
 */
import type { InfluxDB } from '@influxdata/influxdb-client';
import { type Bucket, BucketsAPI, OrgsAPI, type Task, TasksAPI } from '@influxdata/influxdb-client-apis';
import { RAW, ROLL_UPS } from '@wattward/portal/history/levels';
import { rollUpTasks } from '@wattward/portal/history/tasks';

/** Marks a task as ours: one that is no longer wanted is removed. */
const TASK_MARK = 'Wattward roll-up';
const PAGE = 100;
/**
 * What is kept for ever lies in shards of a quarter of a year, not in InfluxDB's weeks: a chart of a year opens each
 * of its series in five of them, not in 53, which takes half of the time.
 */
const LONG_SHARD_S = 13 * 7 * 86_400;

export interface Change {
  readonly what: 'bucket' | 'task' | 'token';
  readonly name: string;
  readonly did: 'created' | 'changed' | 'removed' | 'unchanged';
}

export interface Place {
  readonly influx: InfluxDB;
  readonly org: string;
  readonly orgID: string;
  /** The raw bucket; those of roll-ups are named after it. */
  readonly bucket: string;
}

/** An error an operator can mend. */
export class InfluxSetupError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.name = 'InfluxSetupError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** @throws InfluxSetupError when there is no such organisation, or the token may not see it. */
export async function findPlace(influx: InfluxDB, org: string, bucket: string): Promise<Place> {
  const { orgs = [] } = await new OrgsAPI(influx).getOrgs({ org });
  const orgID = orgs.find(({ name }) => name === org)?.id;
  if (orgID) return { influx, org, orgID, bucket };
  throw new InfluxSetupError(
    'influx-org-missing',
    `InfluxDB shows no organisation "${org}" to this token`,
    'Give the name as `influx org list` shows it, and a token that may manage buckets, tasks and authorizations there.',
  );
}

/** @returns changes, and ids of the buckets by level name. */
export async function provisionBuckets(
  place: Place,
): Promise<{ readonly changes: readonly Change[]; readonly ids: ReadonlyMap<string, string> }> {
  const api = new BucketsAPI(place.influx);
  const changes: Change[] = [];
  const ids = new Map<string, string>();
  for (const { name: level, suffix, keptMs } of [RAW, ...ROLL_UPS]) {
    const name = place.bucket + suffix;
    const rule = {
      type: 'expire' as const,
      everySeconds: (keptMs ?? 0) / 1000,
      ...(keptMs === null ? { shardGroupDurationSeconds: LONG_SHARD_S } : {}),
    };
    const retentionRules = [rule];
    const { buckets = [] } = await api.getBuckets({ name, orgID: place.orgID }).catch(missingIsNone);
    const there = buckets.find((bucket) => bucket.name === name);
    if (!there?.id) {
      const made = await api.postBuckets({ body: { orgID: place.orgID, name, retentionRules } });
      ids.set(level, made.id ?? '');
      changes.push({ what: 'bucket', name, did: 'created' });
      continue;
    }
    ids.set(level, there.id);
    const [kept] = there.retentionRules;
    // No rule, or one of 0 s: for ever.
    const differs =
      (kept?.everySeconds ?? 0) !== rule.everySeconds ||
      (keptMs === null && kept?.shardGroupDurationSeconds !== LONG_SHARD_S);
    if (differs) await api.patchBucketsID({ bucketID: there.id, body: { retentionRules } });
    changes.push({ what: 'bucket', name, did: differs ? 'changed' : 'unchanged' });
  }
  return { changes, ids };
}

export async function provisionTasks(place: Place): Promise<readonly Change[]> {
  const api = new TasksAPI(place.influx);
  const wanted = rollUpTasks(place);
  const there = await ownTasks(api, place);
  const changes: Change[] = [];
  for (const { name, flux } of wanted) {
    const [task, ...doubles] = there.filter((one) => one.name === name);
    for (const double of doubles) await api.deleteTasksID({ taskID: double.id });
    if (!task) {
      await api.postTasks({ body: { orgID: place.orgID, flux, description: TASK_MARK, status: 'active' } });
      changes.push({ what: 'task', name, did: 'created' });
      continue;
    }
    const differs = task.flux.trim() !== flux.trim() || task.status !== 'active';
    if (differs) await api.patchTasksID({ taskID: task.id, body: { flux, status: 'active' } });
    changes.push({ what: 'task', name, did: differs ? 'changed' : 'unchanged' });
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const { id, name } of there) {
    if (names.has(name)) continue;
    await api.deleteTasksID({ taskID: id });
    changes.push({ what: 'task', name, did: 'removed' });
  }
  return changes;
}

/** Tasks we made for this bucket. */
async function ownTasks(api: TasksAPI, { orgID, bucket }: Place): Promise<(Task & { flux: string })[]> {
  const found: (Task & { flux: string })[] = [];
  let after: string | undefined;
  for (;;) {
    const { tasks = [] } = await api.getTasks({ orgID, limit: PAGE, ...(after ? { after } : {}) });
    for (const task of tasks) {
      const isOurs = task.description === TASK_MARK && task.name.startsWith(bucket);
      if (isOurs && /^(?:_\d+[mhd])? /.test(task.name.slice(bucket.length)))
        found.push({ ...task, flux: task.flux ?? '' });
    }
    after = tasks.at(-1)?.id;
    if (tasks.length < PAGE || !after) return found;
  }
}

/** Asked for a name that is not there, InfluxDB answers 404. */
function missingIsNone(error: unknown): { readonly buckets?: Bucket[] } {
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return {};
  throw error;
}
