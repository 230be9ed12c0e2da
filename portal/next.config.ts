import { join } from 'node:path';
import type { NextConfig } from 'next';
import createNextIntlPlugin from 'next-intl/plugin';

const SECURITY_HEADERS = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
];
/** Answers that are no pages; those have a policy of their own with a nonce each (`proxy.ts`). */
const NO_PAGE = [{ key: 'Content-Security-Policy', value: "default-src 'none'; frame-ancestors 'none'" }];
/** For browsers that came by TLS: a year, RFC 6797. Over plain http they pass over it. */
const ONLY_TLS = [{ key: 'Strict-Transport-Security', value: 'max-age=31536000' }];

const config: NextConfig = {
  output: 'standalone',
  outputFileTracingRoot: join(import.meta.dirname, '..'),
  turbopack: { root: join(import.meta.dirname, '..') },
  transpilePackages: ['@wattward/broker'],
  serverExternalPackages: ['mqtt', 'kysely', '@influxdata/influxdb-client'],
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run check` type-checks everything; a build at first start need not do it again.
  typescript: { ignoreBuildErrors: true, tsconfigPath: 'tsconfig.next.json' },
  experimental: { optimizePackageImports: ['@mantine/core', '@mantine/hooks'] },
  headers: async () => [
    { source: '/(.*)', headers: SECURITY_HEADERS },
    { source: '/(api|_next)/(.*)', headers: NO_PAGE },
    {
      source: '/(.*)',
      has: [{ type: 'header', key: 'x-forwarded-proto', value: '(https.*)' }],
      headers: ONLY_TLS,
    },
  ],
};

export default createNextIntlPlugin('./i18n/request.ts')(config);
