import { afterEach, expect, test } from '@jest/globals';
import { MqttMeter } from '../../src/devices/mqtt-meter.ts';
import { homeBroker, METER } from './home-broker.ts';
import { until } from './modbus-server.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

test('a meter on the home bus fails until it is heard for the first time', async () => {
  const broker = await homeBroker();
  open.push(() => broker.close());
  const [box, sender] = [broker.bus('edge-home-1'), broker.bus(METER)];
  const clock = {
    ...{ speed: 1, wallMs: () => Date.now(), monoMs: () => performance.now() },
    ...{ wallTrusted: () => true, sleep: () => Promise.resolve() },
  };
  const meter = new MqttMeter({ id: METER, bus: box, clock });
  for (const bus of [box, sender]) {
    open.push(() => bus.end());
    bus.start();
  }
  expect(meter.failure()).toMatchObject({ why: `${METER} has not been heard` });
  let seq = 0;
  await until('a reading', () => {
    seq += 1;
    void sender.publish('meterReading', { meterId: METER }, { v: 1, seq, signals: { powerW: 57 } });
    return meter.readings() !== null;
  });
  expect(meter.readings()?.values).toEqual({ powerW: 57 });
  expect(meter.failure()).toBeNull();
});
