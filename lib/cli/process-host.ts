// The host that a real process is: its streams, environment and signals. A reader that goes away (`pitr … | head`)
// ends the output quietly. Must not choose dependencies: bin/pitr.ts hands the operations in.

import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { PitrError } from '../domain/errors.ts';
import type { CliHost, Sink } from './host.ts';
import type { Operations } from './operations.ts';

/** The stop signals and the exit code of a second one, which does not wait. */
const stopSignals = ['SIGINT', 'SIGTERM'] as const;

/** `entry` is the URL of the script, from which package.json is found. */
export function processHost(entry: string, operations: () => Promise<Operations>): CliHost {
  const stop = new AbortController();
  for (const name of stopSignals) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    stdout: streamSink(process.stdout),
    stderr: streamSink(process.stderr),
    version: packageVersion(entry),
    nowMs: () => performance.now(),
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => {}),
    signal: stop.signal,
    readFile: readOptionalFile,
    operations,
  };
}

function streamSink(stream: NodeJS.WriteStream): Sink {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE: nobody reads any more. Whatever else breaks a stream cannot be told on it either.
    open = false;
    if (error.code !== 'EPIPE') process.exitCode = 1;
  });
  return {
    write: (text) =>
      new Promise((resolve) => {
        if (!open || text === '') resolve();
        else stream.write(text, () => resolve());
      }),
    get open() {
      return open;
    },
    isTty: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 120;
    },
  };
}

/** The nearest package.json above the script: the same in the repository and in an installed package. */
function packageVersion(entry: string): string {
  for (const step of ['../package.json', '../../package.json']) {
    const file = new URL(step, entry);
    if (!existsSync(file)) continue;
    const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof document === 'object' && document !== null && 'version' in document)
      return String(document.version);
  }
  return 'unknown';
}

async function readOptionalFile(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new PitrError('LOCAL_IO', `${path} cannot be read: ${code === '' ? String(error) : code}`, {
      hint: 'check the permissions of the file and of its folder',
      details: { path },
      cause: error,
    });
  }
}
