/**
 * What one client has subscribed to, and at which QoS a message goes to it.
 *
 * A message that several of its filters match is delivered once, at the highest QoS that any of them was granted
 * [MQTT-3.3.5-1], and never above that of the message itself [MQTT-3.8.4-6]. The engine asks only the filter it came
 * by first, so it is told here.
 */
export type Qos = 0 | 1 | 2;

const REMEMBERED_TOPICS = 500;

export class Subscriptions {
  readonly #grantedByFilter = new Map<string, Qos>();
  readonly #grantedByTopic = new Map<string, Qos | undefined>();

  get size(): number {
    return this.#grantedByFilter.size;
  }

  has(filter: string): boolean {
    return this.#grantedByFilter.has(filter);
  }

  add(filter: string, qos: Qos): void {
    this.#grantedByFilter.set(filter, qos);
    this.#grantedByTopic.clear();
  }

  delete(filter: string): void {
    this.#grantedByFilter.delete(filter);
    this.#grantedByTopic.clear();
  }

  /** The highest QoS granted to any filter that matches `topic`; undefined when none does. */
  grantedQos(topic: string): Qos | undefined {
    const known = this.#grantedByTopic.get(topic);
    if (known !== undefined || this.#grantedByTopic.has(topic)) return known;
    if (this.#grantedByTopic.size >= REMEMBERED_TOPICS) this.#grantedByTopic.clear();
    let highest: Qos | undefined;
    for (const [filter, qos] of this.#grantedByFilter) {
      if ((highest === undefined || qos > highest) && filterMatches(filter, topic)) highest = qos;
    }
    this.#grantedByTopic.set(topic, highest);
    return highest;
  }
}

/** Whether a well-formed filter matches a topic name [MQTT 3.1.1, 4.7]. */
export function filterMatches(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1]
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const filterLevels = filter.split('/');
  const topicLevels = topic.split('/');
  const open = filterLevels.at(-1) === '#';
  // `a/#` matches `a` too [MQTT 3.1.1, 4.7.1.2].
  const fixed = open ? filterLevels.length - 1 : filterLevels.length;
  if (open ? topicLevels.length < fixed : topicLevels.length !== fixed) return false;
  return filterLevels.slice(0, fixed).every((level, i) => level === '+' || level === topicLevels[i]);
}
