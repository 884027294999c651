// Makes what `npm pack` ships: JavaScript, file by file and at the same places below dist/, because Node does not strip
// types below node_modules. No bundling, so that stack traces name real files and worker entries stay where they are; only the
// functions that are deployed are bundled, and the types of the construct stand beside it.
// Usage: node scripts/build.ts [OUT]   (OUT is dist unless told)

import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { faultsOf, writeLambdas } from './bundle-lambdas.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? join(root, 'dist'));

/** `./x.ts` in imports, dynamic imports and `new URL('./x.ts', import.meta.url)` of worker entries. */
const specifier = /(\bfrom\s*|\bimport\s*\(?\s*|new URL\(\s*)(["'])(\.{1,2}\/[^"'\n]+)\.ts\2/g;

async function buildFile(path: string): Promise<void> {
  const source = await readFile(join(root, path), 'utf8');
  const { code } = await transform(source, {
    loader: 'ts',
    format: 'esm',
    target: 'node22',
    sourcefile: path,
  });
  const target = join(out, path.replace(/\.ts$/, '.js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code.replace(specifier, '$1$2$3.js$2'));
}

/** Every relative import of the result must be there: a build that misses one fails here, not at a user's. */
async function checkImports(paths: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const path of paths) {
    const file = join(out, path.replace(/\.ts$/, '.js'));
    const code = await readFile(file, 'utf8');
    for (const match of code.matchAll(
      /(?:\bfrom\s*|\bimport\s*\(?\s*|new URL\(\s*)["'](\.{1,2}\/[^"'\n]+\.[a-z]+)["']/g,
    )) {
      const imported = match[1] ?? '';
      if (imported.endsWith('.ts') || !existsSync(join(dirname(file), imported)))
        missing.push(`${path}: ${imported}`);
    }
  }
  if (missing.length > 0) throw new Error(`the build misses what is imported:\n${missing.join('\n')}`);
}

/** What whoever installs the package imports. */
const construct = 'lib/stack/tidb-pitr.ts';
/** Of the app of this repository, with packages that an installed one does not have. */
const notPacked = ['lib/stack/pitr-app.ts'];

/** The types of the construct and of all that they name. */
async function writeTypes(): Promise<void> {
  const config = join(out, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: out,
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const files = [join(root, construct)];
  const extended = { extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [], exclude: [] };
  await mkdir(out, { recursive: true });
  await writeFile(config, JSON.stringify(extended));
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
    encoding: 'utf8',
  });
  await rm(config);
  if (tsc.status !== 0) throw new Error(`the types cannot be made: ${tsc.stdout}${tsc.stderr}`);
  for (const path of globSync('lib/**/*.d.ts', { cwd: out })) {
    const file = join(out, path);
    await writeFile(file, (await readFile(file, 'utf8')).replace(specifier, '$1$2$3.js$2'));
  }
}

async function writeFunctions(): Promise<number> {
  const bundles = await writeLambdas({ out: join(out, 'lambdas') });
  const faults = bundles.flatMap(faultsOf);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return bundles.length;
}

await rm(out, { recursive: true, force: true });
const sources = globSync(['bin/pitr.ts', 'lib/**/*.ts'], { cwd: root, exclude: notPacked });
for (const path of sources) await buildFile(path);
const assets = globSync(['lib/**/*.js', 'lib/**/*.json', 'lib/**/*.sql'], { cwd: root });
for (const path of assets) await cp(join(root, path), join(out, path));
await checkImports(sources);
await writeTypes();
const functions = await writeFunctions();
console.log(`${sources.length} files and ${functions} functions built to ${out}`);
