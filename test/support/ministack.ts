// An emulator of AWS for the deploy test, when `scripts/get-ministack.ts` has installed it: on a loopback port, over TLS, with
// the rights of roles enforced, its state in memory. It ends with the test, also when that is killed: it reads a pipe from us.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { testAuthority } from './certificates.ts';

const launcher = fileURLToPath(new URL('./start-ministack.py', import.meta.url));
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

export const emulatedRegion = 'eu-central-1';
export const emulatedAccount = '000000000000';

export interface Ministack {
  readonly endpoint: string;
  /** What clients need: where it is, whom to trust, keys that open nothing but it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Everything that it says, functions included. */
  readonly log: () => string;
  /** The keys of a session in a role, which may do what the role may. */
  readonly sessionOf: (roleArn: string) => SessionKeys;
  readonly close: () => Promise<void>;
}

export interface SessionKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Its Python, or the reason why there is none. Looked for in PITR_MINISTACK and where the script puts it. */
export function findMinistack(): { readonly python: string } | { readonly missing: string } {
  const python = resolve(process.env['PITR_MINISTACK'] ?? '.cache/ministack-1.5.33', 'bin/python');
  const works =
    existsSync(python) && spawnSync(python, ['-c', 'import ministack'], { stdio: 'ignore' }).status === 0;
  if (works) return { python };
  return { missing: 'ministack is not on this machine: node scripts/get-ministack.ts installs it with pip' };
}

/** Starts it; `functions` is added to the environment of every function that it runs. */
export async function startMinistack(
  python: string,
  folder: string,
  functions: Readonly<Record<string, string>>,
): Promise<Ministack> {
  const port = await freePort();
  const endpoint = `https://127.0.0.1:${port}`;
  const authority = trustedAuthority(folder);
  const environment = clientEnvironment(folder, endpoint);
  // A function finds AWS's SDK, which Lambda brings, on the way up from its code.
  mkdirSync(join(folder, 'tmp'));
  symlinkSync(modules, join(folder, 'node_modules'));
  const { AWS_ENDPOINT_URL: _, ...keys } = environment;
  const logFile = join(folder, 'ministack.log');
  const log = openSync(logFile, 'a');
  const child = spawn(python, [launcher], {
    cwd: folder,
    stdio: ['pipe', log, log],
    env: {
      ...keys,
      ...{ TMPDIR: join(folder, 'tmp'), BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) },
      ...{ MINISTACK_HOST: '127.0.0.1', MINISTACK_REGION: emulatedRegion, AUTH: 'true' },
      ...{ USE_SSL: '1', MINISTACK_SSL_CERT: authority.cert, MINISTACK_SSL_KEY: authority.key },
      ...{ IOT_MTLS_ENABLED: '0', SFTP_ENABLED: '0', DOCKER_HOST: `unix://${join(folder, 'no-docker')}` },
      ...functions,
    },
  });
  closeSync(log);
  await untilReady(endpoint, child, () => readFileSync(logFile, 'utf8'));
  return {
    endpoint,
    environment,
    log: () => readFileSync(logFile, 'utf8'),
    sessionOf: (roleArn) => assumeRole(python, environment, roleArn),
    close: () => ended(child),
  };
}

/** A certificate of the emulator that this process and its children trust. */
function trustedAuthority(folder: string): { readonly cert: string; readonly key: string } {
  const authority = testAuthority('deploy test');
  const own = authority.issue('ministack');
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  write('ca.pem', authority.cert);
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  return { cert: write('cert.pem', own.cert), key: write('key.pem', own.key) };
}

function clientEnvironment(folder: string, endpoint: string): Readonly<Record<string, string>> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: emulatedRegion,
    AWS_DEFAULT_REGION: emulatedRegion,
    AWS_CA_BUNDLE: join(folder, 'ca.pem'),
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function untilReady(endpoint: string, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`ministack ended with ${child.exitCode}\n${log()}`);
    const isUp = await fetch(`${endpoint}/_ministack/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await setTimeout(100);
  }
  throw new Error(`ministack does not answer after 30 s\n${log()}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.stdin?.end();
  const late = setTimeout(10_000, 'late', { ref: false });
  if ((await Promise.race([gone, late])) === 'late') {
    child.kill('SIGKILL');
    await gone;
  }
}

/** We have no client of STS; the one in Python is installed beside the emulator. */
const assume = `
import json, sys, botocore.session
client = botocore.session.get_session().create_client("sts")
print(json.dumps(client.assume_role(RoleArn=sys.argv[1], RoleSessionName="deploy-test")["Credentials"], default=str))
`;

function assumeRole(python: string, env: NodeJS.ProcessEnv, roleArn: string): SessionKeys {
  const { status, stdout, stderr } = spawnSync(python, ['-c', assume, roleArn], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const keys = JSON.parse(stdout);
  return {
    accessKeyId: keys.AccessKeyId,
    secretAccessKey: keys.SecretAccessKey,
    sessionToken: keys.SessionToken,
  };
}
