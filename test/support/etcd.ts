// A real etcd for tests, when the program is on this machine (Debian: etcd-server): started on loopback ports over a
// temporary folder, filled with recorded keys over its own JSON gateway, ended by its process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { EtcdKeyValue } from '../../lib/pd/range.ts';
import type { TestAuthority, TestCertificate } from './certificates.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface RunningEtcd {
  readonly address: string;
  put(keyValue: Pick<EtcdKeyValue, 'key' | 'value'>): Promise<void>;
  close(): Promise<void>;
}

export interface EtcdTls {
  readonly authority: TestAuthority;
  readonly client: TestCertificate;
}

/** The path of the program, or undefined; looked for in PITR_ETCD and PATH. */
export function findEtcd(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [process.env['PITR_ETCD'], ...folders.map((folder) => join(folder, 'etcd'))];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** Starts one; with `tls` it asks clients for certificates. `arguments_` go to the program. */
export async function startEtcd(
  program: string,
  options: { readonly tls?: EtcdTls; readonly arguments?: readonly string[] } = {},
): Promise<RunningEtcd> {
  const folder = await temporaryFolder();
  const scheme = options.tls === undefined ? 'http' : 'https';
  const address = `${scheme}://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(
    program,
    [
      ...['--data-dir', join(folder.path, 'data'), '--name', 'test', '--log-level', 'error'],
      ...['--listen-client-urls', address, '--advertise-client-urls', address],
      ...[
        '--listen-peer-urls',
        peer,
        '--initial-advertise-peer-urls',
        peer,
        '--initial-cluster',
        `test=${peer}`,
      ],
      ...(options.tls === undefined ? [] : tlsArguments(folder.path, options.tls)),
      ...(options.arguments ?? []),
    ],
    { stdio: 'ignore' },
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ask = (path: string, body: unknown) => post(`${address}${path}`, body, options.tls);
  await untilUp(child, () => ask('/v3/maintenance/status', {}));
  return {
    address,
    put: async ({ key, value }) => {
      const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
      const status = await ask('/v3/kv/put', { key: text(key), value: text(value) });
      if (status !== 200) throw new Error(`etcd answered a put with ${status}`);
    },
    close: async () => {
      process.off('exit', kill);
      const gone = new Promise((resolve) => child.once('exit', resolve));
      kill();
      await gone;
      await folder.remove();
    },
  };
}

function tlsArguments(folder: string, { authority }: EtcdTls): string[] {
  const server = authority.issue('etcd');
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return [
    ...['--cert-file', write('server.crt', server.cert), '--key-file', write('server.key', server.key)],
    ...['--client-cert-auth', '--trusted-ca-file', write('ca.crt', authority.cert)],
  ];
}

function post(url: string, body: unknown, tls: EtcdTls | undefined): Promise<number> {
  const options: RequestOptions = { method: 'POST', agent: false };
  const secure =
    tls === undefined ? {} : { ca: tls.authority.cert, cert: tls.client.cert, key: tls.client.key };
  return new Promise((resolve, reject) => {
    const sent = url.startsWith('https:')
      ? requestHttps(url, { ...options, ...secure })
      : requestHttp(url, options);
    sent.once('error', reject);
    sent.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.end(JSON.stringify(body));
  });
}

async function untilUp(child: ChildProcess, ask: () => Promise<number>): Promise<void> {
  let problem: unknown;
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`etcd ended with exit code ${child.exitCode}`);
    try {
      // 404: up, with the gateway switched off.
      const status = await ask();
      if (status === 200 || status === 404) return;
    } catch (error) {
      problem = error;
    }
    await setTimeout(50);
  }
  throw new Error('etcd does not answer after 10 s', { cause: problem });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
