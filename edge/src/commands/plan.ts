/** `edge plan`: gives the box a plan made elsewhere, checked before it is put there; or takes it away. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig, readText } from '../config.ts';
import { checkedPlan } from '../intake/plan-intake.ts';
import { StartError } from '../start-error.ts';
import { planFileOf } from '../store/plan-file.ts';

/** @returns what to print. @throws StartError when the plan is none, or of another site. */
export function setPlan(configFile: string, file: string): string {
  const { site, dataDir } = loadConfig(configFile);
  const text = readText(file, 'plan-unreadable', 'the plan');
  const checked = checkedPlan(text, site);
  if (!checked.ok) {
    throw new StartError('plan-invalid', `${file}: ${checked.problem}`, 'Mend it; it is a plan@1 message.');
  }
  const target = planFileOf(dataDir);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
  const { id, slots, expires } = checked.plan;
  return `plan "${id}" with ${slots.length} slots, until ${expires}: the box takes it up within seconds\n`;
}

export function clearPlan(configFile: string): string {
  rmSync(planFileOf(loadConfig(configFile).dataDir), { force: true });
  return 'no plan any more: the rules run\n';
}
