// The staging folder beside a target: everything of a restore is in it until the result takes the target's place.
// A folder that a dead restore left is cleared; one that a living restore uses is refused.

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { PitrError } from '../../domain/errors.ts';

const OWNER = 'owner.json';
/** What stood at the target while the result takes its place. */
const BEFORE = 'before';

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

/** Staging folders of restores that run in this process. */
const ours = new Set<string>();

/**
 * target: path of the file or folder that the restore becomes. The folder is claimed by renaming one that already names
 * its owner, so that of two restores that begin at once exactly one gets it. Errors: TARGET_OCCUPIED, LOCAL_IO.
 */
export async function openStaging(target: string): Promise<Staging> {
  const path = resolve(target);
  const folder = `${path}.pitr-partial`;
  await attempt(path, () => claim(folder, path));
  const resultPath = join(folder, `result-${basename(path)}`);
  return {
    folder,
    partFolder: join(folder, 'parts'),
    spillFolder: join(folder, 'spill'),
    resultPath,
    swap: () =>
      attempt(path, async () => {
        if ((await kindOf(path)) !== 'nothing') await rename(path, join(folder, BEFORE));
        await rename(resultPath, path);
      }),
    async cleanUp() {
      ours.delete(folder);
      await attempt(path, () => rm(folder, { recursive: true, force: true }));
    },
  };
}

async function claim(folder: string, path: string): Promise<void> {
  const made = `${folder}.${randomUUID()}`;
  await makeFolders(made);
  for (const name of ['parts', 'spill']) await mkdir(join(made, name));
  await writeFile(join(made, OWNER), JSON.stringify({ pid: process.pid, host: hostname() }));
  try {
    while (!(await renamed(made, folder))) {
      await refuseLiving(folder, path);
      await clearDead(folder, path);
    }
    ours.add(folder);
  } catch (caught) {
    await rm(made, { recursive: true, force: true });
    throw caught;
  }
}

/** Whether the folder got its new name; false when a folder that holds something has it. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (caught) {
    const code = caught instanceof Error && 'code' in caught ? caught.code : undefined;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw caught;
  }
}

/** Takes a dead restore's folder away; what it had moved aside, and not yet replaced, goes back to its place. */
async function clearDead(folder: string, path: string): Promise<void> {
  const dead = `${folder}.${randomUUID()}`;
  try {
    await rename(folder, dead);
  } catch {
    // Somebody else was first; the next try at the name tells.
    return;
  }
  const before = join(dead, BEFORE);
  if ((await kindOf(before)) !== 'nothing' && (await kindOf(path)) === 'nothing') await rename(before, path);
  await rm(dead, { recursive: true, force: true });
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
  if (typeof pid !== 'number' || host !== hostname() || !isAlive(pid, folder)) return;
  throw new PitrError('TARGET_OCCUPIED', `another restore into ${path} is running as process ${pid}`, {
    hint: `wait for it, stop it, or choose another target; ${folder} belongs to it`,
    details: { path, pid },
  });
}

function isAlive(pid: number, folder: string): boolean {
  if (pid === process.pid) return ours.has(folder);
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
