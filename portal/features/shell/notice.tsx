import type { ReactNode } from 'react';
import { Glyph, type GlyphName } from './glyph.tsx';
import classes from './notice.module.css';

export type Tone = 'neutral' | 'good' | 'warning' | 'alert';

export interface NoticeProps {
  readonly tone: Tone;
  readonly title: string;
  readonly text?: ReactNode;
  readonly glyph?: GlyphName;
  readonly testId?: string;
  /** Announced by a screen reader when it appears. */
  readonly announce?: boolean;
  readonly children?: ReactNode;
}

/** One calm box for everything a person should know before the rest of the page. */
export function Notice({ tone, title, text, glyph, testId, announce = true, children }: NoticeProps) {
  return (
    <div
      className={classes.notice}
      data-tone={tone}
      data-testid={testId}
      role={announce ? (tone === 'alert' ? 'alert' : 'status') : undefined}
    >
      {glyph && <Glyph name={glyph} size={22} />}
      <div className={classes.words}>
        <p className={classes.title}>{title}</p>
        {text && <p className={classes.text}>{text}</p>}
        {children}
      </div>
    </div>
  );
}
