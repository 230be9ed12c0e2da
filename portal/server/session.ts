/** Who is asking, for server components. Route handlers get the same from their `Caller`. */
import type { Me } from '../contract/api.ts';

/** The person whose session cookie came with this request; null when nobody is signed in. */
export async function currentMe(): Promise<Me | null> {
  return null;
}
