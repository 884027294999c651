// A host for the command line without a process: what it writes is kept, its operations are given by the test.

import type { CliHost } from '../../lib/cli/host.ts';
import { main } from '../../lib/cli/main.ts';
import type { Operations } from '../../lib/cli/operations.ts';

export interface Run {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FakeWorld {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly operations?: Partial<Operations>;
  readonly signal?: AbortSignal;
  readonly tty?: boolean;
  readonly sleep?: CliHost['sleep'];
}

const notGiven = (): never => {
  throw new Error('the test did not expect this operation');
};

/** Runs `pitr` with these words and gives what it wrote. */
export async function pitr(argv: readonly string[], world: FakeWorld = {}): Promise<Run> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: async (text: string) => {
      written[name] += text;
    },
    open: true,
    isTty: world.tty ?? false,
    columns: 120,
  });
  const operations: Operations = {
    describeWindow: notGiven,
    listSnapshots: notGiven,
    listTables: notGiven,
    restore: notGiven,
    query: notGiven,
    inspect: notGiven,
    checkCluster: notGiven,
    describeStatus: notGiven,
    restoreCluster: notGiven,
    callFunction: notGiven,
    bookmark: notGiven,
    localUp: notGiven,
    truncate: notGiven,
    auditBucket: notGiven,
    planCleanup: notGiven,
    cleanUp: notGiven,
    costBucket: notGiven,
    ...world.operations,
  };
  const host: CliHost = {
    argv,
    env: world.env ?? {},
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    version: '1.2.3',
    nowMs: () => 0,
    sleep: world.sleep ?? (async () => {}),
    signal: world.signal ?? new AbortController().signal,
    readFile: async (path) => world.files?.[path],
    operations: async () => operations,
  };
  const exit = await main(host);
  return { exit, ...written };
}
