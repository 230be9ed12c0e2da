/**
 * Everything of the firmware but its wiring, as one module which the SDK links into flash ahead of time (`preload`).
 * What is linked ahead runs on the build machine, without the chip: here and below, loading defines things and does
 * nothing else. No module of the SDK is imported, no regular expression stands outside a function (XS 8.2.3 crashes
 * on one that lies in flash), and nothing is assigned later (each such name would cost memory on the chip).
 */
export { PIN_MAPS } from '../board/pin-map.ts';
export { BoardApplication, type SetupPort } from './application.ts';
export { chipLog } from './chip-log.ts';
export { MODEL, SEQUENCE, VERSION } from './firmware-version.ts';
export { hexOfBytes } from './hexadecimal.ts';
export type { PinPort, PlatformPort, RadioPort, SettingsPort, TextPort } from './ports.ts';
export { sdkMqtt } from './sdk-mqtt.ts';
export { portalCallback } from './sdk-portal.ts';
export { unwrapped } from './uptime.ts';
