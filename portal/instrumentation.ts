/** Runs once when the server starts, before the first request. */
export async function register(): Promise<void> {
  const { NEXT_RUNTIME, NEXT_PHASE } = process.env;
  if (NEXT_RUNTIME !== 'nodejs' || NEXT_PHASE === 'phase-production-build') return;
  const { boot } = await import('./server/boot.ts');
  await boot(process.env);
}
