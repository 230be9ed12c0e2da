/** What drivers need of the world: the bus at home, and the time that never jumps. */
import type { Message } from '@wattward/broker/wire/message';
import type { Ids, TopicName } from '@wattward/broker/wire/topics';

export interface MonoClock {
  /** Site milliseconds since the process started; never jumps. */
  monoMs(): number;
}

export interface Heard<N extends TopicName> {
  readonly ids: Ids;
  readonly message: Message<N>;
  /** Delivered from the broker's memory on subscribing, not said just now. */
  readonly retained: boolean;
}

/** A topic that is not ours: a bought board or another system speaks there in its own way. */
export interface ForeignHeard {
  readonly path: string;
  readonly text: string;
  readonly retained: boolean;
}

interface Link {
  /** Subscribed and able to publish. */
  readonly online: boolean;
  onLink(listener: (up: boolean) => void): void;
}

/** The topics and messages of the wire. */
export interface HomeBus extends Link {
  subscribe<N extends TopicName>(name: N, ids: Ids, hear: (heard: Heard<N>) => void): void;
  /** True once the broker took it; false when it did not in time. Never rejects. */
  publish<N extends TopicName>(name: N, ids: Ids, message: Message<N>): Promise<boolean>;
}

/** The topics of bought boards. */
export interface ForeignBus extends Link {
  /** @param filter with `+` where any level fits */
  subscribeForeign(filter: string, hear: (heard: ForeignHeard) => void): void;
  /** At most once and never retained: a late or kept command would switch a load. */
  publishForeign(path: string, text: string): boolean;
}
