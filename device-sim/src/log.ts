/** One JSON object a line on standard output, with the field names of pino: level, time, name, msg. */
const LEVELS = { info: 30, warn: 40, error: 50 } as const;

export type Level = keyof typeof LEVELS;
export type Log = (level: Level, msg: string, fields?: Readonly<Record<string, unknown>>) => void;

export function openLog(name: string): Log {
  return (level, msg, fields = {}) => {
    process.stdout.write(
      `${JSON.stringify({ level: LEVELS[level], time: Date.now(), pid: process.pid, name, ...fields, msg })}\n`,
    );
  };
}
