/** The topics of one board, and how each is published. Held against the wire's own table by a test. */

const UP = {
  hello: { qos: 1, retain: true },
  availability: { qos: 1, retain: true },
  state: { qos: 1, retain: true },
  ack: { qos: 1, retain: false },
  button: { qos: 1, retain: false },
} as const;

const DOWN = ['command', 'config', 'identify', 'credential'] as const;

export type UpTopic = keyof typeof UP;
export type DownTopic = (typeof DOWN)[number];

export function topicOf(board: string, name: UpTopic | DownTopic): string {
  return `wattward/v1/board/${board}/${name}`;
}

export function publishOptions(name: UpTopic): { readonly qos: 0 | 1; readonly retain: boolean } {
  return UP[name];
}

/** What to subscribe to: before the claim only what the factory credential may hear. */
export function subscriptions(board: string, claimed: boolean): readonly string[] {
  const names: readonly DownTopic[] = claimed ? DOWN : ['identify', 'credential'];
  return names.map((name) => topicOf(board, name));
}

/** Which of the board's own topics `path` is; undefined: none, or another board's. */
export function downTopic(board: string, path: string): DownTopic | undefined {
  return DOWN.find((name) => topicOf(board, name) === path);
}
