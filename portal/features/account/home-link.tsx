'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';

export function HomeLink({ label }: { readonly label: string }) {
  return (
    <Button component={Link} href="/" fullWidth>
      {label}
    </Button>
  );
}
