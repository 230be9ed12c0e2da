/**
 * The way to the portal and back: who we are, what we do right now, what happened; set-points and questions in.
 *
 * Nothing here is needed for control: without a cloud the same calls simply reach nobody. Events are the exception
 * to "gone is gone": they wait on the disk and are sent again until the portal itself says that it has them.
 */
import type { Plan } from '@wattward/broker/wire/plan';
import type { Request, Response } from '@wattward/broker/wire/request';
import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import type { OperatorTerms, SiteDescription, SiteState, SiteSummary } from '@wattward/broker/wire/site';
import type { Store } from '../record/store.ts';
import type { Door } from '../setpoint/verify.ts';
import type { MqttBus } from './mqtt-bus.ts';

/** @param verb as it stood in the topic. @returns null when it is left unanswered */
export type Answerer = (verb: string, request: Request) => Promise<Response> | null;

export interface CloudLinkOptions {
  readonly siteId: string;
  readonly bus: MqttBus;
  readonly store: Pick<Store, 'pendingEvents' | 'ackEvent'>;
  readonly describe: () => SiteDescription;
  /** What the operator of the grid is told; null: nobody here obeys one, and its topics stay shut. */
  readonly operatorTerms: (() => OperatorTerms) | null;
  readonly answer: Answerer;
  /** The plan the box holds. */
  readonly plan: () => Plan | null;
  /** The text of a set-point as it arrived, to be verified as it is. */
  readonly onSetpoint: (text: string, door: Door) => void;
}

/** Real milliseconds: what a connection bears, whatever the speed of the site's time. */
const STATE_EVERY_MS = 200;
const SUMMARY_EVERY_MS = 60_000;
const RESEND_EVENTS_MS = 30_000;
const EVENTS_AT_ONCE = 20;

export class CloudLink {
  readonly #options: CloudLinkOptions;
  readonly #ids: { readonly siteId: string };
  readonly #sentEvents = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;
  #stateAtMs = Number.NEGATIVE_INFINITY;
  #summaryAtMs = Number.NEGATIVE_INFINITY;
  #summary: SiteSummary | null = null;
  #pumping = false;

  constructor(options: CloudLinkOptions) {
    this.#options = options;
    this.#ids = { siteId: options.siteId };
    const { bus, store } = options;
    bus.onLink((up) => {
      if (up) void this.#arrived();
    });
    bus.subscribe('siteEventAck', this.#ids, ({ message }) => {
      this.#sentEvents.delete(message.seq);
      void store.ackEvent(message.seq).then(() => this.eventsWait());
    });
    const takeAt = (door: Door) => (text: string, retained: boolean) => {
      // A set-point is never retained; one that is was put there by somebody else.
      if (!retained) options.onSetpoint(text, door);
    };
    bus.subscribeText('siteSetpoint', this.#ids, takeAt('portal'));
    if (options.operatorTerms) bus.subscribeText('siteOperatorSetpoint', this.#ids, takeAt('operator'));
    answerPortalOn(bus, options.siteId, options.answer);
    this.#timer = setInterval(() => this.eventsWait(), RESEND_EVENTS_MS);
    this.#timer.unref();
  }

  /** The live picture; thinned to what a connection bears, and to one summary a minute. */
  show(state: SiteState, alarms: number): void {
    const nowMs = performance.now();
    this.#summary = summaryOf(state, alarms);
    if (nowMs - this.#stateAtMs >= STATE_EVERY_MS) {
      this.#stateAtMs = nowMs;
      void this.#options.bus.publish('siteState', this.#ids, state);
    }
    if (nowMs - this.#summaryAtMs >= SUMMARY_EVERY_MS) this.#publishSummary();
  }

  /** Says anew what the site is: after a set-point or new settings. */
  async describe(): Promise<void> {
    const { bus, describe, operatorTerms } = this.#options;
    await bus.publish('siteDescription', this.#ids, describe());
    if (operatorTerms) await bus.publish('siteOperatorTerms', this.#ids, operatorTerms());
  }

  /** Shows the plan that holds; one that is gone is left to expire. */
  async tellPlan(): Promise<void> {
    const plan = this.#options.plan();
    if (plan) await this.#options.bus.publish('sitePlan', this.#ids, plan);
  }

  /** Answered where it came in: its sender hears that topic. */
  acknowledge(ack: SetpointAck, door: Door): Promise<boolean> {
    const name = door === 'portal' ? 'siteSetpointAck' : 'siteOperatorSetpointAck';
    return this.#options.bus.publish(name, this.#ids, ack);
  }

  /** There may be new events: sends what was not sent yet, or not acknowledged for half a minute. */
  eventsWait(): void {
    if (this.#pumping || !this.#options.bus.online) return;
    this.#pumping = true;
    void this.#pump()
      .catch(() => {})
      .finally(() => {
        this.#pumping = false;
      });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#options.bus.end(() => this.#options.bus.publish('siteAvailability', this.#ids, 'offline'));
  }

  async #arrived(): Promise<void> {
    this.#sentEvents.clear();
    await this.#options.bus.publish('siteAvailability', this.#ids, 'online');
    await this.describe();
    await this.tellPlan();
    this.#publishSummary();
    this.eventsWait();
  }

  #publishSummary(): void {
    if (!this.#summary || !this.#options.bus.online) return;
    this.#summaryAtMs = performance.now();
    void this.#options.bus.publish('siteSummary', this.#ids, this.#summary);
  }

  async #pump(): Promise<void> {
    const events = await this.#options.store.pendingEvents(EVENTS_AT_ONCE);
    for (const event of events) {
      const sentAtMs = this.#sentEvents.get(event.seq) ?? Number.NEGATIVE_INFINITY;
      if (performance.now() - sentAtMs < RESEND_EVENTS_MS - 1_000) continue;
      if (!(await this.#options.bus.publish('siteEvent', this.#ids, event))) return;
      this.#sentEvents.set(event.seq, performance.now());
    }
  }
}

/** Answers the questions of the portal, on the cloud bus. */
function answerPortalOn(bus: MqttBus, siteId: string, answer: Answerer): void {
  bus.subscribe('siteRequest', { siteId }, ({ ids: { verb = '' }, message, retained }) => {
    const answered = retained ? null : answer(verb, message);
    void answered?.then((response) => bus.publish('siteResponse', { siteId, verb }, response));
  });
}

/** Answers the questions of the installer, on the home bus alone. */
export function answerInstallerOn(bus: MqttBus, siteId: string, answer: Answerer): void {
  bus.subscribe('siteInstaller', { siteId }, ({ ids: { verb = '' }, message, retained }) => {
    const answered = retained ? null : answer(verb, message);
    void answered?.then((response) => bus.publish('siteInstallerAnswer', { siteId, verb }, response));
  });
}

function summaryOf(state: SiteState, alarms: number): SiteSummary {
  return {
    v: 1,
    site: state.site,
    at: state.at,
    mode: state.mode,
    gridPowerW: state.power.gridPowerW,
    pvPowerW: state.power.pvPowerW,
    batterySocPct: state.batterySocPct,
    alarms,
    today: state.today,
  };
}
