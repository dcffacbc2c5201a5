/** This store, at its defaults. */
import { SingleNodeEngine } from '@htkv/engine';

import type { Contestant } from './contestant.ts';

export async function openHtkv(directory: string): Promise<Contestant> {
  const engine = await SingleNodeEngine.open({ dataDir: directory });
  return {
    name: 'htkv',
    terms: 'defaults; get copies',
    put: (key, value) => void engine.putSync(key, value),
    settle: () => engine.flush(),
    putDurably: (key, value) => engine.put(key, value),
    get: (key) => engine.get(key) !== undefined,
    close: () => engine.close(),
  };
}
