/**
 * What users and API keys need of an engine: point reads, a read by prefix, and one atomic batch per change. Any
 * `KvEngine` is one; so is a reader beside a `CommandSubmitter`, whose `submitBatch` may go through a replicated log.
 */
import type { KvEngine } from '@htkv/engine';

export type AuthStore = Pick<KvEngine, 'get' | 'getEntry' | 'getPrefix' | 'submitBatch'>;
