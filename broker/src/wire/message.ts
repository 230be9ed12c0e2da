/** From topic to schema: what travels on each topic. */
import * as z from 'zod';
import {
  availability,
  boardAck,
  boardButton,
  boardCommand,
  boardConfig,
  boardCredential,
  boardHello,
  boardIdentify,
  boardState,
} from './board.ts';
import { meterReading } from './meter.ts';
import { plan } from './plan.ts';
import { request, response } from './request.ts';
import { MAX_PAYLOAD_BYTES } from './schema.ts';
import { setpoint, setpointAck } from './setpoint.ts';
import { simAnswer, simClock, simRequest, simTick } from './sim.ts';
import { operatorTerms, siteDescription, siteEvent, siteEventAck, siteState, siteSummary } from './site.ts';
import type { TopicName } from './topics.ts';

export const MESSAGES = {
  boardHello,
  boardAvailability: availability,
  boardState,
  boardAck,
  boardButton,
  boardCommand,
  boardConfig,
  boardIdentify,
  boardCredential,
  meterReading,
  siteAvailability: availability,
  siteDescription,
  siteState,
  siteSummary,
  siteEvent,
  siteEventAck,
  sitePlan: plan,
  siteProposal: z.looseObject({ v: z.literal(1) }),
  siteSetpoint: setpoint,
  siteSetpointAck: setpointAck,
  siteOperatorTerms: operatorTerms,
  siteOperatorSetpoint: setpoint,
  siteOperatorSetpointAck: setpointAck,
  siteRequest: request,
  siteResponse: response,
  siteInstaller: request,
  siteInstallerAnswer: response,
  simRequest,
  simResponse: response,
  simClock,
  simTick,
  simAnswer,
} as const satisfies Record<TopicName, z.ZodType>;

export type Message<N extends TopicName> = z.infer<(typeof MESSAGES)[N]>;

export type Parsed<T> =
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly problem: string };

/** A payload read and checked once, at the border. Never throws. Plain text topics (availability) are not JSON. */
export function parseMessage<N extends TopicName>(name: N, payload: string): Parsed<Message<N>> {
  if (payload.length > MAX_PAYLOAD_BYTES) {
    return { ok: false, problem: `payload of ${payload.length} characters, at most ${MAX_PAYLOAD_BYTES}` };
  }
  let data: unknown = payload;
  if (!isPlainText(name)) {
    try {
      data = JSON.parse(payload);
    } catch {
      return { ok: false, problem: 'not JSON' };
    }
  }
  const result = MESSAGES[name].safeParse(data);
  if (result.success) return { ok: true, message: result.data as Message<N> };
  return { ok: false, problem: z.prettifyError(result.error).replaceAll('\n', ' ').slice(0, 400) };
}

/** The bytes of a message, as they travel. */
export function encodeMessage<N extends TopicName>(name: N, message: Message<N>): string {
  return isPlainText(name) ? String(message) : JSON.stringify(message);
}

function isPlainText(name: TopicName): boolean {
  return name === 'boardAvailability' || name === 'siteAvailability';
}
