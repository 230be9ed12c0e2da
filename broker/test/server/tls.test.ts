import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IClientOptions } from 'mqtt';
import type { Login } from '../../bench/packets.ts';
import {
  initAuthority,
  issueClientCertificate,
  readAuthority,
  writePair,
} from '../../src/access/authority-files.ts';
import { type CertifiedKey, createAuthority, issueCertificate } from '../../src/access/certificate.ts';
import type { IssuedSecret } from '../../src/access/credential.ts';
import { addCredential, revokeCredential } from '../../src/access/credentials-file.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { RawClient, refusalOf, TestClient } from './mqtt-clients.ts';

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined;
const hasMosquitto = spawnSync('mosquitto_pub', ['--help']).error === undefined;
const SETPOINT = 'wattward/v1/site/home-1/setpoint';

let dir = '';
let broker: Broker;
let urls: readonly string[] = [];
let authority: CertifiedKey;
let site: IssuedSecret;
let own: CertifiedKey;

/** A client that shows a certificate and sends no secret. */
async function openWithCertificate(url: string, id: string, pair: CertifiedKey): Promise<TestClient> {
  return await TestClient.open(url, { id, secret: '' }, withCertificate(pair));
}

function withCertificate({ certificate, key }: CertifiedKey, ca = authority.certificate): IClientOptions {
  return { ca, cert: certificate, key, password: undefined as unknown as string };
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'tls-'));
  await initAuthority(dir, ['127.0.0.1', '::1', 'localhost']);
  authority = await readAuthority(dir);
  site = await addCredential(dir, { id: 'home-1', role: 'site' });
  await addCredential(dir, { id: 'home-2', role: 'site' });
  own = await issueClientCertificate(dir, 'home-1');
  broker = await startBroker({ dataDir: dir, host: '127.0.0.1', port: 0, tlsPort: 0, wssPort: 0 });
  urls = [`mqtts://127.0.0.1:${broker.tlsPort}`, `wss://127.0.0.1:${broker.wssPort}`];
});
afterAll(async () => {
  await broker.close();
  await rm(dir, { recursive: true });
});

describe('who comes over TLS', () => {
  test('opens with a secret, over a socket or a WebSocket', async () => {
    for (const url of urls) {
      const client = await TestClient.open(url, site, { ca: authority.certificate });
      expect(await client.subscribe(SETPOINT)).toBe(1);
      await client.end();
    }
  });

  test('opens with its certificate alone, and has the same rights and limits', async () => {
    for (const url of urls) {
      const client = await openWithCertificate(url, 'home-1', own);
      expect(await client.subscribe(SETPOINT)).toBe(1);
      expect(await client.subscribe('wattward/v1/site/home-2/setpoint')).toBe(128);
      await client.end();
    }
  });

  test('with a certificate and a wrong secret is refused: what is shown has to be right', async () => {
    const options = { ...withCertificate(own), password: 'wrong' };
    expect(await refusalOf(urls[0] ?? '', { id: 'home-1', secret: 'wrong' }, options)).toContain(
      'Bad username',
    );
  });

  test.each<[string, () => Promise<[Login, CertifiedKey]> | [Login, CertifiedKey]]>([
    ["another identity's certificate", () => [{ id: 'home-2', secret: '' }, own]],
    [
      'a certificate for its name from a foreign authority',
      () => [site, issueCertificate(createAuthority('foreign', new Date()), client('home-1'), new Date())],
    ],
    ['a certificate that signed itself', () => [site, createAuthority('home-1', new Date())]],
    [
      'a certificate of the right authority that was never registered',
      () => [site, issueCertificate(authority, client('home-1'), new Date())],
    ],
    [
      'a certificate that has expired',
      () => [site, issueCertificate(authority, client('home-1'), new Date('2001-01-01'))],
    ],
  ])('with %s is refused, even with the right secret', async (_, draw) => {
    const [login, pair] = await draw();
    for (const url of urls) {
      const options = { ...withCertificate(pair), password: login.secret };
      expect(await refusalOf(url, login, options)).not.toBe('accepted');
    }
  });

  test('does not trust a broker whose authority it does not know', async () => {
    const foreign = createAuthority('foreign', new Date()).certificate;
    expect(await refusalOf(urls[0] ?? '', site, { ca: foreign })).toMatch(/certificate|signature/i);
  });

  test('speaks TLS 1.3 or not at all', async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connectTls({
        port: broker.tlsPort ?? 0,
        host: '127.0.0.1',
        ca: authority.certificate,
        maxVersion: 'TLSv1.2',
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', (error) => resolve(String(error)));
    });
    expect(outcome).toMatch(/protocol version/i);
  });
});

test('plain bytes on a TLS port are cut off, and the port goes on', async () => {
  for (const port of [broker.tlsPort, broker.wssPort]) {
    const raw = await RawClient.open(port ?? 0);
    raw.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await raw.ended;
  }
  const client = await TestClient.open(urls[0] ?? '', site, { ca: authority.certificate });
  await client.end();
});

test('a certificate is void once a newer one is issued, and once its identity is revoked', async () => {
  await addCredential(dir, { id: 'home-3', role: 'site' });
  const first = await issueClientCertificate(dir, 'home-3');
  const second = await issueClientCertificate(dir, 'home-3');
  const url = urls[0] ?? '';
  let client: TestClient | undefined;
  while (!client) client = await openWithCertificate(url, 'home-3', second).catch(() => undefined);
  expect(await refusalOf(url, { id: 'home-3', secret: '' }, withCertificate(first))).not.toBe('accepted');
  await revokeCredential(dir, 'home-3');
  await client.closed();
  expect(await refusalOf(url, { id: 'home-3', secret: '' }, withCertificate(second))).not.toBe('accepted');
});

test('private keys are readable by their owner only', async () => {
  for (const name of ['authority.key', 'broker.key']) {
    expect((await stat(path.join(dir, 'ca', name))).mode & 0o777).toBe(0o600);
  }
});

test('making the authority again keeps the root and renews the certificate of the broker', async () => {
  const before = await readFile(path.join(dir, 'ca', 'broker.pem'), 'utf8');
  await initAuthority(dir, ['127.0.0.1']);
  expect(await readAuthority(dir)).toEqual(authority);
  expect(await readFile(path.join(dir, 'ca', 'broker.pem'), 'utf8')).not.toBe(before);
});

(hasOpenssl ? test : test.skip)(
  'openssl finds the chains in order (skipped where it is not installed)',
  async () => {
    await writePair(dir, 'client', own);
    await writeFile(path.join(dir, 'root.pem'), authority.certificate);
    const verify = (purpose: string, file: string) =>
      spawnSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', `${dir}/root.pem`, file],
        {
          encoding: 'utf8',
        },
      );
    expect(verify('sslclient', `${dir}/client.pem`).stdout).toContain(': OK');
    expect(verify('sslserver', `${dir}/ca/broker.pem`).stdout).toContain(': OK');
    expect(verify('sslserver', `${dir}/client.pem`).status).not.toBe(0);
  },
);

(hasMosquitto ? test : test.skip)(
  'mosquitto_pub comes in with the right root only (skipped where not installed)',
  async () => {
    await writePair(dir, 'client', own);
    await writeFile(path.join(dir, 'root.pem'), authority.certificate);
    await writeFile(path.join(dir, 'foreign.pem'), createAuthority('foreign', new Date()).certificate);
    const publish = async (...more: string[]) => {
      const words = [
        '-p',
        String(broker.tlsPort),
        '-h',
        '127.0.0.1',
        '-i',
        'home-1',
        '-q',
        '1',
        '-m',
        '{"v":1,"seq":1}',
      ];
      const child = spawn('mosquitto_pub', [...words, '-t', 'wattward/v1/site/home-1/event', ...more], {
        stdio: 'ignore',
      });
      return await new Promise((resolve) => {
        child.once('close', resolve);
      });
    };
    const secret = ['-u', 'home-1', '-P', site.secret];
    expect(await publish('--cafile', `${dir}/root.pem`, ...secret)).toBe(0);
    expect(
      await publish(
        '--cafile',
        `${dir}/root.pem`,
        '--cert',
        `${dir}/client.pem`,
        '--key',
        `${dir}/client.key`,
      ),
    ).toBe(0);
    expect(await publish('--cafile', `${dir}/foreign.pem`, ...secret)).not.toBe(0);
    expect(await publish('--cafile', `${dir}/root.pem`, '-u', 'home-1', '-P', 'wrong')).not.toBe(0);
  },
);

function client(name: string): { readonly kind: 'client'; readonly name: string } {
  return { kind: 'client', name };
}
