/**
 * Lines for whoever holds a serial adapter to the board, above all the claim code that is printed on its label. The
 * SDK's own `trace` is silent on the chip but for a debugger.
 */

/** What is used of `device.io.Serial`. It throws when its 127 bytes of room do not take the whole line. */
export interface SerialOut {
  write(bytes: Uint8Array): void;
}

/** @param open opens the port; not before the first line, which comes when the pins are safe */
export function chipLog(
  open: () => SerialOut,
  encode: (text: string) => Uint8Array,
): (words: string) => void {
  let serial: SerialOut | undefined;
  return (words) => {
    try {
      serial ??= open();
      serial.write(encode(`${words}\r\n`));
    } catch {
      // A line that comes too soon after another is lost: nothing may wait for a terminal that need not be there.
    }
  };
}
