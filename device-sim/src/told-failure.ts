/** What a command says when it cannot do what it was asked: a failure with a code is told in a line, a bug is thrown. */
export async function told(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code, remedy } = error as { code?: unknown; remedy?: unknown };
    if (!(error instanceof Error) || typeof code !== 'string') throw error;
    const mend = typeof remedy === 'string' ? ` ${remedy}` : '';
    console.error(`${error.message}${mend} (${code})`);
    process.exitCode = 1;
  }
}
