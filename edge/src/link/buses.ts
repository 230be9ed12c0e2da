/** The box's two connections: its edge credential on the home bus, its site credential on the cloud bus. */
import { type EdgeConfig, readSecret } from '../config.ts';
import { type BusNote, MqttBus } from './mqtt-bus.ts';

export interface Buses {
  readonly home: MqttBus;
  readonly cloud: MqttBus | null;
}

/** @throws StartError when a secret cannot be read */
export function openBuses(config: EdgeConfig, onNote: (bus: 'home' | 'cloud', note: BusNote) => void): Buses {
  const { homeBroker, cloudBroker, site } = config;
  const home = new MqttBus({
    url: homeBroker.url,
    credential: readSecret(homeBroker.secretFile, homeBroker.identity),
    onNote: (note) => onNote('home', note),
  });
  if (!cloudBroker) return { home, cloud: null };
  const cloud = new MqttBus({
    url: cloudBroker.url,
    credential: readSecret(cloudBroker.secretFile, cloudBroker.identity),
    will: { name: 'siteAvailability', ids: { siteId: site }, message: 'offline' },
    onNote: (note) => onNote('cloud', note),
  });
  return { home, cloud };
}
