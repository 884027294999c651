#!/usr/bin/env node
// Starts `pitr` on whatever Node runs this file, from version 20 on: in the repository bin/pitr.ts as it is, in an installed
// package dist/bin/pitr.js. A Node that cannot run it (no zstd, or no TypeScript) hands over to the `node` package when that is
// installed beside us. Must stay plain JavaScript without dependencies: it is what runs on the old Node.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as zlib from 'node:zlib';

const source = fileURLToPath(new URL('./pitr.ts', import.meta.url));
const built = fileURLToPath(new URL('../dist/bin/pitr.js', import.meta.url));
const entry = existsSync(source) ? source : built;

/** What this Node lacks, as a phrase, or nothing. */
function lacking() {
  if (typeof zlib.zstdDecompressSync !== 'function') return 'it has no zstd';
  if (entry.endsWith('.ts') && !process.features.typescript) return 'it does not run TypeScript';
  return undefined;
}

/** The binary of the `node` package, below this package or beside it; further up may be a folder that others can write to. */
function newerNode() {
  const places = ['../node_modules/node/bin/node'];
  if (basename(fileURLToPath(new URL('../..', import.meta.url))) === 'node_modules')
    places.push('../../node/bin/node');
  return places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(path));
}

function fail(message) {
  process.stderr.write(`pitr: ${message}\n`);
  process.exitCode = 1;
}

/** Runs the entry in another Node and ends as it ends, also when a signal ended it. */
function handOver(node) {
  const child = spawn(node, [entry, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, PITR_HANDED_OVER: process.version },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both of us; from elsewhere the signal reaches only this process.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`${node} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const reason = lacking();
const other = reason === undefined || process.env.PITR_HANDED_OVER !== undefined ? undefined : newerNode();
if (!existsSync(entry)) {
  fail(`${entry} is missing: the package is not built; run npm run build, or install it again`);
} else if (reason === undefined) {
  await import(pathToFileURL(entry).href);
} else if (other !== undefined) {
  handOver(other);
} else {
  fail(
    `Node ${process.version} cannot run this: ${reason}; install Node 24 or newer, ` +
      'or the package node@24 beside this one (npm install node@24)',
  );
}
