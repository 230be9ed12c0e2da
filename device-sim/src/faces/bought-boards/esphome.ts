/**
 * ESPHome with the configuration under hardware/off-the-shelf: switches `relay1`.., a lease of 90 s by a restarting
 * script, states retained by the component, a heartbeat of its own every 15 s.
 */
import type { Firmware, FirmwareFaults, Hardware } from './firmware.ts';

const LEASE_MS = 90_000;

export function esphomeFirmware(hardware: Hardware, faults: FirmwareFaults): Firmware {
  const { id, mac, relays } = hardware;
  const tell = (channel: number) =>
    hardware.publish(`${id}/switch/relay${channel}/state`, relays.isOn(channel) ? 'ON' : 'OFF', true);
  const put = (channel: number, on: boolean) =>
    relays.set(channel, on, faults.noLease ? null : hardware.uptimeMs() + LEASE_MS);
  return {
    will: { topic: `${id}/status`, payload: 'offline' },
    subscriptions: relays.channels.map((channel) => `${id}/switch/relay${channel}/command`),
    connected() {
      hardware.publish(`${id}/status`, 'online', true);
      const info = {
        ip: '192.168.1.40',
        name: id,
        port: 6053,
        version: '2026.6.5',
        mac,
        platform: 'ESP8266',
        board: 'esp12e',
      };
      hardware.publish(`esphome/discover/${id}`, JSON.stringify(info), true);
      for (const channel of relays.channels) tell(channel);
    },
    hear(topic, payload) {
      const channel = Number(/\/relay(\d+)\/command$/.exec(topic)?.[1]);
      if (faults.deaf) return;
      if (payload === 'ON' || payload === 'OFF') put(channel, payload === 'ON');
    },
    moved: tell,
    button: (channel) => void put(channel, !relays.isOn(channel)),
    heartbeat() {
      const states = relays.channels.map((channel) => [`relay${channel}`, relays.isOn(channel)]);
      const body = { uptimeMs: Math.floor(hardware.uptimeMs()), ...Object.fromEntries(states) };
      hardware.publish(`${id}/heartbeat`, JSON.stringify(body), false);
    },
  };
}
