/**
 * Every page gets a Content-Security-Policy of its own: scripts run only with the nonce of this answer or as files of
 * this origin. Next puts the nonce on its scripts when it finds it in the policy of the request.
 */
import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';

const NONCE_HEADER = 'x-nonce';

export function proxy(request: NextRequest): NextResponse {
  // Pages are only looked at; what changes something goes through /api.
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new NextResponse(null, { status: 405, headers: { allow: 'GET, HEAD' } });
  }
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'${process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : ''}`,
    // Mantine and the charts set styles on elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; ');
  const headers = new Headers(request.headers);
  headers.set(NONCE_HEADER, nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

/** Pages only. */
export const config = {
  matcher: '/((?!api/|_next/|icon|apple-touch-icon|manifest\\.webmanifest).*)',
};
