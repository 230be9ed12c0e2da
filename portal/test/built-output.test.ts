/** What a browser can fetch of the built portal holds no text of the server: no table, no query, no remedy of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const PORTAL = resolve(import.meta.dirname, '..');
const SERVER_ROOMS = ['server', 'signer', 'backup'];
/** What both sides may name, and browsers therefore get. */
const SHARED = ['features', 'contract', 'i18n', 'messages', '../broker/src/wire'];
/** Shorter texts may be anybody's. */
const SHORTEST_TELLING = 24;
const ENOUGH = 50;

test('nothing that the server says is in the files for the browser, and much of it in those of the server', () => {
  const shared = textOf(SHARED.map((folder) => join(PORTAL, folder)));
  const telling = [...new Set(literalsOf(textOf(SERVER_ROOMS.map((folder) => join(PORTAL, folder)))))].filter(
    (literal) => !shared.includes(literal),
  );
  const server = textOf([join(PORTAL, '.next/standalone/portal/.next/server')]);
  const browser = textOf([join(PORTAL, '.next/standalone/portal/.next/static')]);
  expect(telling.filter((literal) => server.includes(literal)).length).toBeGreaterThan(ENOUGH);
  expect(browser).toContain('/api/v1');
  expect(telling.filter((literal) => browser.includes(literal))).toEqual([]);
});

/** Texts in single quotes that a bundler leaves as they are. */
function literalsOf(source: string): string[] {
  const found = [...source.matchAll(/'([^'\\\n]+)'/g)].map(([, text]) => text ?? '');
  return found.filter((text) => text.length >= SHORTEST_TELLING && !/^(?:@|\.|node:)/.test(text));
}

function textOf(folders: readonly string[]): string {
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(?:tsx?|js|json|css)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}
