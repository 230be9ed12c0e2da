/**
 * Modules of the Moddable SDK that its published typings lack or know otherwise, as far as they are used here. Update
 * and flash: ECMA-419, 26 persistent storage; the ESP8266 has them since SDK 10.0.2.
 */

/** Sets `System` and `device` in the global scope. (`embedded:io/system` is in the typings, but in no SDK.) */
declare module 'system' {}

interface StringConstructor {
  /** Of a part of the buffer. @throws when that is no UTF-8 */
  fromArrayBuffer(buffer: ArrayBuffer, byteOffset: number, byteLength: number): string;
}

declare module 'embedded:storage/flash' {
  interface Partition {
    read(byteLength: number, offset: number): ArrayBuffer;
    close(): void;
  }
  const flash: { open(options: { path: string; mode?: 'r' | 'r+' }): Partition };
  export default flash;
}

declare module 'embedded:update' {
  import type { Partition } from 'embedded:storage/flash';

  interface Update {
    write(data: ArrayBuffer | Uint8Array): void;
    complete(): void;
    close(): void;
  }
  const update: { open(options: { partition: Partition; mode?: 'a' | 'w'; byteLength?: number }): Update };
  export default update;
}

declare module 'crypt' {
  export class Digest {
    constructor(algorithm: 'SHA256' | 'SHA512');
    write(data: ArrayBuffer | Uint8Array | string): void;
    close(): ArrayBuffer;
  }
}
