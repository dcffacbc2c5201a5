/** Everything that an engine offers to those who follow its changes. */
import type { LogFeed } from '@htkv/storage';

import type { Environment } from '../environment.ts';
import type {
  Change,
  ChangeStream,
  CommitLog,
  CommitLogOptions,
  CommittedChange,
  Watch,
  WatchOptions,
} from './change.ts';
import { checkRead, checkWatch } from './feed-options.ts';
import { LogStream, type StreamOwner } from './log-stream.ts';

/** The engine. */
export interface FeedOwner {
  /** Throws `ENGINE_CLOSED`. */
  requireOpen(): void;
  /** False once it is closed, here or by the thread that opened it. */
  isOpen(): boolean;
}

export class ChangeFeeds implements CommitLog {
  readonly #feed: LogFeed;
  readonly #owner: FeedOwner;
  readonly #streams: StreamOwner;

  constructor(feed: LogFeed, environment: Environment, owner: FeedOwner) {
    this.#feed = feed;
    this.#owner = owner;
    this.#streams = { environment, signal: feed.signal, isOpen: () => owner.isOpen() };
  }

  watch(options: WatchOptions = {}): Watch {
    this.#owner.requireOpen();
    const checked = checkWatch(options, () => this.#feed.bounds());
    return new LogStream<Change>(this.#streams, this.#feed.open(checked), checked);
  }

  read(options: CommitLogOptions = {}): ChangeStream<CommittedChange> {
    this.#owner.requireOpen();
    const checked = checkRead(options, () => this.#feed.bounds());
    return new LogStream<CommittedChange>(this.#streams, this.#feed.open(checked), checked);
  }

  get oldestSequence(): number {
    this.#owner.requireOpen();
    return this.#feed.bounds().oldest + 1;
  }

  get durableSequence(): number {
    this.#owner.requireOpen();
    return this.#feed.bounds().durable;
  }
}
