import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { loadConfig, readSecret } from '../src/config.ts';
import { StartError } from '../src/start-error.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'edge-config-'));
afterAll(() => rmSync(dir, { recursive: true }));

const GOOD = {
  site: 'home-1',
  dataDir: 'box',
  siteSettings: 'site.yaml',
  homeBroker: { url: 'mqtt://127.0.0.1:1883', identity: 'edge-home-1', secretFile: 'secrets/edge.json' },
  cloudBroker: { url: 'mqtts://cloud.example:8883', identity: 'home-1', secretFile: '/etc/site.json' },
  history: { url: 'http://127.0.0.1:8086', org: 'home', bucket: 'wattward', tokenFile: 'token' },
  setpointKeys: [{ id: 'portal', file: 'key.pub', kinds: ['peak-threshold', 'load'] }],
};

let files = 0;
function written(text: string): string {
  files += 1;
  const file = path.join(dir, `edge-${files}.yaml`);
  writeFileSync(file, text);
  return file;
}

function mistakeOf(run: () => unknown): StartError {
  try {
    run();
  } catch (cause) {
    if (cause instanceof StartError) return cause;
    throw cause;
  }
  throw new Error('nothing was wrong');
}

describe('edge.yaml', () => {
  test('is read with its defaults, and paths count from its own folder', () => {
    const config = loadConfig(written(stringify(GOOD)));
    expect(config).toMatchObject({
      cycleMs: 1000,
      recordMs: 10_000,
      clock: null,
      dataDir: path.join(dir, 'box'),
      siteSettings: path.join(dir, 'site.yaml'),
      homeBroker: { secretFile: path.join(dir, 'secrets/edge.json') },
      cloudBroker: { secretFile: '/etc/site.json' },
      setpointKeys: [{ id: 'portal', file: path.join(dir, 'key.pub'), kinds: ['peak-threshold', 'load'] }],
    });
  });

  test('device addresses are checked like everything else', () => {
    const addresses = { 'grid-meter': { host: '10.0.0.7', port: 5702 } };
    expect(loadConfig(written(stringify({ ...GOOD, addresses }))).addresses).toEqual(addresses);
    const file = written(stringify({ ...GOOD, addresses: { 'grid-meter': { host: '', port: 70_000 } } }));
    const { message } = mistakeOf(() => loadConfig(file));
    expect(message).toContain('addresses.grid-meter.host: does not fit');
    expect(message).toContain('addresses.grid-meter.port: does not fit');
  });

  test('a set-point key names its id, its file and its kinds; each mistake has its path and what is expected', () => {
    const keys = [
      'key.pub',
      { id: 'portal', file: 'key.pub' },
      { id: 'operator', file: 'operator.pub', kinds: ['import-limit', 'lights'] },
      { id: 'operator', file: 'other.pub', kinds: [] },
    ];
    const { message } = mistakeOf(() => loadConfig(written(stringify({ ...GOOD, setpointKeys: keys }))));
    expect(message.split('\n  ').slice(1)).toEqual([
      expect.stringMatching(/^setpointKeys\.0: does not fit; expected is a key with .*\{ id: portal, file: /),
      expect.stringMatching(
        /^setpointKeys\.1\.kinds: is missing; expected is a list of what this key may send/,
      ),
      expect.stringMatching(/^setpointKeys\.2\.kinds\.1: does not fit; expected is one of peak-threshold, /),
      expect.stringMatching(/^setpointKeys\.3\.kinds: does not fit; expected is a list of what this key/),
    ]);
    const twice = [1, 2].map((n) => ({ id: 'portal', file: `key-${n}.pub`, kinds: ['load'] }));
    expect(
      mistakeOf(() => loadConfig(written(stringify({ ...GOOD, setpointKeys: twice })))).message,
    ).toContain('setpointKeys.1.id: "portal" is taken; give each key an id of its own');
  });

  test('works without cloud and history', () => {
    const { cloudBroker: _, history: __, ...rest } = GOOD;
    expect(loadConfig(written(stringify(rest)))).toMatchObject({ cloudBroker: null, history: null });
  });

  test('reports every mistake at once, each with its path and what is expected', () => {
    const { dataDir: _, ...rest } = GOOD;
    const file = written(
      stringify({
        ...rest,
        site: 'Home 1',
        homeBroker: { ...GOOD.homeBroker, url: 'http://127.0.0.1' },
        cycleMs: 5,
        colour: 'blue',
        clock: { speed: 0, anchorRealMs: 1, anchorSiteMs: 1 },
      }),
    );
    const { code, message, remedy } = mistakeOf(() => loadConfig(file));
    expect(code).toBe('config-invalid');
    expect(message).toContain('has 6 mistakes');
    for (const line of [
      'site: does not fit; expected is an id',
      'dataDir: is missing; expected is a path',
      'homeBroker.url: does not fit; expected is an address that begins with mqtt://',
      'cycleMs: does not fit; expected is a number from 100 to 60000',
      'clock.speed: does not fit; expected is a speed',
      'colour: is not known here',
    ]) {
      expect(message).toContain(line);
    }
    expect(remedy).toMatch(/Mend all/);
  });

  test('broken YAML is named with its line', () => {
    const file = written('site: home-1\ndataDir: [1\nhomeBroker: {}\n');
    expect(mistakeOf(() => loadConfig(file)).message).toMatch(
      new RegExp(`${file}:\\d+: not readable as YAML`),
    );
  });

  test('a file that is not there, and an empty one, are each one clear sentence', () => {
    expect(mistakeOf(() => loadConfig(path.join(dir, 'none.yaml')))).toMatchObject({
      code: 'config-unreadable',
      message: expect.stringContaining('cannot be read (ENOENT)'),
    });
    expect(mistakeOf(() => loadConfig(written('')))).toMatchObject({ code: 'config-invalid' });
  });
});

describe('a secret file', () => {
  const secret = (text: string) => {
    const file = written(text);
    chmodSync(file, 0o600);
    return file;
  };

  test('gives identity and secret', () => {
    const file = secret(JSON.stringify({ id: 'edge-home-1', role: 'edge', secret: 's3cret' }));
    expect(readSecret(file, 'edge-home-1')).toEqual({ id: 'edge-home-1', secret: 's3cret' });
  });

  test.each([
    ['of another identity', JSON.stringify({ id: 'edge-home-2', secret: 'x' }), 'secret-foreign'],
    ['that is no JSON', 'password', 'secret-invalid'],
    ['without a secret', JSON.stringify({ id: 'edge-home-1' }), 'secret-invalid'],
  ])('%s is refused without showing its content', (_, text, code) => {
    const mistake = mistakeOf(() => readSecret(secret(text), 'edge-home-1'));
    expect(mistake.code).toBe(code);
    expect(`${mistake.message} ${mistake.remedy}`).not.toContain('password');
  });
});
