/**
 * What travels between the portal's server and its pages, as `/api/v1` returns it. Instants are ISO 8601 UTC;
 * watts, watt-hours and percent as everywhere. Errors are `application/problem+json` (`Problem`).
 *
 * | method | path below `/api/v1` | body | answer |
 * |---|---|---|---|
 * | GET | `/health` | | `{ status: 'ok', version }` |
 * | POST | `/setup` | `SetupInput` | `Me` and a session cookie; the token works once |
 * | POST, GET, DELETE | `/session` | `{ email, password }` | `Me` |
 * | POST | `/invitations/accept` | `SetupInput` | `Me` and a session cookie |
 * | GET, POST | `/orgs/{org}/people` | `InviteInput` | `Person[]`, `{ link, expires }` |
 * | GET | `/orgs/{org}/sites` | | `SiteRow[]` |
 * | GET | `/orgs/{org}/sites/{site}` | | `SitePage` |
 * | GET | `/orgs/{org}/sites/{site}/live` | | server-sent events `state` (`SiteState`), `connection`, `proposals` |
 * | GET | `/orgs/{org}/sites/{site}/history?day=YYYY-MM-DD` | | `HistoryDay` |
 * | GET | `/orgs/{org}/sites/{site}/series?from=&to=&fields=a,b` | | `HistoryRange`; instants ISO 8601 |
 * | GET | `/orgs/{org}/sites/{site}/export?from=&to=&format={wide,tidy,line}` | | CSV or line protocol |
 * | GET | `/orgs/{org}/sites/{site}/decisions?before=&actuator=` | | `DecisionPage` |
 * | GET | `/orgs/{org}/sites/{site}/decisions.csv?month=YYYY-MM` | | CSV |
 * | GET | `/orgs/{org}/sites/{site}/proposals?before=ID` | | `Proposal[]`: all that are not over, then the newest 50 that are; `before`: the 50 before that one |
 * | POST | `/orgs/{org}/sites/{site}/proposals` | `ProposalInput` | `Proposal` |
 * | POST | `/orgs/{org}/sites/{site}/proposals/{id}/{approve,reject,withdraw,revoke}` | `{ reason? }` | `Proposal` |
 * | GET | `/orgs/{org}/sites/{site}/audit?before=INDEX` | | `AuditRow[]`, the newest 200 (before that index) |
 */

import type { Reason } from '@wattward/broker/wire/schema';
import type { SetpointKind, SetpointValue } from '@wattward/broker/wire/setpoint';
import type { SiteDescription, SiteState } from '@wattward/broker/wire/site';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable, e.g. `wrong-credentials`, `too-many-attempts`, `not-found`, `out-of-bounds`. */
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
  /** For `too-many-attempts`: seconds to wait. */
  readonly retryAfterS?: number;
}

export const ROLES = ['owner', 'installer', 'manager', 'auditor', 'admin'] as const;
export type PortalRole = (typeof ROLES)[number];

export const PERMISSIONS = ['view', 'propose', 'approve', 'revoke', 'audit', 'people'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface Me {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly organisations: readonly {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly PortalRole[];
    readonly permissions: readonly Permission[];
  }[];
}

export interface SetupInput {
  readonly token: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export interface InviteInput {
  readonly email: string;
  readonly roles: readonly PortalRole[];
  /** The one site the roles are for; left out: all sites of the organisation. */
  readonly site?: string;
}

export interface Person {
  readonly id: string;
  readonly name: string | null;
  readonly email: string;
  readonly roles: readonly PortalRole[];
  /** The sites the roles are for; null: all of the organisation. */
  readonly sites: readonly string[] | null;
  readonly status: 'active' | 'invited';
  readonly lastSeen: string | null;
}

export type Connection = 'online' | 'offline' | 'never-seen';

export interface SiteRow {
  readonly id: string;
  readonly name: string;
  readonly connection: Connection;
  readonly lastContact: string | null;
  /** The newest live state, when there is one. */
  readonly state: SiteState | null;
  readonly proposalsWaiting: number;
}

export interface SitePage {
  readonly id: string;
  readonly name: string;
  readonly organisation: { readonly id: string; readonly name: string };
  readonly permissions: readonly Permission[];
  readonly connection: Connection;
  readonly lastContact: string | null;
  readonly description: SiteDescription | null;
  readonly state: SiteState | null;
  readonly activeSetpoints: readonly Proposal[];
}

/** One point of a chart; null where nothing was measured in the bucket: a gap is shown, never bridged. */
export interface Bucket {
  readonly at: string;
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface Series {
  /** Field of the `site` measurement, e.g. `gridPowerW`. */
  readonly field: string;
  readonly buckets: readonly Bucket[];
}

/** Any range, at the resolution that gives at most 1,500 buckets a series. */
export interface HistoryRange {
  readonly from: string;
  readonly to: string;
  readonly stepS: number;
  readonly series: readonly Series[];
}

export interface HistoryDay {
  /** Local day of the site, with its half-open range in UTC (23, 24 or 25 hours). */
  readonly day: string;
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly stepS: number;
  readonly series: readonly Series[];
  /** From full-resolution counters, so that a card and its chart agree. */
  readonly totals: {
    readonly gridImportWh: number | null;
    readonly gridExportWh: number | null;
    readonly pvWh: number | null;
    readonly batteryChargedWh: number | null;
    readonly batteryDischargedWh: number | null;
  };
  readonly peak: { readonly gridPowerW: number | null; readonly at: string | null };
  /** Share of the day so far that has data, 0..1. */
  readonly coverage: number;
  readonly previousDay: string | null;
  readonly nextDay: string | null;
}

export interface DecisionRow {
  readonly at: string;
  readonly seq: number;
  /** `home`, `battery:{id}` or `load:{id}`. */
  readonly actuator: string;
  readonly actuatorName: string;
  /** E.g. `on`, `off`, `peak`, `hold`. */
  readonly outcome: string;
  readonly reason: Reason;
  readonly homeMode: string;
}

export interface DecisionPage {
  readonly rows: readonly DecisionRow[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

export const PROPOSAL_STATUSES = [
  'proposed',
  'approved',
  'rejected',
  'withdrawn',
  'delivered',
  'accepted',
  'refused',
  'active',
  'completed',
  'superseded',
  'expired',
  'revoking',
  'revoked',
] as const;
export type ProposalStatus = (typeof PROPOSAL_STATUSES)[number];

/** Of two young accounts: who made which. */
export const KINSHIPS = ['proposer-made-approver', 'approver-made-proposer', 'same-maker'] as const;
export type Kinship = (typeof KINSHIPS)[number];

export interface ProposalInput {
  readonly kind: SetpointKind;
  readonly value: SetpointValue;
  /** How long it shall hold once accepted. */
  readonly durationMinutes: number;
  readonly note: string;
}

export interface Proposal {
  readonly id: string;
  readonly kind: SetpointKind;
  readonly value: SetpointValue;
  readonly note: string;
  readonly status: ProposalStatus;
  /** Why it was refused or rejected: a code of the wire, or the words of the person. */
  readonly why: string | null;
  readonly params: Readonly<Record<string, string | number>>;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  /** How proposer and approver belong together, where that is worth a look. */
  readonly kinship: Kinship | null;
  readonly expires: string;
  readonly transitions: readonly {
    readonly at: string;
    readonly status: ProposalStatus;
    readonly by: string;
    readonly why: string | null;
  }[];
  /** What the person asking may do with it now. */
  readonly may: readonly ('approve' | 'reject' | 'withdraw' | 'revoke')[];
}

export interface AuditRow {
  readonly index: number;
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly hash: string;
}
