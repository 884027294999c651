// A real S3 server for tests, when `versitygw` is on this machine: started on a loopback port over a temporary folder,
// ended by its process id. It ends by itself when the test process does, because it is its child and we kill it on exit.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { temporaryFolder } from './temporary-folder.ts';

export interface RunningServer {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/** The path of the program, or undefined; looked for in PITR_VERSITYGW, PATH and where Go installs to. */
export function findVersitygw(): string | undefined {
  const goBin = spawnSync('go', ['env', 'GOPATH'], { encoding: 'utf8' }).stdout?.trim();
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    goBin ? join(goBin, 'bin') : '',
    join(homedir(), 'go', 'bin'),
  ];
  const candidates = [
    process.env['PITR_VERSITYGW'],
    ...folders.filter((folder) => folder !== '').map((folder) => join(folder, 'versitygw')),
  ];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** Starts it with one user, the keys of test/support/s3-environment.ts, and with these buckets. */
export async function startVersitygw(program: string, buckets: readonly string[]): Promise<RunningServer> {
  const folder = await temporaryFolder();
  for (const bucket of buckets) mkdirSync(join(folder.path, bucket));
  const port = await freePort();
  const args = [
    '--access',
    'test-key',
    '--secret',
    'test-secret',
    '--port',
    `127.0.0.1:${port}`,
    'posix',
    folder.path,
  ];
  const child = spawn(program, args, { stdio: 'ignore' });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  await untilListening(port, child);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: async () => {
      process.off('exit', kill);
      const gone = new Promise((resolve) => child.once('exit', resolve));
      kill();
      await gone;
      await folder.remove();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with exit code ${child.exitCode}`);
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isUp) return;
    await setTimeout(50);
  }
  throw new Error(`versitygw does not listen on port ${port} after 10 s`);
}
