/**
 * How a thread or a program of the tests gets the engine: its sources, or what was built of them if the tests run on
 * that. A module that resolves to `packages/<name>/src/<file>.ts` is then the file that `tsc -b` made of it.
 */
import { registerHooks } from 'node:module';
import type * as Engine from '@htkv/engine';

type EngineModule = typeof Engine;

/** Whether the tests run on what is built. */
export const IS_BUILT: boolean = process.env['MODE'] === 'built';

/** To be called once, before anything of the packages is imported by a value. */
export function loadEngine(isBuilt: boolean): Promise<EngineModule> {
  if (isBuilt) {
    registerHooks({
      resolve(specifier, context, nextResolve) {
        const resolved = nextResolve(specifier, context);
        const url = resolved.url.replace(/\/packages\/([^/]+)\/src\/(.+)\.ts$/, '/packages/$1/dist/$2.js');
        return url === resolved.url ? resolved : { ...resolved, url, format: 'module' };
      },
    });
  }
  return import('@htkv/engine');
}
