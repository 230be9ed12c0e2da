/** What an installer may ask of the box with the verb `commission`; each question names its `action`. */
import * as z from 'zod';

const id = z.string().regex(/^[a-z0-9-]{1,40}$/, 'write lower case letters, digits and dashes, at most 40');
const label = z.string().trim().min(1).max(60);

export const assignment = z.strictObject({
  channel: z.number().int().min(1).max(16),
  load: id,
  name: label,
  nominalPowerW: z.number().min(1).max(100_000),
  phase: z.enum(['L1', 'L2', 'L3', 'all']),
  kind: z.enum(['interruptible', 'program', 'compressor', 'ev']).default('interruptible'),
  leaseS: z.number().int().min(12).max(120).default(90),
  contactor: z.boolean().optional(),
});

const action = <N extends string, S extends z.ZodRawShape>(name: N, shape: S) =>
  z.looseObject({ action: z.literal(name), ...shape });

export const commissionQuestion = z.discriminatedUnion('action', [
  action('status', {}),
  action('open', { expectedBoards: z.number().int().min(0).max(64).optional() }),
  action('claim', { board: id, code: z.string().min(1).max(60) }),
  action('blink', { board: id, seconds: z.number().int().min(1).max(300).default(10) }),
  action('identified', { board: id }),
  action('name', { board: id, name: label, room: z.string().trim().max(60).default('') }),
  action('assign', { board: id, loads: z.array(assignment).max(16) }),
  action('test', { board: id, channel: z.number().int().min(1).max(16) }),
  action('prove', { board: id, proof: z.enum(['lease', 'broker', 'power']) }),
  action('prioritise', { board: id, priorities: z.record(id, z.number().int().min(1).max(99)) }),
  action('accept', { board: id, by: label }),
  action('replace', { board: id, device: id }),
  action('ignore', { board: id, why: label }),
  action('report', { by: label }),
  action('report-part', { index: z.number().int().min(0).max(1000) }),
]);
export type CommissionQuestion = z.infer<typeof commissionQuestion>;
