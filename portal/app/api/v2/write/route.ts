import { answerWrite } from '../../../../server/history/write-endpoint.ts';
import { ProblemError, problemResponse } from '../../../../server/problems/problem.ts';
import { running } from '../../../../server/running.ts';

export const dynamic = 'force-dynamic';

export async function POST(request: Request): Promise<Response> {
  const portal = running();
  if (!portal) return problemResponse(new ProblemError('busy', 'The server is starting', { retryAfterS: 1 }));
  return answerWrite(portal, request);
}
