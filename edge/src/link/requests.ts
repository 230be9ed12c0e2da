/** Answers to questions from portal and installer. Every answer fits one message; a question that fails says why. */
import type { Request, Response, Verb } from '@wattward/broker/wire/request';
import { MAX_PAYLOAD_BYTES } from '@wattward/broker/wire/schema';
import * as z from 'zod';
import type { SettingsDocument } from '../settings-document.ts';
import type { JournalRecord, Store } from '../store/store.ts';

export interface RequestPorts {
  readonly store: Pick<Store, 'readDecisions'>;
  readonly settings: () => SettingsDocument;
  /** Blinks a board's LED; false when there is no such board or it was not reached. */
  readonly identify: (board: string, seconds: number) => Promise<boolean>;
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

/** Room for the envelope of a response. */
const ENVELOPE_BYTES = 1_024;

export async function answerRequest(ports: RequestPorts, verb: Verb, request: Request): Promise<Response> {
  try {
    return await answered(ports, verb, request);
  } catch (cause) {
    const message = cause instanceof z.ZodError ? z.prettifyError(cause) : 'the box could not answer';
    const remedy =
      cause instanceof z.ZodError ? 'Correct the question.' : 'Ask again; see the log of the box.';
    return failed(request, 'bad-question', message, remedy);
  }
}

async function answered(ports: RequestPorts, verb: Verb, request: Request): Promise<Response> {
  switch (verb) {
    case 'settings': {
      if ('settings' in request || 'change' in request) {
        return failed(request, 'not-supported', 'settings can only be read', 'Change site.yaml at the box.');
      }
      return ok(request, ports.settings());
    }
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
    case 'identify': {
      const { board, seconds } = identifyQuestion.parse(request);
      if (await ports.identify(board, seconds)) return ok(request, { board, seconds });
      return failed(request, 'board-unreachable', `${board} was not reached`, 'Check its power and Wi-Fi.');
    }
    case 'commission':
    case 'replay':
    case 'explain':
    case 'logs':
      return failed(request, 'not-supported', `this box does not answer "${verb}"`, 'Update its software.');
  }
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
