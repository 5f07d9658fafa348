import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const reading = /readFileSync\(new URL\('([^']+)', import\.meta\.url\), 'utf8'\)/g;

/** An esbuild plugin: files that a page is made of become texts in the bundle, which has no files beside it. */
export const inlinedFiles = {
  name: 'inlined-files',
  setup(build) {
    build.onLoad({ filter: /\/page-files\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      let contents = source;
      for (const [call, name] of source.matchAll(reading)) {
        const text = await readFile(resolve(dirname(path), name), 'utf8');
        contents = contents.replace(call, () => JSON.stringify(text));
      }
      return { contents, loader: 'ts' };
    });
  },
};
