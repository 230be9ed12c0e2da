/**
 * The acceptance report: what was found, measured and proved, as JSON with a SHA-256 over its canonical form, and as
 * a page to print and sign that carries the same hash. Whoever has the JSON can check that nothing was changed.
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

export function reportPage({ report, sha256 }: SignedReport): string {
  const { site, atIso, by, expectedBoards, boards, ghosts, software } = report;
  const count = expectedBoards === null ? `${boards.length}` : `${boards.length} of ${expectedBoards}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Acceptance ${escaped(site)}</title>
<style>
body{font:11pt/1.4 system-ui,sans-serif;max-width:190mm;margin:10mm auto;color:#111}
h1{font-size:18pt;margin:0}h2{font-size:13pt;margin:8mm 0 2mm;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%;margin:2mm 0}th,td{text-align:left;padding:1mm 2mm;border-bottom:1px solid #ddd;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{font-weight:600}code{font-size:8pt;word-break:break-all}
.sign{margin-top:18mm;display:flex;gap:20mm}.sign div{flex:1;border-top:1px solid #111;padding-top:1mm}
section{break-inside:avoid}
</style></head><body>
<h1>Acceptance of relay boards</h1>
<p>Site <b>${escaped(site)}</b>, ${escaped(atIso)}. Boards: ${count}. Carried out by ${escaped(by)}. Software ${escaped(software)}.</p>
${ghosts.length > 0 ? `<p class="bad">Retained commands found: ${ghosts.map(escaped).join(', ')}</p>` : '<p>No retained commands found.</p>'}
${boards.map(boardSection).join('\n')}
<p>SHA-256 of the JSON report: <code>${sha256}</code></p>
<div class="sign"><div>Date, installer</div><div>Date, owner</div></div>
</body></html>
`;
}

function boardSection(board: BoardCase): string {
  const { hardware } = board;
  const place = [board.name, board.room].filter(Boolean).join(', ') || board.id;
  const former = board.former.map(({ hardware: h, untilIso }) => `${h.device} until ${untilIso}`);
  return `<section><h2>${escaped(place)}: ${escaped(board.stage)}</h2>
<p>${escaped(board.id)}, ${escaped(hardware.protocol)}, hardware ${escaped(hardware.mac || hardware.device)}, firmware ${escaped(hardware.firmware || 'not told')}${
    former.length > 0 ? `; before: ${former.map(escaped).join('; ')}` : ''
  }${board.acceptedBy ? `; accepted by ${escaped(board.acceptedBy)}` : ''}${board.ignoredWhy ? `; ignored: ${escaped(board.ignoredWhy)}` : ''}</p>
${board.loads.length > 0 ? loadTable(board) : ''}
${board.proofs.length > 0 ? proofTable(board) : ''}</section>`;
}

function loadTable({ loads, tests, priorities }: BoardCase): string {
  const rows = loads.map((load) => {
    const test = tests.find(({ channel }) => channel === load.channel);
    const last = test?.repeats.at(-1);
    const stepW = last ? sum(last.onW) - sum(last.baseW) : null;
    const verdict = !test
      ? 'not tested'
      : test.passed
        ? 'passed'
        : test.faults.map(({ text }) => text).join('; ');
    return `<tr><td class="n">${load.channel}</td><td>${escaped(load.name)}</td><td class="n">${load.nominalPowerW} W</td><td>${load.phase}</td>
<td class="n">${stepW === null ? '' : `${Math.round(stepW)} W`}</td><td class="n">${last?.echoOnMs ?? ''} / ${last?.echoOffMs ?? ''} ms</td>
<td class="n">${priorities[load.load] ?? ''}</td><td${test?.passed ? '' : ' class="bad"'}>${escaped(verdict)}</td></tr>`;
  });
  return `<table><tr><th>Relay</th><th>Load</th><th>Nameplate</th><th>Phase</th><th>Step</th><th>Echo on/off</th><th>Priority</th><th>Test</th></tr>
${rows.join('\n')}</table>`;
}

const PROOF_NAMES = {
  lease: 'lease runs out',
  broker: 'cut off from the broker',
  will: 'last will',
  power: 'supply cut',
} as const;

function proofTable({ proofs }: BoardCase): string {
  const rows = proofs.map(
    ({ name, passed, finding }) =>
      `<tr><td>${PROOF_NAMES[name]}</td><td${passed ? '' : ' class="bad"'}>${passed ? 'passed' : 'FAILED'}</td><td>${escaped(finding)}</td></tr>`,
  );
  return `<table><tr><th>Safe state</th><th></th><th>Seen</th></tr>${rows.join('\n')}</table>`;
}

function sum(valuesW: readonly number[]): number {
  return valuesW.reduce((all, w) => all + w, 0);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
