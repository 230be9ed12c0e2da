import type { ReactNode } from 'react';
import { Glyph, type GlyphName } from '../shell/glyph.tsx';
import classes from './cockpit.module.css';

export interface FigureCardProps {
  readonly testId: string;
  readonly tone: 'solar' | 'battery' | 'grid' | 'house' | 'neutral';
  readonly glyph: GlyphName;
  readonly label: string;
  /** The figure and its unit, apart, so that the figure can stand out. */
  readonly value: string;
  readonly unit: string;
  readonly children?: ReactNode;
}

/** One number one looks for, and a line of what it means. */
export function FigureCard({ testId, tone, glyph, label, value, unit, children }: FigureCardProps) {
  return (
    <article className={classes.card} data-tone={tone} data-testid={testId} aria-label={label}>
      <p className={classes.cardLabel}>
        <Glyph name={glyph} size={18} />
        {label}
      </p>
      <p className={classes.cardValue}>
        {value}
        <span className={classes.cardUnit}>{unit}</span>
      </p>
      <div className={classes.cardNote}>{children}</div>
    </article>
  );
}
