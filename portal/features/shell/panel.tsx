import type { ReactNode } from 'react';
import classes from './panel.module.css';

/** Heading of a page, with what belongs beside it. */
export function PageHeading(props: {
  readonly title: string;
  readonly lead?: string;
  readonly aside?: ReactNode;
}) {
  return (
    <header className={classes.heading}>
      <div>
        <h1 className={classes.title}>{props.title}</h1>
        {props.lead && <p className={classes.lead}>{props.lead}</p>}
      </div>
      {props.aside && <div className={classes.aside}>{props.aside}</div>}
    </header>
  );
}

export interface PanelProps {
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly testId?: string;
  /** Without inner margin, for a table that runs to the edge. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

export function Panel({ title, aside, testId, flush = false, children }: PanelProps) {
  return (
    <section className={classes.panel} data-flush={flush} data-testid={testId} aria-label={title}>
      {(title || aside) && (
        <div className={classes.bar}>
          {title && <h2 className={classes.panelTitle}>{title}</h2>}
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

export type BadgeTone = 'neutral' | 'solar' | 'battery' | 'grid' | 'house' | 'alert';

export function Tag(props: {
  readonly tone?: BadgeTone;
  readonly testId?: string;
  readonly children: ReactNode;
}) {
  return (
    <span className={classes.tag} data-tone={props.tone ?? 'neutral'} data-testid={props.testId}>
      {props.children}
    </span>
  );
}
