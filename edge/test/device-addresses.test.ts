import { expect, test } from '@jest/globals';
import { withAddresses } from '../src/device-addresses.ts';
import { siteSettings } from '../src/settings/site-settings.ts';

const site = siteSettings.parse({
  name: 'Home',
  zone: 'Europe/Berlin',
  grid: { fuseA: 25 },
  devices: {
    meters: [
      {
        ...{ id: 'grid-meter', name: 'Grid', role: 'grid', profile: 'sdm630' },
        connection: { kind: 'modbus-tcp', host: 'meter.lan', port: 502, unit: 7, timeoutMs: 300 },
      },
      {
        ...{ id: 'load-meter', name: 'Loads', role: 'sub', profile: 'mqtt' },
        connection: { kind: 'mqtt', meterId: 'loads' },
      },
    ],
    inverters: [
      {
        ...{ id: 'hybrid', name: 'Hybrid', profile: 'sunspec' },
        connection: { kind: 'modbus-tcp', host: 'hybrid.lan' },
      },
    ],
  },
});

test('an address of edge.yaml counts before that of the settings; everything else stays', () => {
  const { devices } = withAddresses(site, { 'grid-meter': { host: '127.0.0.1', port: 5702 } });
  expect(devices.meters[0]).toEqual({
    ...site.devices.meters[0],
    connection: { kind: 'modbus-tcp', host: '127.0.0.1', port: 5702, unit: 7, timeoutMs: 300 },
  });
  expect(devices.meters[1]).toEqual(site.devices.meters[1]);
  expect(devices.inverters).toEqual(site.devices.inverters);
  expect(withAddresses(site, {})).toEqual(site);
});

test.each(['load-meter', 'sauna'])(
  'an address for "%s", which has none over TCP, is a mistake of the start',
  (id) => {
    expect(() => withAddresses(site, { [id]: { host: 'x', port: 1 } })).toThrow(
      expect.objectContaining({
        code: 'address-unknown',
        message: expect.stringContaining(`addresses.${id}`),
        remedy: 'Remove it, or name one of: grid-meter, hybrid.',
      }),
    );
  },
);
