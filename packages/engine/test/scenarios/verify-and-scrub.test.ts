/**
 * Proves that a check of all files can be asked for, watched and ended, that one runs in the background at the rate that
 * was configured, that both report damage and stand in nobody's way, and that neither outlives the engine.
 */
import type { SingleNodeEngine, VerifyProgress } from '@htkv/engine';
import { beforeEach, expect, test } from 'vitest';

import { resultOf } from '../result-of.ts';
import { DIRECTORY, SimulatedMachine } from '../simulated-machine.ts';

const FIRST = `${DIRECTORY}/segment-0000000000000001`;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

let machine: SimulatedMachine;
let engine: SingleNodeEngine;

const config = { maxSegmentSize: 4096, scrubIntervalMs: MINUTE, scrubBytesPerSecond: 64 * 1024 };

async function fill(entries = 60): Promise<void> {
  for (let index = 0; index < entries; index += 1) engine.putSync(`key ${index}`, new Uint8Array(200));
  await engine.flush();
}

/** Lets time pass in steps that are shorter than a slice may take. */
function pass(milliseconds: number): void {
  for (let passed = 0; passed < milliseconds; passed += 50) machine.advance(50);
}

beforeEach(async () => {
  machine = new SimulatedMachine();
  engine = machine.open(config);
  await fill();
});

test('a store that is whole has no findings, and progress is told on the way', async () => {
  const seen: VerifyProgress[] = [];
  const report = await engine.verify({ onProgress: (progress) => seen.push(progress) });
  expect(report.findings).toEqual([]);
  expect(report.filesChecked).toBe(engine.stats().segments.length + 1);
  expect(seen.length).toBeGreaterThan(report.filesChecked);
  expect(seen.at(-1)?.bytesChecked).toBe(report.bytesChecked);
  expect(seen.map(({ bytesChecked }) => bytesChecked)).toEqual(
    seen.map(({ bytesChecked }) => bytesChecked).toSorted((one, other) => one - other),
  );
});

test('damage is reported with its place and the keys that it takes, and the rest goes on', async () => {
  machine.disk.corrupt(FIRST, 150, 1);
  const { findings } = await engine.verify();
  expect(findings).toEqual([
    {
      path: FIRST,
      offset: 128,
      expected: 'a record that matches its checksum',
      actual: 'other bytes',
      affectedKeys: 1,
    },
  ]);
  expect(await engine.put('another', 'value')).toBe('applied');
});

test('writes go on between the slices of a check', async () => {
  let writes = 0;
  const report = await engine.verify({
    onProgress: () => {
      writes += 1;
      engine.putSync(`key ${writes % 70}`, new Uint8Array(300));
    },
  });
  expect(report.findings).toEqual([]);
  expect(writes).toBeGreaterThan(5);
});

test('a check ends early by a signal, by an exception of its caller, and when the engine is closed', async () => {
  const reason = new Error('enough');
  await expect(engine.verify({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const abort = new AbortController();
  const stopped = engine.verify({ signal: abort.signal, onProgress: () => abort.abort(reason) });
  await expect(stopped).rejects.toBe(reason);
  const thrown = engine.verify({
    onProgress: () => {
      throw reason;
    },
  });
  await expect(thrown).rejects.toBe(reason);
  const running = resultOf(engine.verify());
  await engine.close();
  expect(await running).toBe('ENGINE_CLOSED');
  expect(machine.disk.openFileCount).toBe(0);
});

test('what is no option is refused', async () => {
  // @ts-expect-error -- there is no such option
  expect(await resultOf(engine.verify({ quick: true }))).toBe('VALIDATION_TYPE');
  // @ts-expect-error -- not a signal
  expect(await resultOf(engine.verify({ signal: 5 }))).toBe('VALIDATION_TYPE');
  // @ts-expect-error -- not a function
  expect(await resultOf(engine.verify({ onProgress: 'tell me' }))).toBe('VALIDATION_TYPE');
});

test('a pass in the background begins after the interval and keeps to its rate', () => {
  expect(engine.stats().scrub).toEqual({ passes: 0, runningBytes: undefined, lastPass: undefined });
  machine.advance(MINUTE - 1);
  expect(engine.stats().scrub.runningBytes).toBeUndefined();
  machine.advance(1);
  let elapsed = 0;
  while (engine.stats().scrub.passes === 0) {
    // One slice may come before the time that it takes, no more.
    expect(engine.stats().scrub.runningBytes).toBeLessThanOrEqual((elapsed * 64 * 1024) / 1000 + 8192);
    machine.advance(10);
    elapsed += 10;
  }
  const { lastPass, runningBytes } = engine.stats().scrub;
  expect(runningBytes).toBeUndefined();
  expect(lastPass).toMatchObject({ findings: [], findingsOmitted: 0, finishedAt: machine.now });
  expect(elapsed).toBeGreaterThanOrEqual((lastPass!.bytesChecked * 1000) / (64 * 1024) - 10);
});

test('the next pass begins an interval after the last, and finds what happened since', () => {
  pass(70 * SECOND);
  expect(engine.stats().scrub).toMatchObject({ passes: 1, lastPass: { findings: [] } });
  machine.disk.corrupt(FIRST, 150, 1);
  pass(70 * SECOND);
  expect(engine.stats().scrub).toMatchObject({
    passes: 2,
    lastPass: { findings: [{ path: FIRST, offset: 128, affectedKeys: 1 }] },
  });
});

test('no pass keeps a process alive, and none goes on when the engine is closed', async () => {
  expect(machine.timers).toBe(0);
  machine.advance(MINUTE);
  machine.advance(10);
  expect(machine.timers).toBe(0);
  expect(engine.stats().scrub.runningBytes).toBeGreaterThan(0);
  await engine.close();
  expect(machine.disk.openFileCount).toBe(0);
  const reads = machine.calls('read');
  machine.advance(10 * MINUTE);
  expect(machine.calls('read')).toBe(reads);
});

test('an interval of 0 means never, and a store that is only read is not checked by itself', async () => {
  await engine.close();
  for (const other of [{ scrubIntervalMs: 0 }, { readOnly: true }]) {
    engine = machine.open({ ...config, ...other });
    pass(3 * MINUTE);
    expect(engine.stats().scrub).toEqual({ passes: 0, runningBytes: undefined, lastPass: undefined });
    expect((await engine.verify()).findings).toEqual([]);
    await engine.close();
  }
});
