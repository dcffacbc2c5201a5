/**
 * A check of linearizability: whether the calls of several threads on a store, each with the moments of its
 * invocation and its return, can be put into one order that respects those moments and that a single thread could
 * have seen. Wing and Gong's search with Lowe's memory of configurations. Keys are independent of each other, so
 * each is searched by itself; what a batch promises across keys is not looked at.
 *
 * The calls of a key are dealt into lanes in which none overlaps the next. A lane is therefore consumed from its
 * front, the set of calls that already have their place is one number per lane, and a call may come next if it was
 * invoked before any call at the front of a lane has returned.
 *
 * The state of a key is its value and its version. A write without a version is given one that nobody tells its
 * caller: of such a version only a floor is known, until a read names it. A conflict over `ifVersion` is believed
 * while the version is unknown.
 */

/** What a writer wrote; a history is checked best if no two writes have the same. */
export type Value = string | number;

export interface Conditions {
  readonly ifVersion?: number | undefined;
  readonly ifAbsent?: boolean | undefined;
  readonly ifPresent?: boolean | undefined;
}

export interface GetCall {
  readonly kind: 'get';
}

/** `version` is for commands that carry their own; `put` and `delete` of the engine leave it out. */
export interface PutCall extends Conditions {
  readonly kind: 'put';
  readonly value: Value;
  readonly version?: number | undefined;
}

export interface DeleteCall extends Conditions {
  readonly kind: 'delete';
  readonly version?: number | undefined;
}

/** What a read saw; without `version` if it asked for the value alone. */
export interface Seen {
  readonly value: Value;
  readonly version?: number | undefined;
}

/** `unknown`: the thread died during the call, so that it took place or not, at any time from then on. */
export type WriteResult = 'applied' | 'removed' | 'ignoredStale' | 'conflict' | 'unknown';

interface Timed {
  readonly thread: number;
  readonly key: Value;
  /** From one counter that all threads share, taken before the call. */
  readonly invokedAt: number;
  /** From the same counter, taken after the call; `Infinity` for a result that is `unknown`. */
  readonly returnedAt: number;
}

/** One call. Plain data, which threads can send each other. */
export type Operation =
  | (Timed & { readonly call: GetCall; readonly result: Seen | 'absent' })
  | (Timed & { readonly call: PutCall | DeleteCall; readonly result: WriteResult });

export interface Violation {
  readonly key: Value;
  /** The longest order that could be found. */
  readonly order: readonly Operation[];
  /** The calls of which one had to be next. */
  readonly stuck: readonly Operation[];
  readonly message: string;
}

interface State {
  /** `undefined`: absent. */
  readonly value: Value | undefined;
  readonly version: number;
  /** Otherwise the version is some number greater than `version`. */
  readonly isExact: boolean;
}

interface Configuration {
  /** Calls that have their place, by lane. */
  readonly taken: readonly number[];
  readonly state: State;
  readonly last: Operation | undefined;
  readonly before: Configuration | undefined;
  readonly length: number;
}

const NOTHING: State = { value: undefined, version: 0, isExact: true };

/** The first key whose calls have no legal order; `undefined` if all have one. Every key begins absent. */
export function findViolation(history: readonly Operation[]): Violation | undefined {
  for (const [key, operations] of Map.groupBy(history, (operation) => operation.key)) {
    const violation = findKeyViolation(key, operations);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

function findKeyViolation(key: Value, operations: readonly Operation[]): Violation | undefined {
  const lanes = lanesOf(operations);
  const known = new Set<string>();
  const start = { taken: lanes.map(() => 0), state: NOTHING, last: undefined, before: undefined, length: 0 };
  const open: Configuration[] = [start];
  let longest: Configuration = start;
  for (let configuration = open.pop(); configuration !== undefined; configuration = open.pop()) {
    const { taken, state, length } = configuration;
    if (length > longest.length) longest = configuration;
    const fronts = candidates(lanes, taken);
    if (fronts.every(({ operation }) => operation.result === 'unknown')) return undefined;
    // Whoever returns first is tried first, for that is how it mostly was.
    fronts.sort((left, right) => right.operation.returnedAt - left.operation.returnedAt);
    for (const { lane, operation } of fronts) {
      const after = apply(state, operation);
      if (after === undefined) continue;
      const next = taken.with(lane, taken[lane]! + 1);
      const identity = `${next.join()}|${after.version}|${after.isExact}|${typeof after.value}|${after.value}`;
      if (known.has(identity)) continue;
      known.add(identity);
      open.push({ taken: next, state: after, last: operation, before: configuration, length: length + 1 });
    }
  }
  const stuck = candidates(lanes, longest.taken).map(({ operation }) => operation);
  const order = orderOf(longest);
  return { key, order, stuck, message: explain(key, longest.state, order, stuck) };
}

function lanesOf(operations: readonly Operation[]): Operation[][] {
  const lanes: Operation[][] = [];
  for (const operation of operations.toSorted((left, right) => left.invokedAt - right.invokedAt)) {
    if (operation.returnedAt <= operation.invokedAt) {
      throw new RangeError(`expected a call to return after its invocation, got ${show(operation)}`);
    }
    const lane = lanes.find((each) => each.at(-1)!.returnedAt < operation.invokedAt);
    if (lane === undefined) lanes.push([operation]);
    else lane.push(operation);
  }
  return lanes;
}

/** The calls that may come next: those that were invoked before any that has no place yet returned. */
function candidates(
  lanes: readonly Operation[][],
  taken: readonly number[],
): { lane: number; operation: Operation }[] {
  let firstReturn = Infinity;
  for (const [lane, count] of taken.entries()) {
    firstReturn = Math.min(firstReturn, lanes[lane]![count]?.returnedAt ?? Infinity);
  }
  return lanes.flatMap((operations, lane) => {
    const operation = operations[taken[lane]!];
    return operation !== undefined && operation.invokedAt < firstReturn ? [{ lane, operation }] : [];
  });
}

/** The state after `operation` with just that result, `undefined` if it cannot have had that result. */
function apply(state: State, operation: Operation): State | undefined {
  const { call, result } = operation;
  if (call.kind === 'get') {
    if (result === 'absent' || typeof result === 'string')
      return state.value === undefined ? state : undefined;
    return state.value === result.value ? atVersion(state, result.version) : undefined;
  }
  const isPresent = state.value !== undefined;
  const isRefused = (call.ifAbsent === true && isPresent) || (call.ifPresent === true && !isPresent);
  if (result === 'conflict') {
    if (isRefused) return state;
    if (call.ifVersion === undefined) return undefined;
    return isPresent && state.isExact && state.version === call.ifVersion ? undefined : state;
  }
  if (isRefused || (call.ifVersion !== undefined && !isPresent)) return undefined;
  const met = atVersion(state, call.ifVersion);
  if (met === undefined) return undefined;
  if (result === 'ignoredStale') return call.version === undefined ? undefined : notBelow(met, call.version);
  if (result !== 'unknown' && (result === 'applied') !== (call.kind === 'put')) return undefined;
  const value = call.kind === 'put' ? call.value : undefined;
  const lowest = met.isExact ? met.version : met.version + 1;
  if (call.version !== undefined) {
    return call.version > lowest ? { value, version: call.version, isExact: true } : undefined;
  }
  // A delete of what is absent need not leave a newer tombstone.
  const floor = value === undefined && !isPresent ? lowest - 1 : lowest;
  return { value, version: floor, isExact: false };
}

/** The state whose version is `version`, if one is named. */
function atVersion(state: State, version: number | undefined): State | undefined {
  if (version === undefined) return state;
  if (state.isExact) return state.version === version ? state : undefined;
  return version > state.version ? { value: state.value, version, isExact: true } : undefined;
}

/** The state whose version is `version` or higher. */
function notBelow(state: State, version: number): State | undefined {
  if (state.isExact) return state.version >= version ? state : undefined;
  return { value: state.value, version: Math.max(state.version, version - 1), isExact: false };
}

function orderOf(configuration: Configuration): Operation[] {
  const order: Operation[] = [];
  for (let each: Configuration | undefined = configuration; each !== undefined; each = each.before) {
    if (each.last !== undefined) order.push(each.last);
  }
  return order.reverse();
}

function explain(key: Value, state: State, order: readonly Operation[], stuck: readonly Operation[]): string {
  const holds = state.value === undefined ? 'nothing' : JSON.stringify(state.value);
  const version = state.isExact ? `version ${state.version}` : `a version above ${state.version}`;
  return [
    `key ${JSON.stringify(key)} has no legal order; after the longest one, of ${order.length} calls, ending with`,
    ...order.slice(-8).map((operation) => `  ${show(operation)}`),
    `it holds ${holds} at ${version}, and none of these can be next:`,
    ...stuck.map((operation) => `  ${show(operation)}`),
  ].join('\n');
}

function show({ thread, invokedAt, returnedAt, call, result }: Operation): string {
  return `[${invokedAt}, ${returnedAt}] thread ${thread} ${JSON.stringify(call)} -> ${JSON.stringify(result)}`;
}
