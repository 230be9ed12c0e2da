/** Runs once when the server starts, before the first request. */
export async function register(): Promise<void> {
  // Next replaces `process.env.NEXT_RUNTIME` in the text: it must be written out.
  if (process.env.NEXT_RUNTIME !== 'nodejs' || process.env.NEXT_PHASE === 'phase-production-build') return;
  const { boot } = await import('./server/boot.ts');
  await boot(process.env);
}
