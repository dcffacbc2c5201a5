/** What a store must hold when nobody writes to it any more, given the ledger of those who did. */
import { createHash } from 'node:crypto';
import type { SingleNodeEngine } from '@htkv/engine';

import {
  ACCOUNT_START,
  ACCOUNTS,
  amountOf,
  checkOwn,
  ownKey,
  SHARED_COUNTERS,
  Tally,
  type Ledger,
} from './ledger.ts';

const decoder = new TextDecoder();

/** Throws unless every write that was acknowledged is there. */
export function checkAcknowledged(engine: SingleNodeEngine, ledger: Ledger, context: string): void {
  checkOwnKeys(engine, ledger.acknowledged, ledger.attempted, context);
}

/** Throws unless the store holds all that was visible, and nothing that was never written. */
export function checkSettled(engine: SingleNodeEngine, ledger: Ledger, context: string): void {
  checkOwnKeys(engine, ledger.visible, ledger.attempted, context);
  for (let counter = 0; counter < SHARED_COUNTERS; counter += 1) {
    const count = Number(decoder.decode(engine.get(`counter ${counter}`)) || 0);
    const [won, begun, lost] = [ledger.triesWon, ledger.triesBegun, ledger.triesLost].map(
      (array) => array[counter]!,
    );
    if (count < won! || count > begun! - lost!) {
      throw new Error(
        `${context}: expected counter ${counter} from ${won} to ${begun! - lost!}, found ${count}`,
      );
    }
  }
  const amounts = Array.from({ length: ACCOUNTS }, (_, account) =>
    amountOf(engine.get(`account ${account}`)!),
  );
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  if (sum !== ACCOUNTS * ACCOUNT_START)
    throw new Error(`${context}: expected the sum of all accounts, found ${sum}`);
  for (const [claim, winner] of ledger.claims.entries()) {
    if (winner === 0) continue;
    const found = decoder.decode(engine.get(`claim ${claim}`));
    if (found !== `${winner - 1}`)
      throw new Error(`${context}: claim ${claim} is won by ${winner - 1}, not ${found}`);
  }
  const doubled = ledger.tally[Tally.claimsDoubled]!;
  if (doubled > 0) throw new Error(`${context}: ${doubled} claims have two winners`);
  for (const [number, isVisible] of ledger.bulk.entries()) {
    if (isVisible === 1 && !engine.has(`bulk ${number}`))
      throw new Error(`${context}: bulk ${number} is lost`);
  }
  checkKeys(engine, context);
}

function checkOwnKeys(engine: SingleNodeEngine, from: Int32Array, to: Int32Array, context: string): void {
  for (let index = 0; index < from.length; index += 1) {
    try {
      checkOwn(index, engine.get(ownKey(index)), from[index]!, to[index]!);
    } catch (error) {
      throw new Error(`${context}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** No key is there twice, the order is right, and the size is the number of entries. */
function checkKeys(engine: SingleNodeEngine, context: string): void {
  const keys = engine
    .keys()
    .toArray()
    .map((key) => decoder.decode(key));
  if (new Set(keys).size !== keys.length) throw new Error(`${context}: a key is there twice`);
  if (keys.some((key, index) => index > 0 && keys[index - 1]! >= key)) {
    throw new Error(`${context}: keys are out of order`);
  }
  if (engine.size !== keys.length) {
    throw new Error(`${context}: expected a size of ${keys.length}, found ${engine.size}`);
  }
}

/** A digest of all entries, their versions and times. */
export function stateOf(engine: SingleNodeEngine): string {
  const hash = createHash('sha256');
  for (const key of engine.keys()) {
    const { value, version, timestamp, expiresAt } = engine.getEntry(key)!;
    hash
      .update(`${key.length} ${value.length} ${version} ${timestamp} ${expiresAt} `)
      .update(key)
      .update(value);
  }
  return hash.digest('hex');
}
