/** Loaded before the binary: sends each source of the workspace to the file that was built of it. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const resolved = nextResolve(specifier, context);
    const url = resolved.url.replace(/\/((?:packages|apps)\/[^/]+)\/src\/(.+)\.ts$/, '/$1/dist/$2.js');
    return { ...resolved, url, format: url === resolved.url ? resolved.format : 'module' };
  },
});
