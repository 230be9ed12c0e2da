import { join } from 'node:path';
import type { NextConfig } from 'next';

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
  experimental: { optimizePackageImports: ['@mantine/core', '@mantine/hooks', '@mantine/charts'] },
};

export default config;
