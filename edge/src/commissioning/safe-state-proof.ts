/**
 * Shows that a board goes to its safe state by itself, four ways: its lease runs out; the broker is gone; its last
 * will tells that it is gone; its supply is cut. Each is watched twice, by what the board reports and by the power
 * of the house. Two of them need a person's hand: `instruct` says what to do.
 */
import { type Assignment, ENOUGH, type PhasesW } from './judge.ts';
import { look, lookEveryMs, switched, type TestPorts } from './measured-test.ts';
import type { Proof, ProofName } from './stages.ts';

export interface ProofPorts extends TestPorts {
  /** The broker said the board's last will after this moment. */
  readonly willAfter: (monoMs: number) => number | null;
  /** A sign of life of the board after this moment. */
  readonly heardAfter: (monoMs: number) => number | null;
  /** When the board was heard last. */
  readonly lastHeardMonoMs: () => number | null;
  /** What a person has to do now; empty when nothing any more. */
  readonly instruct: (what: 'cut-link' | 'restore-link' | 'cut-power' | 'restore-power' | '') => void;
}

const RENEWED_AFTER_MS = 40_000;
const WILL_LIMIT_MS = 60_000;
const PERSON_PATIENCE_MS = 15 * 60_000;
const WATCH_AFTER_MS = 10_000;
/** The safe state is due 1 s after the lease's end; so long may the meter take to show it. */
const SLACK_MS = 4_000;

export async function proveSafeState(
  ports: ProofPorts,
  name: 'lease' | 'broker' | 'power',
  own: Assignment,
): Promise<readonly Proof[]> {
  await switched(ports, false);
  await ports.sleep(4_000);
  const { meanW } = await look(ports, 5_000);
  try {
    switch (name) {
      case 'lease':
        return [await leaseProof(ports, own, meanW)];
      case 'broker':
        return await brokerProof(ports, own, meanW);
      case 'power':
        return [await powerProof(ports, own, meanW)];
    }
  } finally {
    ports.instruct('');
    ports.order({ on: false, protective: false, reason: 'commissioning: proof ended' });
  }
}

/** Renewed once, then abandoned: it must outlive the first lease and not the second. */
async function leaseProof(ports: ProofPorts, own: Assignment, baseW: PhasesW): Promise<Proof> {
  const at = proofAt(ports, 'lease');
  if ((await switched(ports, true)) === null) return at(false, 'the board did not switch on');
  const onMs = ports.monoMs();
  ports.progress(`on; renewing once, then waiting for the lease of ${own.leaseS} s to run out`);
  await ports.sleep(RENEWED_AFTER_MS);
  ports.abandon();
  const abandonedMs = ports.monoMs();
  const leaseMs = own.leaseS * 1000;
  const slackMs = 1_000 + Math.max(SLACK_MS, 3 * ports.cycleMs);
  const offMs = await moment(ports, () => ports.reported() === false, abandonedMs + leaseMs + slackMs);
  if (offMs === null) {
    return at(
      false,
      `still on ${seconds(leaseMs + slackMs)} after the last command: its lease does not end it`,
    );
  }
  if (offMs - onMs < leaseMs + 5_000) {
    return at(
      false,
      `off ${seconds(offMs - onMs)} after the first ON although renewed: renewals do not restart the lease`,
    );
  }
  const gone = await drawsNothing(ports, own, baseW);
  const finding = `off ${seconds(offMs - abandonedMs)} after the box fell silent`;
  return gone ? at(true, finding) : at(false, `${finding}, yet the load goes on drawing`);
}

/** Cut off from the broker: the last will is heard, the load goes off, and stays so until ordered. */
async function brokerProof(ports: ProofPorts, own: Assignment, baseW: PhasesW): Promise<readonly Proof[]> {
  const at = proofAt(ports, 'broker');
  const willAt = proofAt(ports, 'will');
  if ((await switched(ports, true)) === null) return [at(false, 'the board did not switch on')];
  const startMs = ports.monoMs();
  ports.instruct('cut-link');
  const willMs = await moment(ports, () => ports.willAfter(startMs) !== null, startMs + PERSON_PATIENCE_MS);
  if (willMs === null) {
    return [at(false, 'nobody cut the link within 15 min'), willAt(false, 'no last will within 15 min')];
  }
  ports.abandon();
  const heardMs = ports.lastHeardMonoMs() ?? startMs;
  const silentMs = Math.max(0, willMs - heardMs);
  const will = willAt(
    silentMs <= WILL_LIMIT_MS,
    `the broker told it ${seconds(silentMs)} after the board's last word`,
  );
  ports.progress('the board is cut off; waiting for its lease to end');
  const slackMs = 1_000 + Math.max(SLACK_MS, 3 * ports.cycleMs);
  const offMs = await powerGone(ports, own, baseW, willMs + own.leaseS * 1000 + slackMs);
  const sinceMs = offMs ?? ports.monoMs();
  ports.instruct('restore-link');
  const back = await moment(
    ports,
    () => ports.heardAfter(sinceMs) !== null && ports.reported() !== null,
    sinceMs + PERSON_PATIENCE_MS,
  );
  // Told only now: whatever the verdict, nobody is left with a board cut off.
  if (offMs === null) return [at(false, 'the load went on drawing after its lease'), will];
  if (back === null) return [at(false, 'the board did not come back within 15 min'), will];
  const off = ports.reported() === false;
  const finding = `the load went off ${seconds(offMs - willMs)} after the loss; back ${off ? 'off' : 'ON'}`;
  return [at(off, finding), will];
}

/** Without supply and after it the relay is open, and stays so until ordered. */
async function powerProof(ports: ProofPorts, own: Assignment, baseW: PhasesW): Promise<Proof> {
  const at = proofAt(ports, 'power');
  if ((await switched(ports, true)) === null) return at(false, 'the board did not switch on');
  const startMs = ports.monoMs();
  ports.instruct('cut-power');
  const gone = await moment(ports, () => ports.willAfter(startMs) !== null, startMs + PERSON_PATIENCE_MS);
  if (gone === null) return at(false, 'nobody cut the supply within 15 min');
  ports.abandon();
  const isDark = await drawsNothing(ports, own, baseW);
  const darkMs = ports.monoMs();
  ports.instruct('restore-power');
  const back = await moment(
    ports,
    () => ports.heardAfter(darkMs) !== null && ports.reported() !== null,
    darkMs + PERSON_PATIENCE_MS,
  );
  if (!isDark) return at(false, 'the load draws although the board has no supply');
  if (back === null) return at(false, 'the board did not come back within 15 min');
  ports.instruct('');
  ports.progress('back; watching for 10 s that nothing switches on');
  await ports.sleep(WATCH_AFTER_MS);
  if (ports.reported() !== false) return at(false, 'the relay came back ON after the power cut');
  const rests = await drawsNothing(ports, own, baseW);
  return at(rests, rests ? 'off after the power cut, and stayed off' : 'the load draws after the power cut');
}

async function drawsNothing(ports: ProofPorts, own: Assignment, baseW: PhasesW): Promise<boolean> {
  await ports.sleep(2_000);
  const { meanW } = await look(ports, 3_000);
  return aboveW(meanW, baseW) < (1 - ENOUGH) * own.nominalPowerW;
}

async function powerGone(
  ports: ProofPorts,
  own: Assignment,
  baseW: PhasesW,
  limitMs: number,
): Promise<number | null> {
  return moment(
    ports,
    () => {
      const seen = ports.phasesW();
      return seen !== null && aboveW(seen.powersW, baseW) < (1 - ENOUGH) * own.nominalPowerW;
    },
    limitMs,
  );
}

/** Sum over the phases: a board between two phases of the house is judged in the measured test already. */
function aboveW(nowW: PhasesW, baseW: PhasesW): number {
  return nowW.reduce((sum, w, i) => sum + w - (baseW[i] ?? 0), 0);
}

async function moment(ports: TestPorts, holds: () => boolean, limitMs: number): Promise<number | null> {
  for (;;) {
    if (holds()) return ports.monoMs();
    if (ports.monoMs() > limitMs) return null;
    await ports.sleep(lookEveryMs(ports));
  }
}

function proofAt(ports: TestPorts, name: ProofName) {
  return (passed: boolean, finding: string): Proof => ({ name, passed, atIso: ports.wallIso(), finding });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
