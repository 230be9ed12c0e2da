/**
 * The acceptance report: what was found, measured and proved, as JSON with a SHA-256 over its canonical form, and as
 * the page of `report-page.ts` that carries the same hash. Whoever has the JSON can check that nothing was changed.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { BoardCase } from './stages.ts';

export interface AcceptanceReport {
  readonly v: 1;
  readonly kind: 'acceptance';
  readonly site: string;
  readonly atIso: string;
  readonly by: string;
  readonly software: string;
  readonly expectedBoards: number | null;
  /** Topics on which commands lie retained. */
  readonly ghosts: readonly string[];
  readonly boards: readonly BoardCase[];
}

export interface SignedReport {
  readonly report: AcceptanceReport;
  readonly sha256: string;
}

export function signReport(report: AcceptanceReport): SignedReport {
  return { report, sha256: hashOf(report) };
}

export function isWhole({ report, sha256 }: SignedReport): boolean {
  return hashOf(report) === sha256;
}

function hashOf(report: AcceptanceReport): string {
  return createHash('sha256').update(canonicalJson(report)).digest('hex');
}
