// Imports one bundle as Lambda does at a cold start, in a process of its own, and prints what it did as JSON: what it exports,
// which variables of the environment it read, which clients of AWS it made. Usage: node import-lambda.ts FILE
//
// The SDK is replaced by classes that only note that they are made: a client that is made shows, whoever makes it.

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const made: string[] = [];
const read: string[] = [];
Object.assign(globalThis, { noteClient: (name: string) => made.push(name) });

/** The names that a package exports, asked before the environment is watched. */
const names = new Map<string, readonly string[]>();
const file = process.argv[2] ?? '';
for (const name of process.argv.slice(3)) names.set(name, Object.keys(await import(name)));

registerHooks({
  resolve: (specifier, context, next) =>
    names.has(specifier) && context.parentURL?.endsWith('.mjs')
      ? { url: `stub:${specifier}`, format: 'module', shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url.startsWith('stub:')
      ? { format: 'module', source: stubOf(url.slice('stub:'.length)), shortCircuit: true }
      : next(url, context),
});

/** Asked by Node's own loader at every import. */
const ofTheLoader = 'WATCH_REPORT_DEPENDENCIES';

process.env = new Proxy(process.env, {
  get: (env, name) => {
    if (name !== ofTheLoader) read.push(String(name));
    return Reflect.get(env, name) as unknown;
  },
  ownKeys: (env) => {
    read.push('all');
    return Reflect.ownKeys(env);
  },
});
const module: object = await import(pathToFileURL(file).href);
console.log(JSON.stringify({ exports: Object.keys(module), read, made }));

function stubOf(name: string): string {
  const classes = (names.get(name) ?? [])
    .filter(isNamed)
    .map((one) => `export class ${one} { constructor() { globalThis.noteClient('${one}'); } }`);
  return classes.join('\n');
}

/** `default` and `module.exports` are there for CommonJS only. */
function isNamed(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default';
}
