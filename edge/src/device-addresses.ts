/**
 * Where devices are reached from this machine. The site settings say it for the home; `addresses` of `edge.yaml`
 * counts before them, so that the same settings serve behind another router, or beside a simulator on other ports.
 */
import type { EdgeConfig } from './config.ts';
import type { SiteSettings } from './settings/site-settings.ts';
import { StartError } from './start-error.ts';

/** The settings with the addresses of `edge.yaml` in place. @throws StartError for a device that is not there. */
export function withAddresses(site: SiteSettings, addresses: EdgeConfig['addresses']): SiteSettings {
  const { meters, inverters } = site.devices;
  const reached = [...meters, ...inverters].filter(({ connection }) => connection.kind === 'modbus-tcp');
  const unknown = Object.keys(addresses).filter((id) => !reached.some((device) => device.id === id));
  if (unknown.length > 0) {
    throw new StartError(
      'address-unknown',
      unknown
        .map((id) => `addresses.${id}: no meter or inverter of this id is reached over TCP`)
        .join('\n  '),
      `Remove it, or name one of: ${reached.map(({ id }) => id).join(', ') || 'none'}.`,
    );
  }
  const moved = <D extends { readonly id: string; readonly connection: { readonly kind: string } }>(
    device: D,
  ): D => {
    const address = addresses[device.id];
    return address ? { ...device, connection: { ...device.connection, ...address } } : device;
  };
  return {
    ...site,
    devices: { ...site.devices, meters: meters.map(moved), inverters: inverters.map(moved) },
  };
}
