'use client';

import type { SiteDescription, SiteState } from '@wattward/broker/wire/site';
import { useTranslations } from 'next-intl';
import type { Quantities } from '../format/quantity.ts';
import { GlyphAt, type GlyphName } from '../shell/glyph.tsx';
import classes from './flow-picture.module.css';
import {
  consumptionW,
  type Flow,
  flowsOf,
  HEIGHT,
  NODE_RADIUS,
  NODES,
  type NodeName,
  WIDTH,
} from './flow-routes.ts';

const GLYPHS: Record<NodeName, GlyphName> = {
  solar: 'sun',
  grid: 'grid',
  house: 'home',
  battery: 'battery',
  loads: 'plug',
};

export interface FlowPictureProps {
  readonly state: SiteState | null;
  readonly capabilities: SiteDescription['capabilities'];
  readonly quantities: Quantities;
  /** Not the present: nothing moves, everything pale. */
  readonly stale: boolean;
}

/** Who gives and who takes right now. Dots move with the power; the same numbers stand in a table below. */
export function FlowPicture({ state, capabilities, quantities, stale }: FlowPictureProps) {
  const t = useTranslations('flow');
  const flows = flowsOf(state, capabilities);
  const nodes = (Object.keys(NODES) as NodeName[]).filter(
    (name) => (name !== 'solar' || capabilities.pv) && (name !== 'battery' || capabilities.battery),
  );
  return (
    <figure className={classes.figure} data-stale={stale}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t('label')} className={classes.picture}>
        {flows.map((flow) => (
          <path key={flow.id} d={flow.path} className={classes.track} />
        ))}
        {!stale && flows.map((flow) => flow.active && <MovingFlow key={flow.id} flow={flow} />)}
        {nodes.map((name) => (
          <FlowNode key={name} name={name} state={state} quantities={quantities} label={t(name)} />
        ))}
      </svg>
      <details className={classes.details}>
        <summary>{t('asTable')}</summary>
        <FlowTable flows={flows} quantities={quantities} />
      </details>
    </figure>
  );
}

function MovingFlow({ flow }: { readonly flow: Flow }) {
  const motion = { offsetPath: `path("${flow.path}")`, animationDuration: `${flow.seconds}s` };
  return (
    <g data-source={flow.from} className={classes.flow}>
      <path d={flow.path} className={classes.line} strokeWidth={flow.width} />
      {[0, 1].map((nth) => (
        <circle
          key={nth}
          r={flow.width + 1.5}
          className={classes.dot}
          style={{ ...motion, animationDelay: `${(-nth * flow.seconds) / 2}s` }}
        />
      ))}
      <path d="M-5,-6 L5,0 L-5,6 Z" className={classes.arrow} style={{ offsetPath: motion.offsetPath }} />
    </g>
  );
}

function FlowNode(props: {
  readonly name: NodeName;
  readonly state: SiteState | null;
  readonly quantities: Quantities;
  readonly label: string;
}) {
  const { name, state, quantities, label } = props;
  const { x, y } = NODES[name];
  const labelY = name === 'battery' || name === 'loads' ? y + NODE_RADIUS + 22 : y - NODE_RADIUS - 12;
  const socPct = name === 'battery' ? (state?.batterySocPct ?? null) : null;
  const watts = state && wattsOf(name, state);
  return (
    <g data-node={name} className={classes.node}>
      <circle cx={x} cy={y} r={NODE_RADIUS} className={classes.disc} />
      {socPct !== null && (
        <circle
          cx={x}
          cy={y}
          r={NODE_RADIUS}
          pathLength={100}
          strokeDasharray={`${socPct} 100`}
          transform={`rotate(-90 ${x} ${y})`}
          className={classes.charge}
        />
      )}
      <GlyphAt name={GLYPHS[name]} x={x} y={y - 17} size={24} />
      <text x={x} y={y + 16} className={classes.value}>
        {quantities.powerKw(watts === null || watts === undefined ? null : Math.abs(watts))}
      </text>
      {socPct !== null && (
        <text x={x} y={y + 33} className={classes.minor}>
          {quantities.percent(socPct)}
        </text>
      )}
      <text x={x} y={labelY} className={classes.label}>
        {label}
      </text>
    </g>
  );
}

function wattsOf(name: NodeName, { power }: SiteState): number | null {
  switch (name) {
    case 'solar':
      return power.pvPowerW;
    case 'grid':
      return power.gridPowerW;
    case 'battery':
      return power.batteryPowerW;
    case 'house':
      return consumptionW(power);
    case 'loads':
      return power.managedLoadW;
  }
}

function FlowTable({
  flows,
  quantities,
}: {
  readonly flows: readonly Flow[];
  readonly quantities: Quantities;
}) {
  const t = useTranslations('flow');
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{t('from')}</th>
          <th scope="col">{t('to')}</th>
          <th scope="col">{t('power')}</th>
        </tr>
      </thead>
      <tbody>
        {flows.map(({ id, from, to, watts }) => (
          <tr key={id}>
            <td>{t(from)}</td>
            <td>{t(to)}</td>
            <td>{quantities.powerKw(watts)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
