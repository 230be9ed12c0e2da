/** Log lines as JSON on standard error, like every process of the house. Never secrets, never whole messages. */
type Level = 'info' | 'warn' | 'error';

function write(level: Level, msg: string, detail: Readonly<Record<string, unknown>> = {}): void {
  process.stderr.write(`${JSON.stringify({ level, time: Date.now(), name: 'portal', msg, ...detail })}\n`);
}

export const log = {
  info: (msg: string, detail?: Readonly<Record<string, unknown>>) => write('info', msg, detail),
  warn: (msg: string, detail?: Readonly<Record<string, unknown>>) => write('warn', msg, detail),
  error: (msg: string, detail?: Readonly<Record<string, unknown>>) => write('error', msg, detail),
} as const;

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
