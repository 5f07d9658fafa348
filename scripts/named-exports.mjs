import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * `const { Agent } = await import('undici')`: Node finds the names that a CommonJS module exports, esbuild offers only its default. So each
 * package that is imported while the program runs gets a module in front of it that spells out what Node found.
 */
export const namedExports = {
  name: 'named-exports',
  setup(build) {
    build.onResolve({ filter: /^[^.@]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === 'behind names' || path.startsWith('node:')) return undefined;
      const found = await build.resolve(path, { kind, resolveDir, pluginData: 'behind names' });
      return found.external ? found : { path: found.path, namespace: 'named-exports' };
    });
    build.onLoad({ filter: /.*/, namespace: 'named-exports' }, async ({ path }) => {
      const names = Object.keys(await import(pathToFileURL(path).href)).filter((name) =>
        /^[A-Za-z_$][\w$]*$/.test(name),
      );
      return { contents: `export { ${names.join(', ')} } from ${JSON.stringify(path)};`, resolveDir: dirname(path) };
    });
  },
};
