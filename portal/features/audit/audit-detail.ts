/** What an audit row holds beside who and when, sorted into what the page says in words and what it only lists. */
import type { AuditRow, Proposal } from '../../contract/api.ts';
import { withUnits } from '../approvals/refusal-numbers.ts';

export interface AuditDetail {
  /** The set-point it is about. */
  readonly setpoint: Pick<Proposal, 'kind' | 'value'> | null;
  readonly why: string | null;
  readonly rest: Readonly<Record<string, unknown>>;
}

export function auditDetail(detail: AuditRow['detail']): AuditDetail {
  const { kind, value, why, params, ...rest } = detail;
  const setpoint = asSetpoint(kind, value);
  const given = typeof params === 'object' && params !== null ? { ...params } : {};
  const numbers = setpoint ? withUnits(setpoint.kind, given) : given;
  return {
    setpoint,
    why: typeof why === 'string' ? why : null,
    rest: { ...rest, ...(setpoint ? {} : { kind, value }), ...numbers },
  };
}

function asSetpoint(kind: unknown, value: unknown): AuditDetail['setpoint'] {
  if (kind !== 'peak-threshold' && kind !== 'battery-reserve') return null;
  const { watts, pct } = (value ?? {}) as { watts?: unknown; pct?: unknown };
  if (typeof watts === 'number') return { kind, value: { watts } };
  return typeof pct === 'number' ? { kind, value: { pct } } : null;
}

/** Something was asked and not done: by the box, or by a person. */
export function isRefusal({ action }: Pick<AuditRow, 'action'>): boolean {
  return /refused|rejected|failed/.test(action);
}

/** `proposal-approved` and `setpoint-refused` are told by what happened; other actions by their name. */
export function actionName(action: string): string {
  return action.replace(/^(proposal|setpoint)-/, '');
}
