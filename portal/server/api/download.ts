/** A file, made while it is being sent: what is not fetched costs a piece of memory and a place, for a minute. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Admission } from '../bounds/admission.ts';
import { ProblemError } from '../problems/problem.ts';

const MOST_OF_PERSON = 4;
const MOST_OF_ALL = 64;
/** How long the next piece may lie there unfetched. */
const PATIENCE_MS = 60_000;
const admission = new Admission({ ofKey: MOST_OF_PERSON, weight: MOST_OF_ALL });

/**
 * What fails before the first piece is still answered as a problem.
 * @param name with its ending: `.csv` or another. @throws ProblemError `too-many-requests`.
 */
export async function fileResponse(
  person: string,
  pieces: AsyncGenerator<string>,
  name: string,
): Promise<Response> {
  const leave = admission.enter(person);
  if (typeof leave === 'string') {
    throw new ProblemError('too-many-requests', 'Wait until another download is complete', {
      retryAfterS: 5,
    });
  }
  let first: IteratorResult<string>;
  try {
    first = await pieces.next();
  } catch (error) {
    leave();
    throw error;
  }
  const type = name.endsWith('.csv') ? 'text/csv' : 'text/plain';
  return new Response(textStream(first, pieces, leave), {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    },
  });
}

function textStream(
  first: IteratorResult<string>,
  pieces: AsyncGenerator<string>,
  leave: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let waiting: NodeJS.Timeout | undefined;
  let ready: IteratorResult<string> | undefined = first;
  let isOver = false;
  const over = async () => {
    clearTimeout(waiting);
    if (isOver) return;
    isOver = true;
    leave();
    await pieces.return(undefined);
  };
  return new ReadableStream(
    {
      async pull(controller) {
        clearTimeout(waiting);
        try {
          // Nothing below waits for a disk or a socket: without this, a long file would be all that is done.
          await nextTurn();
          const { value, done } = ready ?? (await pieces.next());
          ready = undefined;
          if (!done) {
            controller.enqueue(encoder.encode(value));
            waiting = setTimeout(() => {
              controller.error(new Error('nobody fetches the file'));
              void over();
            }, PATIENCE_MS).unref();
            return;
          }
          await over();
          controller.close();
        } catch (error) {
          await over();
          throw error;
        }
      },
      cancel: over,
    },
    { highWaterMark: 1 },
  );
}
