/**
 * A soak: processes write to one store on a real directory, one after the other. In the first half of the time each is
 * killed after a while, in the second half one runs through. After each end the store is compared with the ledger of
 * what was acknowledged; at the end memory and descriptors of the process that ran through are compared, the second half
 * of its life with the first.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SingleNodeEngine } from '@htkv/engine';
import { SeededRandom } from '@htkv/storage/testing';

import { IS_BUILT } from '../threads/load-engine.ts';
import { checkOwn, ownKey } from '../stress/ledger.ts';
import { KEYS, SoakLedger } from './soak-ledger.ts';
import { SOAK_CONFIG, type SoakMessage, type SoakSample } from './soak-writer.ts';

/** For closing and checking the whole store, on a machine that is busy. */
const PATIENCE_MS = 120_000;
/** The beginning of a life is not looked at: memory fills, and code is compiled. */
const WARM_UP_SHARE = 0.2;
/** What is flat: no more than so much above, for what the collector of garbage happens to leave. */
const MEMORY_GROWTH_MAX = 1.1;
const MEMORY_SLACK_BYTES = 16 * 1024 * 1024;
const DESCRIPTORS_SLACK = 4;

export interface SoakReport {
  readonly kills: number;
  readonly writes: number;
  readonly reads: number;
  readonly segmentsRemoved: number;
  readonly scrubPasses: number;
  readonly checkpoints: number;
  readonly keys: number;
  readonly logBytes: number;
  readonly bytesVerified: number;
  /** Slowest commit of each second: the middle one, and the slowest of all; milliseconds. */
  readonly slowestMedian: number;
  readonly slowest: number;
  /** Of the process that ran through: medians of the first half and of the second. */
  readonly halves: Readonly<
    Record<'rss' | 'heapUsed' | 'arrayBuffers' | 'descriptors', readonly [number, number]>
  >;
}

/** Runs a soak. Rejects with what went wrong, and then leaves the files where the message says. */
export async function runSoak(
  minutes: number,
  seed: string,
  say: (line: string) => void,
): Promise<SoakReport> {
  const directory = mkdtempSync(join(tmpdir(), 'htkv-soak-'));
  try {
    const report = await new Soak(directory, seed, say).run(minutes * 60_000);
    rmSync(directory, { recursive: true });
    return report;
  } catch (error) {
    throw new Error(`soak with seed ${seed}, store in ${directory}`, { cause: error });
  }
}

interface Life {
  readonly samples: readonly SoakSample[];
  readonly bytesVerified: number;
}

class Soak {
  readonly #dataDir: string;
  readonly #ledgerPath: string;
  readonly #seed: string;
  readonly #random: SeededRandom;
  readonly #say: (line: string) => void;
  readonly #ledger = new SoakLedger();
  readonly #lives: Life[] = [];

  constructor(directory: string, seed: string, say: (line: string) => void) {
    this.#dataDir = join(directory, 'store');
    this.#ledgerPath = join(directory, 'ledger');
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    this.#say = say;
  }

  async run(durationMs: number): Promise<SoakReport> {
    const killedMs = durationMs / 2;
    const began = Date.now();
    let kills = 0;
    for (let left = killedMs; left > 0; left = killedMs - (Date.now() - began)) {
      const lifeMs = this.#random.between(killedMs / 30, killedMs / 8);
      await this.#live(lifeMs, true);
      kills += 1;
      this.#compare(`after kill ${kills}`);
    }
    // On a machine that is busy, lives begin late; the last one is long enough all the same.
    const leftMs = durationMs - (Date.now() - began);
    const last = await this.#live(Math.max(leftMs, durationMs / 4), false);
    const { keys, logBytes } = this.#compare('at the end');
    return {
      kills,
      keys,
      logBytes,
      ...this.#sums(),
      bytesVerified: last.bytesVerified,
      halves: halvesOf(last.samples),
    };
  }

  /** A process writes for so long. */
  async #live(milliseconds: number, isKilled: boolean): Promise<Life> {
    const program = fileURLToPath(new URL('./soak-process.ts', import.meta.url));
    const { attempted, acknowledged } = this.#ledger;
    writeFileSync(this.#ledgerPath, Buffer.concat([bytesOf(attempted), bytesOf(acknowledged)]));
    const parameters = [
      this.#dataDir,
      `${this.#seed}/${this.#lives.length}`,
      this.#ledgerPath,
      String(IS_BUILT),
    ];
    const child = fork(program, parameters, {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'ipc'],
    });
    const closed = once(child, 'close');
    const samples: SoakSample[] = [];
    let failure: string | undefined;
    let bytesVerified: number | undefined;
    const begun = Promise.withResolvers<void>();
    child.on('message', (message: SoakMessage) => {
      if (message.kind === 'begun') begun.resolve();
      else if (message.kind === 'sample') samples.push(message.sample);
      else if (message.kind === 'failed') failure = message.reason;
      else if (message.findings > 0) failure = `verify has ${message.findings} findings`;
      else ({ bytesChecked: bytesVerified } = message);
    });
    (child.stdio[3] as Readable).on('data', (chunk: Uint8Array) => this.#ledger.take(chunk));
    // One in six is killed while it opens the store.
    if (!isKilled || this.#lives.length === 0 || this.#random.below(6) > 0)
      await Promise.race([closed, begun.promise]);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    if (isKilled) child.kill('SIGKILL');
    else if (child.connected) child.send('stop');
    await closed;
    clearTimeout(late);
    this.#ledger.endOfWriter();
    if (failure !== undefined) throw new Error(failure);
    if (isKilled ? child.signalCode !== 'SIGKILL' : bytesVerified === undefined) {
      throw new Error(`the process ended by itself: ${child.exitCode ?? child.signalCode}`);
    }
    const life = { samples, bytesVerified: bytesVerified ?? 0 };
    this.#lives.push(life);
    const last = samples.at(-1);
    this.#say(
      `${isKilled ? 'killed' : 'ended'} after ${(milliseconds / 1000).toFixed(1)} s: ${last?.writes ?? 0} writes, ` +
        `${last?.segments ?? 0} segments, ${last?.segmentsRemoved ?? 0} removed`,
    );
    return life;
  }

  /** The store has everything that was acknowledged, and nothing that was never written. */
  #compare(when: string): { readonly keys: number; readonly logBytes: number } {
    const { attempted, acknowledged } = this.#ledger;
    const engine = SingleNodeEngine.openSync({ ...SOAK_CONFIG, dataDir: this.#dataDir, readOnly: true });
    try {
      for (let index = 0; index < KEYS; index += 1) {
        try {
          checkOwn(index, engine.get(ownKey(index)), acknowledged[index]!, attempted[index]!);
        } catch (error) {
          throw new Error(`${when}: ${(error as Error).message}`, { cause: error });
        }
      }
      return { keys: engine.size, logBytes: engine.stats().logBytes };
    } finally {
      engine.closeSync();
    }
  }

  #sums(): Pick<
    SoakReport,
    'writes' | 'reads' | 'segmentsRemoved' | 'scrubPasses' | 'checkpoints' | 'slowestMedian' | 'slowest'
  > {
    const ends = this.#lives.flatMap(({ samples }) => samples.slice(-1));
    const sum = (name: keyof SoakSample): number => ends.reduce((total, sample) => total + sample[name], 0);
    const slowest = this.#lives.flatMap(({ samples }) => samples.map((sample) => sample.slowest));
    return {
      writes: sum('writes'),
      reads: sum('reads'),
      segmentsRemoved: sum('segmentsRemoved'),
      scrubPasses: sum('scrubPasses'),
      checkpoints: sum('checkpoints'),
      slowestMedian: median(slowest),
      slowest: Math.max(0, ...slowest),
    };
  }
}

/** Throws what has grown, where a process has run for long enough that it should not. */
export function requireFlat({ halves }: SoakReport): void {
  for (const [name, [before, after]] of Object.entries(halves)) {
    const most =
      name === 'descriptors' ? before + DESCRIPTORS_SLACK : before * MEMORY_GROWTH_MAX + MEMORY_SLACK_BYTES;
    if (after > most) throw new Error(`${name} has grown from ${before} to ${after}`);
  }
}

function halvesOf(samples: readonly SoakSample[]): SoakReport['halves'] {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const middle = settled.length >>> 1;
  const of = (name: 'rss' | 'heapUsed' | 'arrayBuffers' | 'descriptors'): readonly [number, number] => [
    median(settled.slice(0, middle).map((sample) => sample[name])),
    median(settled.slice(middle).map((sample) => sample[name])),
  ];
  return {
    rss: of('rss'),
    heapUsed: of('heapUsed'),
    arrayBuffers: of('arrayBuffers'),
    descriptors: of('descriptors'),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >>> 1] ?? 0;
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
