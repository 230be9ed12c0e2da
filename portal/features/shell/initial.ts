import { unstable_rethrow } from 'next/navigation';

/**
 * First data of a page, from the server. A page whose data cannot be had right now still opens: its client part asks
 * again and says what is wrong. "Not found" and redirects go through.
 */
export async function initially<Data>(load: () => Promise<Data>): Promise<Data | undefined> {
  try {
    return await load();
  } catch (error) {
    unstable_rethrow(error);
    return undefined;
  }
}
