import { builtinModules } from 'node:module';

const isBuiltin = new RegExp(`^(node:)?(${builtinModules.join('|')})$`);

/**
 * An esbuild plugin: Node's own modules are loaded when something of theirs is called, not when they are imported. Some take milliseconds
 * (crypto, tls, child_process), and importing any from an ES module costs extra, because Node then looks at all that it exports.
 */
export const lazyBuiltins = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: isBuiltin }, ({ path, kind }) => {
      if (kind === 'dynamic-import') return undefined;
      const namespace = kind === 'require-call' ? 'required-builtins' : 'imported-builtins';
      return { path: path.replace(/^(node:)?/, 'node:'), namespace, sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: 'required-builtins' }, ({ path }) => ({ contents: commonJsModule(path) }));
    build.onLoad({ filter: /.*/, namespace: 'imported-builtins' }, ({ path }) => ({ contents: esModule(path) }));
  },
};

const loading = (name) => `process.getBuiltinModule(${JSON.stringify(name)})`;

const commonJsModule = (name) => `module.exports = ${wholeModule(name)};`;

function wholeModule(name) {
  const exported = process.getBuiltinModule(name);
  // Such as node:events, which is a class, and node:process, which is there anyway.
  if (typeof exported !== 'object' || exported === process) return `/* @__PURE__ */ (() => ${loading(name)})()`;
  const getters = Object.keys(exported).map((key) => `get ${key}() { return ${loading(name)}.${key}; }`);
  return `{ ${getters.join(', ')} }`;
}

/** Each export on its own, so that only the used ones stay in the bundle. */
function esModule(name) {
  if (name === 'node:fs/promises') return promisedFiles();
  const exports = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(name)))
    .filter(([key]) => key !== 'default')
    .map(([key, { value }]) =>
      isPlainFunction(key, value)
        ? `export function ${key}(...args) { return ${loading(name)}.${key}(...args); }`
        : `export const ${key} = /* @__PURE__ */ (() => ${loading(name)}.${key})();`,
    );
  return [...exports, `export default ${wholeModule(name)};`].join('\n');
}

/**
 * Node makes the promises of `node:fs/promises` in a module of its own, which takes over a millisecond to load; `node:fs` is there anyway. What
 * has no twin with a callback there, such as `open` with its file handles, still comes from that module.
 */
function promisedFiles() {
  const promised = process.getBuiltinModule('node:fs/promises');
  const twins = process.getBuiltinModule('node:fs');
  const exports = Object.keys(promised).map((key) => {
    if (key === 'constants')
      return `export const constants = /* @__PURE__ */ (() => ${loading('node:fs')}.constants)();`;
    if (HANDED_OUT.includes(key) || typeof twins[key] !== 'function')
      return `export function ${key}(...args) { return ${loading('node:fs/promises')}.${key}(...args); }`;
    const called = `${loading('node:fs')}.${key}(...args, (error, value) => (error ? reject(error) : resolve(value)))`;
    return `export function ${key}(...args) { return new Promise((resolve, reject) => ${called}); }`;
  });
  return [...exports, `export default /* @__PURE__ */ (() => ${loading('node:fs/promises')})();`].join('\n');
}

/** These give objects, or iterators, that are not the ones of their namesakes with a callback. */
const HANDED_OUT = ['open', 'opendir', 'watch', 'glob', 'cp', 'mkdtempDisposable'];

/** Neither a class nor a function that carries more, such as a variant for promisify: those are needed as they are. */
function isPlainFunction(key, value) {
  return typeof value === 'function' && /^[a-z]/.test(key) && Reflect.ownKeys(value).every((own) => isUsual(own));
}

function isUsual(ownKey) {
  return ['length', 'name', 'prototype', 'arguments', 'caller'].includes(ownKey);
}
