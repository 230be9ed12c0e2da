/** The modules that the devices of a home need besides the box itself: one that is missing is told at the start. */
import { loadSerialModule } from './devices/serial-port.ts';
import { failureOf } from './registers/device-failure.ts';
import type { SiteSettings } from './settings/site-settings.ts';
import { StartError } from './start-error.ts';

/** @throws StartError with the name of the module, why it does not load, and what to do. */
export async function loadDeviceModules({ devices }: SiteSettings): Promise<void> {
  const onSerialLine = [...devices.meters, ...devices.inverters].filter(
    ({ connection }) => connection.kind === 'modbus-rtu',
  );
  if (onSerialLine.length === 0) return;
  try {
    await loadSerialModule();
  } catch (cause) {
    const { why, remedy } = failureOf(cause);
    const needed = onSerialLine.map(({ id }) => id).join(', ');
    throw new StartError('module-missing', `${needed}: ${why}`, remedy, cause);
  }
}
