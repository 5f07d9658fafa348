import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const throughIndex = /^(import|export) \{([^}]*)\} from '@gprxy\/([\w-]+)';/gm;
const wholeReExport = /^export \* from '(\.[^']+)';/gm;
const passedOn = /^export \{([^}]*)\} from '@gprxy\/([\w-]+)';/gm;
const declaration = /^export (?:async )?(?:function|class|const) (\w+)/gm;
const reExport = /^export \{([^}]*)\} from '(\.[^']+)';/gm;

/**
 * An esbuild plugin: what one package takes from another's index.ts, it takes from the file behind it. esbuild shares code between chunks by
 * whole files, so an index.ts that anybody loads completely would make everybody load all that stands behind it.
 */
export function directImports(packages) {
  const indexes = new Map();
  const fileOf = async (packageName, name) => {
    if (!indexes.has(packageName))
      indexes.set(packageName, readIndex(`${packages}${packageName}/src/index.ts`, fileOf));
    return (await indexes.get(packageName)).get(name);
  };
  return {
    name: 'direct-imports',
    setup(build) {
      build.onLoad({ filter: /\/packages\/[\w-]+\/src\/.*\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const statements = [...source.matchAll(throughIndex)];
        let contents = source;
        for (const [statement, keyword, names, packageName] of statements) {
          const direct = values(names).map(async (specifier) => {
            const file = (await fileOf(packageName, specifier.split(' as ')[0])) ?? `@gprxy/${packageName}`;
            return `${keyword} { ${specifier} } from ${JSON.stringify(file)};`;
          });
          contents = contents.replace(statement, (await Promise.all(direct)).join(''));
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** Where each name of an index.ts comes from; `fileOf` tells it of other packages. */
async function readIndex(index, fileOf) {
  const source = await readFile(index, 'utf8');
  const file = (path) => resolve(dirname(index), path);
  const named = [...source.matchAll(reExport)].flatMap(([, names, path]) =>
    values(names).map((name) => [name, file(path)]),
  );
  const whole = [...source.matchAll(wholeReExport)].map(async ([, path]) => {
    const declared = (await readFile(file(path), 'utf8')).matchAll(declaration);
    return [...declared].map(([, name]) => [name, file(path)]);
  });
  const passed = [...source.matchAll(passedOn)].flatMap(([, names, packageName]) =>
    values(names).map(async (name) => [name, await fileOf(packageName, name)]),
  );
  return new Map([...named, ...(await Promise.all(whole)).flat(), ...(await Promise.all(passed))]);
}

/** The specifiers between braces that are no types. */
function values(names) {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
}
