'use client';

import { usePathname, useRouter } from 'next/navigation';
import { useEffect } from 'react';

/** Sends to sign-in, and afterwards back to where the person wanted to go. */
export function LeaveForSignIn() {
  const router = useRouter();
  const pathname = usePathname();
  useEffect(() => {
    router.replace(`/sign-in?next=${encodeURIComponent(pathname)}`);
  }, [pathname, router]);
  return null;
}
