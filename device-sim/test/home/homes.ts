/** Homes for tests, read from the shipped files. */
import path from 'node:path';
import { readHome } from '../../src/home/home-file.ts';
import type { Home } from '../../src/home/schema.ts';

export const HOMES_DIR = path.resolve(import.meta.dirname, '../../homes');

export function defaultHome(): Home {
  return readHome(path.join(HOMES_DIR, 'default.yaml'));
}

export function peakHome(): Home {
  return readHome(path.join(HOMES_DIR, 'peak.yaml'));
}

/** 2026-06-15 10:00 in Berlin. */
export const JUNE_MORNING_MS = Date.parse('2026-06-15T08:00:00Z');
