/** `getMany` of 64 random keys beside as many single gets. The keys are made before the clock starts. */
import { alternate } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import type { Row } from '../table.ts';
import { KeyWalk } from '../workload.ts';
import { besideOthers } from './beside-others.ts';
import type { Question } from './question.ts';

const AT_ONCE = 64;

export const manyGets: Question = {
  name: 'many-gets',
  async ask(stage: Stage): Promise<readonly Row[]> {
    const { engine } = await stage.htkv();
    const ways: readonly ((keys: readonly Uint8Array[]) => readonly (Uint8Array | undefined)[])[] = [
      (keys) => engine.getMany(keys),
      (keys) => keys.map((key) => engine.get(key)),
    ];
    const times = Math.ceil(stage.keys / AT_ONCE);
    const figures = await alternate(stage.rounds, ways, (read) => {
      const walk = KeyWalk.over(stage.keys, stage.newOrder());
      let milliseconds = 0;
      for (let time = 0; time < times; time += 1) {
        const keys = Array.from({ length: AT_ONCE }, () => walk.next().slice());
        const start = performance.now();
        const values = read(keys);
        milliseconds += performance.now() - start;
        if (values.includes(undefined)) throw new Error('a key that was written is missing');
      }
      return (times * AT_ONCE) / (milliseconds / 1000);
    });
    return besideOthers('getMany of 64', figures, [{ name: 'single gets', target: { atLeast: 1.3 } }]);
  },
};
