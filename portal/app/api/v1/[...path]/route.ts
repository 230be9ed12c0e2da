import { answer } from '../../../../server/api/routes.ts';
import { ProblemError, problemResponse } from '../../../../server/problems/problem.ts';
import { running } from '../../../../server/running.ts';

export const dynamic = 'force-dynamic';

async function handle(request: Request): Promise<Response> {
  const portal = running();
  if (!portal) return problemResponse(new ProblemError('busy', 'The server is starting', { retryAfterS: 1 }));
  return answer(portal, request);
}

export {
  handle as DELETE,
  handle as GET,
  handle as HEAD,
  handle as OPTIONS,
  handle as PATCH,
  handle as POST,
  handle as PUT,
};
