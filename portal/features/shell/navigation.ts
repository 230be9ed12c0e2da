/**
 * What the navigation offers, from what the person may do. Nothing is shown that would answer "not found".
 */
import type { Permission } from '../../contract/api.ts';
import type { GlyphName } from './glyph.tsx';

export type PageName = 'cockpit' | 'history' | 'decisions' | 'approvals' | 'audit' | 'sites' | 'people';

export interface NavigationEntry {
  readonly page: PageName;
  readonly href: string;
  readonly glyph: GlyphName;
  /** On a phone the first five stand in the bottom bar. */
  readonly scope: 'site' | 'organisation';
}

const SITE_PAGES = [
  { page: 'cockpit', below: '', glyph: 'home', needs: 'view' },
  { page: 'history', below: '/history', glyph: 'chart', needs: 'view' },
  { page: 'decisions', below: '/decisions', glyph: 'list', needs: 'view' },
  { page: 'approvals', below: '/approvals', glyph: 'check', needs: 'view' },
  { page: 'audit', below: '/audit', glyph: 'shield', needs: 'audit' },
] as const satisfies readonly {
  page: PageName;
  below: string;
  glyph: GlyphName;
  needs: Permission;
}[];

export interface Place {
  readonly org: string;
  readonly site: string | null;
  readonly siteCount: number;
  readonly permissions: readonly Permission[];
}

export function navigation({ org, site, siteCount, permissions }: Place): NavigationEntry[] {
  const may = new Set(permissions);
  const entries: NavigationEntry[] = [];
  if (site) {
    for (const { page, below, glyph, needs } of SITE_PAGES)
      if (may.has(needs)) entries.push({ page, href: `/${org}/${site}${below}`, glyph, scope: 'site' });
  }
  if (siteCount !== 1 && may.has('view'))
    entries.push({ page: 'sites', href: `/${org}`, glyph: 'sites', scope: 'organisation' });
  if (may.has('people'))
    entries.push({ page: 'people', href: `/${org}/people`, glyph: 'people', scope: 'organisation' });
  return entries;
}
