/**
 * The module behind Modbus RTU, and what keeps a serial port from opening. The module has a native part, one file for
 * each kind of machine, which the bundle carries in a folder beside it: only a home with a serial line loads it.
 */
import { stat } from 'node:fs/promises';
import { DeviceFailure } from '../registers/device-failure.ts';

/** @throws DeviceFailure `module` */
export async function loadSerialModule(): Promise<void> {
  try {
    await import('serialport');
  } catch (cause) {
    const machine = `${process.platform}-${process.arch}`;
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new DeviceFailure(
      'module',
      `the module serialport, which Modbus RTU needs, cannot be loaded on ${machine}: ${why}`,
      cause,
      'Copy the whole folder of the bundle again, serialport/ with it; it has what linux-x64 and linux-arm64 need. In a checkout: npm ci.',
    );
  }
}

/** Why the port at `path` did not open. @param cause what the module said */
export async function portFailure(path: string, cause: unknown): Promise<DeviceFailure> {
  const said = cause instanceof Error ? cause.message : String(cause);
  const { why, remedy } = (await missing(path)) ?? told(path, said);
  return new DeviceFailure('refused', `the serial port ${path} does not open: ${why}`, cause, remedy);
}

/** The module gives words, no codes; what is there can be seen on the disk. */
async function missing(path: string): Promise<{ why: string; remedy: string } | null> {
  const byId = '`ls /dev/serial/by-id` names the ports that are there; write one as connection.path';
  try {
    if ((await stat(path)).isCharacterDevice()) return null;
    return { why: 'it is no serial port', remedy: `${byId}.` };
  } catch (cause) {
    if (Reflect.get(Object(cause), 'code') !== 'ENOENT') return null;
    return { why: 'there is no such file', remedy: `Plug the adapter in; ${byId}.` };
  }
}

function told(path: string, said: string): { why: string; remedy: string } {
  if (/permission denied|not permitted/i.test(said)) {
    const remedy = `Let the user of the box open it (usermod -aG dialout USER; \`ls -lL ${path}\` names the group), then start the box again.`;
    return { why: 'permission denied', remedy };
  }
  if (/lock port|busy|temporarily unavailable/i.test(said)) {
    const remedy = `End the other program: \`fuser -v ${path}\` names it.`;
    return { why: 'another program holds it', remedy };
  }
  return { why: said, remedy: 'Check the adapter and connection.path in the site settings.' };
}
