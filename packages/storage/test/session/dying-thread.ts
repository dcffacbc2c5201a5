/**
 * A thread that dies at any instruction. An action runs while everything that it does to shared memory is counted:
 * atomic operations, writes to elements of typed arrays, and writes through views and in bulk. At the chosen one it
 * ends, and whatever the code does on its way out changes nothing any more, neither memory nor files.
 */
import type { FileCallKind } from '../../src/testing/index.ts';

/** Thrown where the thread dies, and again by everything that it tries afterwards. */
export class ThreadDeath extends Error {}

type AnyFunction = (this: unknown, ...values: unknown[]) => unknown;
type TypedArray = Int32Array | Float64Array | BigInt64Array;

const CONSTRUCTORS = ['Int32Array', 'Float64Array', 'BigInt64Array'] as const;
const ATOMICS = [
  'add',
  'and',
  'compareExchange',
  'exchange',
  'load',
  'notify',
  'or',
  'store',
  'sub',
  'wait',
  'waitAsync',
] as const;
const VIEW_WRITES = ['setUint8', 'setUint16', 'setUint32', 'setInt32', 'setFloat64', 'setBigUint64'] as const;
const BULK_WRITES = ['fill', 'set', 'copyWithin'] as const;

const typedArray = Object.getPrototypeOf(Int32Array.prototype) as object;

export class DyingThread {
  readonly #shared: ReadonlySet<ArrayBufferLike>;
  /** What stands behind the arrays that are watched. */
  readonly #watched = new WeakMap<object, TypedArray>();
  #isWatching = false;
  #isDead = false;
  #deathAt = Infinity;
  #between: (() => void) | undefined;
  /** Instructions so far of the action that runs. */
  steps = 0;

  /** `shared` is the memory that the thread shares with others. */
  constructor(shared: Iterable<ArrayBufferLike>) {
    this.#shared = new Set(shared);
  }

  /** Makes an array over shared memory a watched one, for what is handed to the thread as an array. */
  watch<Watched extends TypedArray>(array: Watched): Watched {
    const proxy = new Proxy(array, {
      get: (target, property) => {
        const value = Reflect.get(target, property, target) as unknown;
        return typeof value === 'function' ? (value as AnyFunction).bind(target) : value;
      },
      set: (target, property, value) => {
        this.#step();
        return Reflect.set(target, property, value, target);
      },
    });
    this.#watched.set(proxy, array);
    return proxy;
  }

  /** Makes what the thread consists of: arrays that `make` creates over shared memory are watched. */
  build<Result>(make: () => Result): Result {
    const undo = CONSTRUCTORS.map((name) => this.#replace(globalThis, name, this.#watchedConstructor(name)));
    undo.push(...this.#watchAtomics());
    try {
      return make();
    } finally {
      for (const restore of undo.reverse()) restore();
    }
  }

  /**
   * Runs `action`, which dies at instruction `deathAt`, from 1. True if it died. `between` is what other threads do
   * before each instruction.
   */
  run(deathAt: number, action: () => void, between?: () => void): boolean {
    this.#deathAt = deathAt;
    this.#between = between;
    this.steps = 0;
    const undo = [...this.#watchAtomics(), ...this.#watchWrites()];
    this.#isWatching = true;
    try {
      action();
    } catch (error) {
      if (!(error instanceof ThreadDeath)) throw error;
    } finally {
      this.#isWatching = false;
      for (const restore of undo.reverse()) restore();
    }
    return this.#isDead;
  }

  /** For a file system's hook: a call is an instruction too. */
  readonly onFileCall = (_kind: FileCallKind): void => {
    if (this.#isWatching) this.#step();
  };

  #step(): void {
    if (!this.#isWatching) return;
    this.steps += 1;
    if (this.#between !== undefined) {
      this.#isWatching = false;
      this.#between();
      this.#isWatching = true;
    }
    if (this.steps >= this.#deathAt) this.#isDead = true;
    if (this.#isDead) throw new ThreadDeath('the thread has ended');
  }

  #watchedConstructor(name: (typeof CONSTRUCTORS)[number]): unknown {
    return new Proxy(globalThis[name], {
      construct: (target, values: [ArrayBufferLike, ...unknown[]]) => {
        const array = Reflect.construct(target, values) as TypedArray;
        return this.#shared.has(values[0]) ? this.watch(array) : array;
      },
    });
  }

  /** Atomic operations on watched arrays work, and count. */
  #watchAtomics(): (() => void)[] {
    return ATOMICS.map((name) => {
      const original = Atomics[name] as AnyFunction;
      return this.#replace(Atomics, name, (array: object, ...rest: unknown[]) => {
        const target = this.#watched.get(array);
        if (target !== undefined) this.#step();
        return original.call(Atomics, target ?? array, ...rest);
      });
    });
  }

  #watchWrites(): (() => void)[] {
    const write = (array: ArrayBufferView, effect: () => unknown, halfEffect?: () => unknown): unknown => {
      if (!this.#shared.has(array.buffer)) return effect();
      try {
        this.#step();
      } catch (death) {
        // Cut off in the middle.
        if (this.steps === this.#deathAt) halfEffect?.();
        throw death;
      }
      return effect();
    };
    const undo = VIEW_WRITES.map((name) => {
      const original = DataView.prototype[name] as AnyFunction;
      return this.#replace(DataView.prototype, name, function (this: DataView, ...values: unknown[]) {
        return write(this, () => original.apply(this, values));
      });
    });
    for (const name of BULK_WRITES) {
      const original = Reflect.get(typedArray, name) as AnyFunction;
      const replacement = function (this: Int32Array, ...values: unknown[]): unknown {
        const half = (): unknown => original.apply(this, firstHalf(this, name, values));
        return write(this, () => original.apply(this, values), half);
      };
      undo.push(this.#replace(typedArray, name, replacement));
    }
    return undo;
  }

  #replace(holder: object, name: string, replacement: unknown): () => void {
    const original = Object.getOwnPropertyDescriptor(holder, name)!;
    Object.defineProperty(holder, name, { ...original, value: replacement });
    return () => void Object.defineProperty(holder, name, original);
  }
}

/** What a bulk write is asked for when it ends in the middle. */
function firstHalf(
  array: Int32Array,
  name: (typeof BULK_WRITES)[number],
  values: readonly unknown[],
): unknown[] {
  if (name === 'set') {
    const source = values[0] as ArrayLike<number>;
    return [Array.from(source).slice(0, source.length >>> 1), ...values.slice(1)];
  }
  const [value, from, to] = values as readonly number[];
  const start = from ?? 0;
  return [value, start, start + (((to ?? array.length) - start) >>> 1)];
}
