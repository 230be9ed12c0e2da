/** What an audit row holds beside who and when, sorted into what the page says in words and what it only lists. */
import { SETPOINT_KINDS, SETPOINT_VALUES } from '@wattward/broker/wire/setpoint';
import { type AuditRow, KINSHIPS, type Kinship, type Proposal } from '../../contract/api.ts';
import { unitOf, withUnits } from '../format/refusal-numbers.ts';

export interface AuditDetail {
  /** The set-point it is about. */
  readonly setpoint: Pick<Proposal, 'kind' | 'value'> | null;
  readonly why: string | null;
  /** How proposer and approver belong together, where that was worth a row. */
  readonly kinship: Kinship | null;
  readonly rest: Readonly<Record<string, unknown>>;
}

export function auditDetail(detail: AuditRow['detail']): AuditDetail {
  const { kind, value, why, params, kinship, ...rest } = detail;
  const setpoint = asSetpoint(kind, value);
  const given = typeof params === 'object' && params !== null ? { ...params } : {};
  const numbers = withUnits(setpoint ? { unit: unitOf(setpoint.kind), ...given } : given);
  return {
    setpoint,
    why: typeof why === 'string' ? why : null,
    kinship: KINSHIPS.find((known) => known === kinship) ?? null,
    rest: { ...rest, ...(setpoint ? {} : { kind, value }), ...numbers },
  };
}

function asSetpoint(kind: unknown, value: unknown): AuditDetail['setpoint'] {
  const known = SETPOINT_KINDS.find((one) => one === kind);
  const read = known && SETPOINT_VALUES[known].safeParse(value);
  return known && read?.success ? { kind: known, value: read.data } : null;
}

/** Something was asked and not done: by the box, or by a person. */
export function isRefusal({ action }: Pick<AuditRow, 'action'>): boolean {
  return /refused|rejected|failed|stuck/.test(action);
}

/** `proposal-approved` and `setpoint-refused` are told by what happened; other actions by their name. */
export function actionName(action: string): string {
  return action.replace(/^(proposal|setpoint)-/, '');
}
