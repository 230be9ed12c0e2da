/**
 * Tasmota as it speaks: commands under `cmnd/<id>/`, answers under `stat/<id>/RESULT`, a state every TelePeriod,
 * discovery and last will retained. `PulseTime` lies in flash and outlives a power cut. [tasmota/docs MQTT.md]
 */
import type { Firmware, FirmwareFaults, Hardware } from './firmware.ts';

/** As hardware/off-the-shelf/tasmota.txt sets it: 100 + 90 s. */
const PULSE_AS_SET_UP = 190;

export function tasmotaFirmware(
  hardware: Hardware,
  faults: FirmwareFaults,
  flash: { pulse?: number[] } = {},
): Firmware {
  const { id, mac, relays } = hardware;
  flash.pulse ??= relays.channels.map(() => PULSE_AS_SET_UP);
  const pulse = flash.pulse;
  const result = (value: object) => hardware.publish(`stat/${id}/RESULT`, JSON.stringify(value), false);
  const word = (channel: number) => (relays.channels.length === 1 ? 'POWER' : `POWER${channel}`);
  const state = () => ({
    Uptime: '0T00:00:00',
    UptimeSec: Math.floor(hardware.uptimeMs() / 1000),
    Heap: 25,
    ...Object.fromEntries(relays.channels.map((c) => [word(c), relays.isOn(c) ? 'ON' : 'OFF'])),
  });
  const lease = (channel: number): number | null => {
    const set = pulse[channel - 1] ?? 0;
    if (set === 0 || faults.noLease) return null;
    return hardware.uptimeMs() + (set >= 112 ? (set - 100) * 1000 : set * 100);
  };
  const power = (channel: number, text: string) => {
    const wanted = { ON: true, '1': true, OFF: false, '0': false, TOGGLE: !relays.isOn(channel) }[
      text.toUpperCase()
    ];
    if (wanted !== undefined && relays.isOn(channel) === wanted) {
      relays.set(channel, wanted, lease(channel));
      echo(channel);
    } else if (wanted !== undefined) relays.set(channel, wanted, lease(channel));
    else echo(channel);
  };
  const echo = (channel: number) => {
    const text = relays.isOn(channel) ? 'ON' : 'OFF';
    result({ [word(channel)]: text });
    hardware.publish(`stat/${id}/${word(channel)}`, text, false);
  };
  const pulseTime = (channel: number, text: string) => {
    if (/^\d+$/.test(text)) pulse[channel - 1] = Number(text);
    const left = Math.round(relays.leftMs(channel, hardware.uptimeMs()) / 1000);
    result({ [`PulseTime${channel}`]: { Set: pulse[channel - 1] ?? 0, Remaining: left } });
  };
  /** Off (SetOption19 1) where the topic is not made from the MAC: nobody would listen there. */
  const discovery = () => {
    const MAC = mac.toUpperCase();
    if (!id.endsWith(mac)) return;
    const config = {
      dn: id,
      mac: MAC,
      md: 'ESP12F 4 relays',
      sw: '14.2.0',
      t: id,
      ft: '%prefix%/%topic%/',
    };
    const rl = Array.from({ length: 8 }, (_, i) => (i < relays.channels.length ? 1 : 0));
    hardware.publish(`tasmota/discovery/${MAC}/config`, JSON.stringify({ ...config, rl, ver: 1 }), true);
  };
  return {
    will: { topic: `tele/${id}/LWT`, payload: 'Offline' },
    subscriptions: [`cmnd/${id}/+`],
    connected() {
      hardware.publish(`tele/${id}/LWT`, 'Online', true);
      discovery();
      hardware.publish(`tele/${id}/STATE`, JSON.stringify(state()), false);
    },
    hear(topic, payload) {
      const command = topic.split('/').at(-1)?.toUpperCase() ?? '';
      const channel = Number(/(\d+)$/.exec(command)?.[1] ?? 1);
      if (!relays.channels.includes(channel)) return;
      if (command.startsWith('POWER') && !faults.deaf) power(channel, payload);
      else if (command.startsWith('PULSETIME')) pulseTime(channel, payload);
      else if (command === 'STATE') result(state());
      else if (command === 'STATUS' && payload === '5') {
        const Mac = mac.toUpperCase().replace(/(..)(?!$)/g, '$1:');
        hardware.publish(`stat/${id}/STATUS5`, JSON.stringify({ StatusNET: { Hostname: id, Mac } }), false);
      }
    },
    moved: echo,
    button: (channel) => power(channel, 'TOGGLE'),
    heartbeat: () => hardware.publish(`tele/${id}/STATE`, JSON.stringify(state()), false),
  };
}
