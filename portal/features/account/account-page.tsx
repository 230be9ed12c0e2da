import type { ReactNode } from 'react';
import { Brand } from '../shell/brand.tsx';
import { LanguageSwitch, SchemeSwitch } from '../shell/preferences.tsx';
import classes from './account.module.css';

/** A page before sign-in: one thing to do, and the preferences that need no account. */
export function AccountPage(props: {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
}) {
  return (
    <div className={classes.page}>
      <main className={classes.card}>
        <Brand />
        <h1 className={classes.title}>{props.title}</h1>
        <p className={classes.lead}>{props.lead}</p>
        {props.children}
      </main>
      <footer className={classes.foot}>
        <LanguageSwitch />
        <SchemeSwitch />
      </footer>
    </div>
  );
}
