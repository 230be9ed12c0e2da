/** Updates over the air, as one module which the SDK links into flash ahead of time; for the rules see `../relay-firmware.ts`. */
export { hexOfBytes } from '../hexadecimal.ts';
export { MAX_OFFER_BYTES } from './offer.ts';
export { type FetchPort, UpdateService } from './update-service.ts';
export type { UpdatePorts } from './updater.ts';
