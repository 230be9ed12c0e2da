/**
 * Answers to questions from portal and installer. Every answer fits one message; a question that fails says why.
 * What moves a relay or a light is the installer's to ask, on a topic that no other credential may use; the portal's
 * questions move nothing.
 */
import {
  INSTALLER_VERBS,
  type InstallerVerb,
  type Request,
  type Response,
  VERBS,
  type Verb,
} from '@wattward/broker/wire/request';
import { MAX_PAYLOAD_BYTES } from '@wattward/broker/wire/schema';
import { topic } from '@wattward/broker/wire/topics';
import * as z from 'zod';
import { explainActuator } from '../core/explain/explain-actuator.ts';
import type { DecidedCycle } from '../record/decided-cycle.ts';
import type { JournalRecord, Store } from '../record/store.ts';
import { type ReplaySource, replayRange } from '../replay/replay-range.ts';
import type { SettingsDocument } from '../settings/settings-version.ts';
import { SOFTWARE_VERSION } from './site-description.ts';

export interface RequestPorts {
  readonly store: Pick<Store, 'readDecisions' | 'verifyJournal' | 'flush'> & ReplaySource;
  readonly settings: () => SettingsDocument;
  /** What the newest decision was taken on; null before the first cycle. */
  readonly newest: () => DecidedCycle | null;
}

const decisionsQuestion = z.object({
  fromMs: z.number().optional(),
  toMs: z.number().optional(),
  beforeSeq: z.number().int().optional(),
  limit: z.number().int().min(1).max(500).default(100),
});
const identifyQuestion = z.object({
  board: z.string(),
  seconds: z.number().int().min(1).max(300).default(10),
});

const explainQuestion = z.object({ actuator: z.string().max(60) });
const replayQuestion = z
  .object({ from: z.iso.datetime(), to: z.iso.datetime() })
  .transform(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) }))
  .refine(({ fromMs, toMs }) => fromMs <= toMs, 'from lies after to');
/** A question is answered beside the cycle; the command line takes any span. */
const MAX_REPLAY_MS = 6 * 3_600_000;

/** Room for the envelope of a response. */
const ENVELOPE_BYTES = 1_024;

export interface InstallerPorts {
  readonly settings: () => SettingsDocument;
  /** Commissioning itself. */
  readonly commission: (request: Request) => Promise<Response>;
  /** Blinks a board's LED; false when there is no such board or it was not reached. */
  readonly identify: (board: string, seconds: number) => Promise<boolean>;
}

/** @param verb as it stood in the topic; null when it is none that anybody asks: left unanswered. */
export function answerPortal(
  ports: RequestPorts,
  siteId: string,
  verb: string,
  request: Request,
): Promise<Response> | null {
  const known = VERBS.find((one) => one === verb);
  if (known) return guarded(request, () => answered(ports, known, request));
  const asked = INSTALLER_VERBS.find((one) => one === verb);
  return asked ? Promise.resolve(installerOnly(request, siteId, asked)) : null;
}

/** @param verb as it stood in the topic; null when it is none that anybody asks: left unanswered. */
export function answerInstaller(
  ports: InstallerPorts,
  verb: string,
  request: Request,
): Promise<Response> | null {
  const known = INSTALLER_VERBS.find((one) => one === verb);
  return known ? guarded(request, () => answeredInstaller(ports, known, request)) : null;
}

async function guarded(request: Request, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (cause) {
    const message = cause instanceof z.ZodError ? z.prettifyError(cause) : 'the box could not answer';
    const remedy =
      cause instanceof z.ZodError ? 'Correct the question.' : 'Ask again; see the log of the box.';
    return failed(request, 'bad-question', message, remedy);
  }
}

async function answered(ports: RequestPorts, verb: Verb, request: Request): Promise<Response> {
  switch (verb) {
    case 'settings':
      return settingsRead(ports, request);
    case 'decisions': {
      const query = decisionsQuestion.parse(request);
      const { fromMs, toMs, beforeSeq, limit } = query;
      const records = await ports.store.readDecisions({
        limit,
        ...(fromMs === undefined ? {} : { fromMs }),
        ...(toMs === undefined ? {} : { toMs }),
        ...(beforeSeq === undefined ? {} : { beforeSeq }),
      });
      return ok(request, fitting(records));
    }
    case 'explain':
      return explained(ports, request);
    case 'replay': {
      const { fromMs, toMs } = replayQuestion.parse(request);
      if (toMs - fromMs > MAX_REPLAY_MS) {
        return failed(request, 'too-long', 'at most 6 h are replayed at once', 'Ask for a shorter span.');
      }
      await ports.store.flush();
      const report = await replayRange(ports.store, { fromMs, toMs, software: SOFTWARE_VERSION });
      return ok(request, { ...report, journal: await ports.store.verifyJournal() });
    }
    case 'logs':
      return notSupported(request, verb);
  }
}

async function answeredInstaller(
  ports: InstallerPorts,
  verb: InstallerVerb,
  request: Request,
): Promise<Response> {
  switch (verb) {
    case 'commission':
      return ports.commission(request);
    case 'identify': {
      const { board, seconds } = identifyQuestion.parse(request);
      if (await ports.identify(board, seconds)) return ok(request, { board, seconds });
      return failed(request, 'board-unreachable', `${board} was not reached`, 'Check its power and Wi-Fi.');
    }
    case 'settings':
      return settingsRead(ports, request);
    case 'scan':
    case 'device-test':
      return notSupported(request, verb);
  }
}

function settingsRead({ settings }: Pick<RequestPorts, 'settings'>, request: Request): Response {
  if ('settings' in request || 'change' in request) {
    return failed(request, 'not-supported', 'settings can only be read', 'Change site.yaml at the box.');
  }
  return ok(request, settings());
}

function notSupported(request: Request, verb: string): Response {
  return failed(request, 'not-supported', `this box does not answer "${verb}"`, 'Update its software.');
}

function installerOnly(request: Request, siteId: string, verb: InstallerVerb): Response {
  const path = topic('siteInstaller', { siteId, verb });
  return failed(
    request,
    'installer-only',
    `"${verb}" is asked by an installer at the home broker`,
    `Ask on ${path} with a credential of role installer; npm run commission does.`,
  );
}

/** Worked out anew on what the newest decision was taken on: what is explained is what was decided. */
function explained({ newest }: RequestPorts, request: Request): Response {
  const { actuator } = explainQuestion.parse(request);
  const cycle = newest();
  if (!cycle) return failed(request, 'too-early', 'nothing is decided yet', 'Ask again in a moment.');
  const { before, snapshot, core, plan, decision } = cycle;
  const explanation = explainActuator(before, snapshot, core, plan, decision.atMs, actuator);
  if (explanation) return ok(request, explanation);
  const known = [
    ...core.loads.map(({ id }) => `load:${id}`),
    ...core.batteries.map(({ id }) => `battery:${id}`),
  ];
  return failed(request, 'no-such-actuator', `there is no "${actuator}" here`, `One of: ${known.join(', ')}`);
}

/** The newest records that fit one message, and where to go on asking. */
function fitting(records: readonly JournalRecord[]): {
  decisions: readonly JournalRecord[];
  nextBeforeSeq: number | null;
} {
  let bytes = ENVELOPE_BYTES;
  const taken: JournalRecord[] = [];
  for (const record of records) {
    bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
    if (bytes > MAX_PAYLOAD_BYTES) return { decisions: taken, nextBeforeSeq: taken.at(-1)?.seq ?? null };
    taken.push(record);
  }
  return { decisions: taken, nextBeforeSeq: null };
}

function ok(request: Request, data: unknown): Response {
  return { v: 1, transaction: request.transaction, status: 'ok', data };
}

function failed(request: Request, code: string, message: string, remedy: string): Response {
  return { v: 1, transaction: request.transaction, status: 'error', error: { code, message, remedy } };
}
