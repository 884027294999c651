// The staging folder beside a target: everything of a restore is in it until the result takes the target's place.
// A folder that a dead restore left is cleared; one that a living restore uses is refused.

import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { PitrError } from '../../domain/errors.ts';

const OWNER = 'owner.json';

export interface Staging {
  readonly folder: string;
  readonly partFolder: string;
  readonly spillFolder: string;
  /** Where the result is built before it takes the target's place. */
  readonly resultPath: string;
  /** Puts the result in the target's place; what was there before is removed. */
  swap(): Promise<void>;
  cleanUp(): Promise<void>;
}

/** target: path of the file or folder that the restore becomes. */
export async function openStaging(target: string): Promise<Staging> {
  const path = resolve(target);
  const folder = `${path}.pitr-partial`;
  await refuseLiving(folder, path);
  await attempt(path, async () => {
    await rm(folder, { recursive: true, force: true });
    await makeFolders(folder);
    for (const name of ['parts', 'spill']) await mkdir(join(folder, name));
    await writeFile(join(folder, OWNER), JSON.stringify({ pid: process.pid, host: hostname() }));
  });
  const resultPath = join(folder, `result-${basename(path)}`);
  return {
    folder,
    partFolder: join(folder, 'parts'),
    spillFolder: join(folder, 'spill'),
    resultPath,
    swap: () =>
      attempt(path, async () => {
        const before = join(folder, 'before');
        if ((await kindOf(path)) !== 'nothing') await rename(path, before);
        await rename(resultPath, path);
      }),
    cleanUp: () => attempt(path, () => rm(folder, { recursive: true, force: true })),
  };
}

/** The folder and those above it. One by one: Node's own recursive way never ends where a file system refuses folders. */
async function makeFolders(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let at = folder; (await kindOf(at)) === 'nothing'; at = dirname(at)) missing.push(at);
  for (const path of missing.reverse()) await mkdir(path);
}

/** What is at a path. */
export async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'nothing';
  }
}

async function refuseLiving(folder: string, path: string): Promise<void> {
  let owner: { pid?: unknown; host?: unknown };
  try {
    owner = JSON.parse(await readFile(join(folder, OWNER), 'utf8'));
  } catch {
    return;
  }
  const { pid, host } = owner;
  if (typeof pid !== 'number' || host !== hostname() || pid === process.pid || !isAlive(pid)) return;
  throw new PitrError('TARGET_OCCUPIED', `another restore into ${path} is running as process ${pid}`, {
    hint: `wait for it, stop it, or choose another target; ${folder} belongs to it`,
    details: { path, pid },
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs file operations on a target; errors become LOCAL_IO naming it. */
export async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof PitrError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PitrError('LOCAL_IO', `the target ${path} cannot be written: ${reason}`, {
      hint: 'check that its folder exists, may be written and has room',
      details: { path },
      cause,
    });
  }
}
