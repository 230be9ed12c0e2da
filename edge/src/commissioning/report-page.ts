/** The acceptance report as a page to print (A4) and sign, readable on a phone as well. */
import type { TestResult } from './judge.ts';
import type { SignedReport } from './report.ts';
import type { BoardCase, Proof, Stage } from './stages.ts';

const STYLE = `
:root{color-scheme:light}
body{font:11pt/1.45 system-ui,sans-serif;max-width:185mm;margin:0 auto;padding:10mm 5mm;color:#111;background:#fff}
h1{font-size:18pt;line-height:1.2;margin:0 0 2mm}
h2{font-size:13pt;margin:9mm 0 1mm;display:flex;justify-content:space-between;gap:4mm;align-items:baseline;border-bottom:1px solid #999}
p{margin:1mm 0}.about{color:#555;font-size:10pt;overflow-wrap:anywhere}
.verdict{font-size:13pt;font-weight:600;margin:3mm 0;padding:2mm 3mm;border-left:1.5mm solid #b3261e;background:#fbeeed}
.verdict.good{border-color:#1b6e3c;background:#edf6f0}
.stage{font-size:10pt;font-weight:600;white-space:nowrap}.good .stage,td.good{color:#1b6e3c}.bad{color:#b3261e;font-weight:600}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:3mm 0;font-size:10pt}
th,td{text-align:left;padding:1mm 2mm;border-bottom:1px solid #ddd;vertical-align:top}
th{font-weight:600;color:#555;white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.fault td{border-top:0;padding-top:0}tr:has(+.fault) td{border-bottom:0}
code{font-size:8.5pt;overflow-wrap:anywhere}
.sign{margin-top:20mm;display:flex;gap:12mm}.sign div{flex:1;border-top:1px solid #111;padding-top:1mm}
section{break-inside:avoid}
@media print{body{padding:0}}
@page{size:A4;margin:15mm}
`;

const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  seen: 'only seen',
  identified: 'identified, not tested',
  named: 'named, not tested',
  assigned: 'NOT ACCEPTED: test open or failed',
  tested: 'NOT ACCEPTED: safe state not proved',
  'safe-verified': 'not accepted yet',
  prioritised: 'not accepted yet',
  accepted: 'ACCEPTED',
  ignored: 'ignored',
};

export function reportPage({ report, sha256 }: SignedReport): string {
  const { site, atIso, by, expectedBoards, boards, ghosts, software } = report;
  const accepted = boards.filter(({ stage }) => stage === 'accepted').length;
  const expected = expectedBoards ?? boards.length;
  const good = accepted >= expected && ghosts.length === 0;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Acceptance ${escaped(site)} ${instant(atIso)}</title>
<style>${STYLE}</style></head><body>
<h1>Acceptance of relay boards</h1>
<p>Site <b>${escaped(site)}</b>, ${instant(atIso)}, carried out by <b>${escaped(by)}</b></p>
<p class="verdict${good ? ' good' : ''}">${accepted} of ${expected} expected boards accepted</p>
${ghostWords(ghosts)}
${boards.map(boardSection).join('\n')}
<p class="about" style="margin-top:8mm">Software ${escaped(software)}. SHA-256 of the report as JSON:<br><code>${sha256}</code></p>
<div class="sign"><div>Date, installer</div><div>Date, owner</div></div>
</body></html>
`;
}

function ghostWords(ghosts: readonly string[]): string {
  if (ghosts.length === 0) return '<p>No command lies retained at the broker.</p>';
  const topics = ghosts.map((topic) => `<code>${escaped(topic)}</code>`).join(', ');
  return `<p class="bad">Commands lie retained at the broker and switch loads by themselves: ${topics}. Delete them.</p>`;
}

function boardSection(board: BoardCase): string {
  const { hardware, stage } = board;
  const place = [board.name, board.room].filter(Boolean).join(', ') || board.id;
  const about = [
    board.id,
    hardware.device === board.id ? '' : `hardware ${hardware.device}`,
    hardware.model,
    `firmware ${hardware.firmware || 'not told'}`,
    ...board.former.map((old) => `until ${instant(old.untilIso)} ${old.hardware.device}`),
    board.acceptedBy && `accepted by ${board.acceptedBy}`,
    board.ignoredWhy && `why: ${board.ignoredWhy}`,
  ].filter(Boolean);
  const tone = stage === 'accepted' ? ' class="good"' : '';
  return `<section><h2${tone}><span>${escaped(place)}</span><span class="stage${tone || stage === 'ignored' ? '' : ' bad'}">${STAGE_WORDS[stage]}</span></h2>
<p class="about">${about.map(escaped).join(' · ')}</p>
${board.loads.length > 0 ? loadTable(board) : ''}
${board.proofs.length > 0 ? proofTable(board.proofs) : ''}</section>`;
}

function loadTable({ loads, tests, priorities }: BoardCase): string {
  const rows = loads.map((load) => {
    const test = tests.find(({ channel }) => channel === load.channel);
    const verdict = test ? (test.passed ? 'passed' : 'FAILED') : 'not tested';
    const why = test && !test.passed ? test.faults.map(({ text }) => text).join('; ') : '';
    return `<tr><td class="n">${load.channel}</td><td>${escaped(load.name)}${load.contactor ? ' (contactor)' : ''}</td><td class="${test?.passed ? 'good' : 'bad'}">${verdict}</td><td class="n">${load.nominalPowerW} W</td><td>${load.phase}</td>
<td class="n">${test ? stepWords(test) : ''}</td><td class="n">${test ? echoWords(test) : ''}</td><td class="n">${priorities[load.load] ?? ''}</td></tr>${
      why ? `\n<tr class="fault"><td></td><td colspan="7" class="bad">${escaped(why)}</td></tr>` : ''
    }`;
  });
  return `<div class="wide"><table><tr><th class="n">Relay</th><th>Load</th><th>Test</th><th class="n">Nameplate</th><th>Phase</th><th class="n">Measured</th><th class="n">Echo</th><th class="n">Priority</th></tr>
${rows.join('\n')}</table></div>`;
}

/** Smallest and largest power step of the repeats. */
function stepWords({ repeats }: TestResult): string {
  const stepsW = repeats.map(({ onW, baseW }) => Math.round(sum(onW) - sum(baseW)));
  if (stepsW.length === 0) return '';
  const [leastW, mostW] = [Math.min(...stepsW), Math.max(...stepsW)];
  const range = leastW === mostW ? `${leastW} W` : `${leastW} to ${mostW} W`;
  return `${range} (${repeats.length}×)`;
}

/** The slowest echo of all. */
function echoWords({ repeats }: TestResult): string {
  const echoesMs = repeats.flatMap(({ echoOnMs, echoOffMs }) => [echoOnMs, echoOffMs]);
  if (echoesMs.includes(null)) return 'none';
  return `≤ ${Math.max(0, ...echoesMs.filter((ms) => ms !== null))} ms`;
}

const PROOF_NAMES = {
  lease: 'Lease runs out',
  broker: 'Cut off from the broker',
  will: 'Last will',
  power: 'Supply cut',
} as const;

function proofTable(proofs: readonly Proof[]): string {
  const rows = proofs.map(
    ({ name, passed, finding }) =>
      `<tr><td>${PROOF_NAMES[name]}</td><td class="${passed ? 'good' : 'bad'}">${passed ? 'passed' : 'FAILED'}</td><td>${escaped(finding)}</td></tr>`,
  );
  return `<div class="wide"><table><tr><th>Safe state</th><th></th><th>Seen</th></tr>${rows.join('\n')}</table></div>`;
}

/** To the minute, and of which clock. */
function instant(iso: string): string {
  return `${escaped(iso.slice(0, 16).replace('T', ' '))} UTC`;
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
