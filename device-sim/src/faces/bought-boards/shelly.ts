/**
 * A Shelly Gen2 as it speaks: calls under `<id>/rpc`, answers to `<src>/rpc`, changes under `<id>/events/rpc`,
 * `<id>/online` retained. Status messages are off, as a new one has them. [Shelly Gen2 API, Switch and MQTT]
 */
import { type Firmware, type FirmwareFaults, type Hardware, objectIn } from './firmware.ts';

export function shellyFirmware(hardware: Hardware, faults: FirmwareFaults): Firmware {
  const { id, mac, relays, powerW } = hardware;
  const status = (channel: number) => ({
    id: channel - 1,
    output: relays.isOn(channel),
    ...(powerW ? { apower: relays.isOn(channel) ? powerW(channel) : 0, voltage: 230 } : {}),
  });
  const notify = (params: object) =>
    hardware.publish(
      `${id}/events/rpc`,
      JSON.stringify({ src: id, dst: `${id}/events`, method: 'NotifyStatus', params }),
      false,
    );
  const all = () => Object.fromEntries(relays.channels.map((c) => [`switch:${c - 1}`, status(c)]));
  const set = (params: Readonly<Record<string, unknown>>): object | null => {
    const channel = Number(params.id) + 1;
    if (!relays.channels.includes(channel) || typeof params.on !== 'boolean') return null;
    const was = relays.isOn(channel);
    const after = typeof params.toggle_after === 'number' && !faults.noLease ? params.toggle_after : null;
    if (!faults.deaf)
      relays.set(channel, params.on, after === null ? null : hardware.uptimeMs() + after * 1000);
    return { was_on: was };
  };
  const answer = (method: unknown, params: Readonly<Record<string, unknown>>): object | null => {
    switch (method) {
      case 'Shelly.GetDeviceInfo':
        return { id, mac: mac.toUpperCase(), model: 'SPSW-004PE16EU', gen: 2, ver: '1.4.4', app: 'Pro4PM' };
      case 'Shelly.GetStatus':
        return { sys: { mac: mac.toUpperCase(), uptime: Math.floor(hardware.uptimeMs() / 1000) }, ...all() };
      case 'Switch.Set':
        return set(params);
      default:
        return null;
    }
  };
  return {
    will: { topic: `${id}/online`, payload: 'false' },
    subscriptions: [`${id}/rpc`],
    connected() {
      hardware.publish(`${id}/online`, 'true', true);
      notify({ ts: 0, ...all() });
    },
    hear(_, payload) {
      const { id: call, src, method, params } = objectIn(payload);
      if (typeof src !== 'string') return;
      const result = answer(method, (params ?? {}) as Record<string, unknown>);
      const rest = result
        ? { result }
        : { error: { code: 404, message: `No handler for ${String(method)}` } };
      hardware.publish(`${src}/rpc`, JSON.stringify({ id: call, src: id, dst: src, ...rest }), false);
    },
    moved: (channel) => notify({ ts: 0, [`switch:${channel - 1}`]: status(channel) }),
    button: (channel) => void relays.set(channel, !relays.isOn(channel)),
    heartbeat() {},
  };
}
