/**
 * What the Moddable SDK is given: the manifests and the built modules. The SDK itself is not at hand here; what its
 * linker needs, and what was measured with it (8.2.3), is held to as facts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Node, parseSync } from 'oxc-parser';
import { firmwareModules } from '../../build-firmware.ts';
import { MODULES } from './built-firmware.ts';

const FIRMWARE = path.resolve(import.meta.dirname, '../../firmware');
const GUIDE = readFileSync(path.join(FIRMWARE, 'README.md'), 'utf8');

interface Manifest {
  readonly include: readonly string[];
  readonly modules: Readonly<Record<string, string | readonly string[]>>;
  readonly preload: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly creation: Readonly<Record<string, unknown>>;
}

function manifest(file: string): Manifest {
  return JSON.parse(readFileSync(path.join(FIRMWARE, file), 'utf8'));
}

const PLAIN = manifest('manifest.json');
const UPDATE = manifest('update/manifest.json');

/** Which manifest of SDK 8.2.3 brings a module to the ESP8266. `mc/config` is made by its build. */
const BROUGHT_BY: Readonly<Record<string, string>> = {
  crypt: '$(MODULES)/crypt/digest/manifest.json',
  'embedded:io/socket/tcp': '$(MODULES)/io/manifest.json',
  'embedded:network/mqtt/client': '$(MODDABLE)/examples/io/tcp/mqttclient/manifest_mqttclient.json',
  'embedded:storage/flash': '$(MODDABLE)/modules/io/flash/manifest.json',
  'embedded:update': '$(MODDABLE)/modules/io/update/manifest.json',
  http: '$(MODULES)/network/http/manifest.json',
  instrumentation: '$(MODULES)/base/instrumentation/manifest.json',
  net: '$(MODDABLE)/examples/manifest_net.json',
  preference: '$(MODULES)/files/preference/manifest.json',
  system: '$(MODULES)/io/manifest.json',
  time: '$(MODDABLE)/examples/manifest_base.json',
  timer: '$(MODDABLE)/examples/manifest_base.json',
  wifi: '$(MODULES)/network/wifi/manifest.json',
};

const parsed = (name: string) => parseSync(`${name}.js`, MODULES.get(name) ?? '').program;

function importsOf(name: string): readonly string[] {
  return parsed(name).body.flatMap((s) => (s.type === 'ImportDeclaration' ? [s.source.value] : []));
}

/** Names of the built modules that a manifest names by file. */
function builtIn({ modules }: Manifest): readonly string[] {
  return [modules['*'] ?? []].flat().map((file) => path.basename(file));
}

function missing(main: string, includes: readonly string[], own: readonly string[]): readonly string[] {
  return importsOf(main).filter((name) => {
    if (name === 'mc/config' || own.includes(name)) return false;
    const by = BROUGHT_BY[name];
    return by === undefined || !includes.includes(by);
  });
}

/** Kinds of nodes that are executed when the module loads: functions are not entered, instance fields neither. */
function loadTimeKinds(name: string): readonly string[] {
  const kinds: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    else if (isNode(node)) {
      if (/Function/.test(node.type)) return;
      if (node.type === 'PropertyDefinition' && 'static' in node && !node.static) return;
      const isRegExp = node.type === 'Literal' && 'regex' in node;
      kinds.push(isRegExp ? 'RegExpLiteral' : node.type);
      Object.values(node).forEach(visit);
    }
  };
  visit(parsed(name).body);
  return kinds;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

const DOING = [
  'CallExpression',
  'NewExpression',
  'TaggedTemplateExpression',
  'AwaitExpression',
  'RegExpLiteral',
];

describe('the manifest', () => {
  test('names files that the build makes, and the SDK`s manifest for every module that the wiring imports', () => {
    const own = [...builtIn(PLAIN), ...Object.keys(PLAIN.modules)];
    expect(builtIn(PLAIN)).toEqual(['main', 'relay-firmware']);
    expect(builtIn(PLAIN).every((name) => MODULES.has(name))).toBe(true);
    expect(missing('main', PLAIN.include, own)).toEqual([]);
    expect(PLAIN.modules['dns/server']).toBe('$(MODULES)/network/dns/dnsserver');
  });

  test('links everything but the wiring ahead of time: what runs natives at load cannot be, what is left out eats memory', () => {
    expect(PLAIN.preload).toEqual(['relay-firmware', 'dns/server']);
    expect(loadTimeKinds('main')).toEqual(expect.arrayContaining(['NewExpression', 'CallExpression']));
  });

  test('gives XS the memory that it was measured to need', () => {
    expect(PLAIN.creation).toEqual({
      static: 36_864,
      chunk: { initial: 6144, incremental: 1024 },
      heap: { initial: 1024, incremental: 64 },
      stack: 320,
      keys: { name: 53, symbol: 3 },
      main: 'main',
    });
  });

  test('has no update in the image that everybody flashes: SDK 8.2.3 refuses it, and it would be dead weight', () => {
    const images = [...builtIn(PLAIN), ...PLAIN.include, ...importsOf('main')].join(' ');
    expect(images).not.toMatch(/update|storage\/flash/);
    expect(MODULES.get('relay-firmware')).not.toMatch(/ed25519|verifying|UpdateService/i);
    expect(Object.keys(PLAIN.config)).toEqual(['board', 'log']);
  });

  test('of the image with updates adds the SDK`s own module, by which an SDK without it refuses to build', () => {
    const own = [...builtIn(UPDATE), ...builtIn(PLAIN), ...Object.keys(PLAIN.modules)];
    expect(UPDATE.include[0]).toBe('../manifest.json');
    expect(UPDATE.creation).toEqual({ main: 'update-main' });
    expect(builtIn(UPDATE).every((name) => MODULES.has(name))).toBe(true);
    expect(missing('update-main', [...PLAIN.include, ...UPDATE.include], own)).toEqual([]);
    expect(UPDATE.preload).toEqual(['relay-update']);
  });
});

describe('the module that lies in flash', () => {
  test('imports nothing, so that it is linked without the chip', () => {
    expect(importsOf('relay-firmware')).toEqual([]);
  });

  test('does nothing when it loads: no call, no object made, no regular expression', () => {
    expect(loadTimeKinds('relay-firmware').filter((kind) => DOING.includes(kind))).toEqual([]);
  });

  test.each(['relay-firmware', 'relay-update'])('%s has no regular expression outside a function', (name) => {
    expect(loadTimeKinds(name)).not.toContain('RegExpLiteral');
  });

  test.each(['relay-firmware', 'relay-update'])(
    '%s declares nothing that might be assigned later',
    (name) => {
      const kinds = parsed(name).body.flatMap((s) => (s.type === 'VariableDeclaration' ? [s.kind] : []));
      expect(new Set(kinds)).toEqual(new Set(['const']));
    },
  );

  test('stays within what the guide says of its size', () => {
    const minified = firmwareModules({ minify: true });
    const kilobytes = (name: string) => Buffer.byteLength(minified.get(name) ?? '') / 1024;
    const stated = (row: RegExp) => Number(row.exec(GUIDE)?.[1]);
    const firmware = stated(/`relay-firmware`, minified source \| ([\d.]+) kB/);
    expect(kilobytes('relay-firmware')).toBeLessThanOrEqual(firmware);
    expect(kilobytes('relay-firmware')).toBeGreaterThan(firmware * 0.9);
    expect(kilobytes('main')).toBeLessThanOrEqual(stated(/`main`, minified source \| ([\d.]+) kB/));
  });
});
