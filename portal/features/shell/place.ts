'use client';

import { useParams } from 'next/navigation';

/** Where the person is, read from the address. */
export function usePlace(): { readonly org: string; readonly site: string | null } {
  const params = useParams<{ org?: string; site?: string }>();
  return { org: params.org ?? '', site: params.site ?? null };
}

/** The same on the pages of one site. */
export function useSitePlace(): { readonly org: string; readonly site: string } {
  const { org, site } = usePlace();
  return { org, site: site ?? '' };
}
