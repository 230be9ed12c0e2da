/** The broker lets a board in whose client id is its user name; every shipped text has to set it so. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const read = (file: string) =>
  readFileSync(path.resolve(import.meta.dirname, '../../off-the-shelf', file), 'utf8');

interface Call {
  readonly method: string;
  readonly params?: { readonly config?: Readonly<Record<string, unknown>> };
}

const shellyCalls = read('shelly.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => JSON.parse(line) as Call);

test('Tasmota: client id, user and topic are one id', () => {
  const settings = read('tasmota.txt').split('\n').at(-2)?.split(/;\s*/) ?? [];
  const settingOf = (name: string) =>
    settings
      .find((setting) => setting.includes(`${name} `))
      ?.split(' ')
      .at(-1);
  for (const name of ['Topic', 'MqttClient', 'MqttUser']) expect(settingOf(name)).toBe('<tasmota-id>');
});

test('ESPHome: client id, user and topic prefix are one id', () => {
  const text = read('esphome.yaml');
  for (const name of ['client_id', 'username', 'topic_prefix'])
    expect(text).toContain(`\n  ${name}: \${board}\n`);
});

test('Shelly: client id, user and topic prefix are one id, and the last call makes it so', () => {
  const { config } = shellyCalls.find(({ method }) => method === 'Mqtt.SetConfig')?.params ?? {};
  expect(config).toMatchObject({
    client_id: '<shelly-id>',
    user: '<shelly-id>',
    topic_prefix: '<shelly-id>',
  });
  // Presence is told by the Shelly itself; its status messages would only repeat what is asked for.
  expect(config).toMatchObject({ enable: true, rpc_ntf: true, status_ntf: false });
  expect(shellyCalls.at(-1)?.method).toBe('Shelly.Reboot');
});

test('the page beside them says so, and where a wrong one is shown', () => {
  const page = read('README.md');
  expect(page).toContain('client id');
  expect(page).toContain('user list');
});
