/** An audit row's details as lines of text, in the order they were written; whatever is nested stays JSON. */
import type { AuditRow } from '../../contract/api.ts';

export interface DetailLine {
  readonly name: string;
  readonly text: string;
}

/** `said` names what stands on the page in words already. */
export function detailLines(detail: AuditRow['detail'], said: readonly string[]): DetailLine[] {
  return Object.entries(detail)
    .filter(([name, value]) => !said.includes(name) && value !== null && value !== undefined && value !== '')
    .map(([name, value]) => ({ name, text: typeof value === 'string' ? value : JSON.stringify(value) }));
}

/** Something was asked and not done: by the box, or by a person. */
export function isRefusal({ action, detail }: Pick<AuditRow, 'action' | 'detail'>): boolean {
  return /refus|reject|fail|denied/.test(action) || detail.status === 'refused';
}
