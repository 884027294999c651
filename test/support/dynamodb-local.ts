// DynamoDB Local for tests, when it and Java are on this machine: in memory, on a port of its own, as our child, which is
// ended by its process id, also when the test process ends without a word.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { RunningServer } from './versitygw.ts';

/** Its folder of jars, or the reason why there is none. Looked for in PITR_DYNAMODB_LOCAL and where the script puts it. */
export function findDynamodbLocal(): { readonly folder: string } | { readonly missing: string } {
  const folder = process.env['PITR_DYNAMODB_LOCAL'] ?? resolve('.cache/dynamodb-local-2.6.1');
  if (!existsSync(folder)) {
    return {
      missing: 'DynamoDB Local is not on this machine: node scripts/get-dynamodb-local.ts fetches it',
    };
  }
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) {
    return { missing: 'Java, which DynamoDB Local needs, is not on this machine' };
  }
  return { folder };
}

export async function startDynamodbLocal(folder: string): Promise<RunningServer> {
  const port = await freePort();
  const args = [
    '-Xmx256m',
    `-Djava.library.path=${folder}`,
    '-cp',
    `${folder}/*`,
    'com.amazonaws.services.dynamodbv2.local.main.ServerRunner',
    '-inMemory',
    '-sharedDb',
    '-disableTelemetry',
    '-port',
    String(port),
  ];
  const child = spawn('java', args, { stdio: 'ignore' });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswering(endpoint, child);
  return {
    endpoint,
    close: async () => {
      process.off('exit', kill);
      const gone = new Promise((done) => child.once('exit', done));
      kill();
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function untilAnswering(endpoint: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`DynamoDB Local ended with exit code ${child.exitCode}`);
    // It answers 400 to a request without a body, and that is an answer.
    const isUp = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await setTimeout(100);
  }
  throw new Error('DynamoDB Local does not answer after 30 s');
}
