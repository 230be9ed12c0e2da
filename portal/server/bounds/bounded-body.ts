/** The body of a request, as long as is allowed and no longer. */

const MOST_DRAINED_BYTES = 16_000_000;

/**
 * The body, or null when it is longer than allowed, whatever its header said. The rest is read and thrown away up to a
 * bound: who is cut off while sending sees a broken connection instead of the answer, and sends the same again.
 */
export async function boundedBody(request: Request, mostBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes <= mostBytes) chunks.push(chunk);
    else if (bytes <= mostBytes + MOST_DRAINED_BYTES) chunks.length = 0;
    else return null;
  }
  return bytes > mostBytes ? null : Buffer.concat(chunks);
}
