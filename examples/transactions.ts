/**
 * Snapshots and transactions: a shop with a stock, orders, and customers who all want the last one.
 *
 *     node examples/transactions.ts [directory]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { errorCode, SingleNodeEngine } from '@htkv/engine';

const dataDir = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'htkv-transactions-'));
const engine = await SingleNodeEngine.open({ dataDir });
const decoder = new TextDecoder();

await engine.clear();
await engine.putMany([
  ['stock:lamp', '3'],
  ['stock:chair', '10'],
]);

/** Takes one from the stock and notes the order, both or neither. */
async function order(customer: string, article: string): Promise<number> {
  return engine.transaction(async (tx) => {
    const stock = Number(decoder.decode(tx.get(`stock:${article}`)));
    if (stock === 0) throw new Error(`no ${article} left for ${customer}`);
    // Something slow: whoever is faster meanwhile makes this function run again.
    await new Promise((resolve) => setTimeout(resolve, 1));
    const number = tx.getPrefix('order:').length + 1;
    tx.put(`order:${String(number).padStart(4, '0')}`, `${article} for ${customer}`);
    tx.put(`stock:${article}`, String(stock - 1));
    return number;
  });
}

// A snapshot for the accountant: it stays as it is while the shop goes on.
const before = engine.snapshot();

const customers = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald'];
const results = await Promise.allSettled(customers.map((customer) => order(customer, 'lamp')));
for (const result of results) {
  console.log(result.status === 'fulfilled' ? `Order ${result.value}` : String(result.reason));
}
for (const [key, value] of engine.entries({ prefix: 'order:' })) {
  console.log(`  ${decoder.decode(key)} => ${decoder.decode(value)}`);
}
console.log(`Lamps: ${engine.getString('stock:lamp')}, before: ${before.getString('stock:lamp')}`);
before[Symbol.dispose]();

// What concerns one key has calls of its own.
console.log(`Visitors: ${await engine.increment('visitors', customers.length)}`);
const job = await engine.consume('order:0001');
console.log(`Packed: ${decoder.decode(job?.value)}`);
try {
  await engine.update('stock:table', '1');
} catch (error) {
  console.log(`No such article: ${errorCode(error)}`);
}

await engine.close();
console.log(`The store is in ${dataDir}`);
