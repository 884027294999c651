// The objects of a folder in byte order of their whole keys, folder by folder, without opening a file.
// Must not follow links out of the root, nor show the temporary files of a write that is under way.

import type { Dirent } from 'node:fs';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { PitrError } from '../domain/errors.ts';
import { compareKeys } from '../ports/object-key.ts';
import type { ObjectInfo } from '../ports/object-store.ts';
import { isAbsent, storageError } from './file-errors.ts';

/** Files of writes under way begin with this; a crash can leave one behind, and it stays unseen. */
export const temporaryPrefix = '.pitr-put-';

/** After so many files other work of the process gets its turn; a stat takes a few microseconds. */
const filesPerTurn = 1000;

export interface Walk {
  /** A real path: no links in it. */
  readonly root: string;
  /** For messages. */
  readonly url: string;
  readonly prefix: string;
  /** Only keys after it; empty for all. */
  readonly startAfter: string;
}

interface Entry {
  /** Whole key; a folder's ends with `/`, which puts it where its first object is in the order. */
  readonly key: string;
  readonly isFolder: boolean;
}

/** Every object whose key starts with the prefix. STORAGE_DENIED for a link that leaves the root. */
export async function* walk(what: Walk): AsyncGenerator<ObjectInfo, void, undefined> {
  const pending: Entry[][] = [];
  const parent = what.prefix.slice(0, what.prefix.lastIndexOf('/') + 1);
  pending.push(entriesOf(what, parent).reverse());
  let sinceTurn = 0;
  while (pending.length > 0) {
    const entry = pending.at(-1)?.pop();
    if (entry === undefined) {
      pending.pop();
    } else if (entry.isFolder) {
      pending.push(entriesOf(what, entry.key).reverse());
    } else {
      const info = infoOf(`${what.root}/${entry.key}`, entry.key, what.url);
      if (info !== undefined) yield info;
      sinceTurn += 1;
      if (sinceTurn % filesPerTurn === 0) await setImmediate();
    }
  }
}

/** Keys of the folders right below a prefix, each with its trailing slash, in byte order. */
export function foldersOf(root: string, url: string, prefix: string): readonly string[] {
  const entries = entriesOf({ root, url, prefix, startAfter: '' }, prefix);
  return entries.filter((entry) => entry.isFolder).map((entry) => entry.key);
}

/** Whether there is any object below; stops at the first. */
export function folderHoldsObject(root: string, url: string, folder: string): boolean {
  const entries = entriesOf({ root, url, prefix: folder, startAfter: '' }, folder);
  if (entries.some((entry) => !entry.isFolder)) return true;
  return entries.some((entry) => folderHoldsObject(root, url, entry.key));
}

/** What there is to know of one file, or undefined when it is gone or no regular file. */
export function infoOf(path: string, key: string, url: string): ObjectInfo | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return undefined;
    return { key, size: stat.size, modifiedMs: Math.floor(stat.mtimeMs) };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw storageError(error, 'read', `${url}/${key}`);
  }
}

/** Children of one folder that can hold wanted keys, in byte order. */
function entriesOf(what: Walk, folder: string): Entry[] {
  const entries: Entry[] = [];
  for (const child of readFolder(what, folder)) {
    if (child.name.startsWith(temporaryPrefix)) continue;
    const kind = child.isSymbolicLink() ? kindOfLink(what, folder, child.name) : kindOf(child);
    if (kind === 'other') continue;
    const isFolder = kind === 'folder';
    const key = isFolder ? `${folder}${child.name}/` : folder + child.name;
    if (isWanted(what, key, isFolder)) entries.push({ key, isFolder });
  }
  return entries.sort((a, b) => compareKeys(a.key, b.key));
}

function isWanted(what: Walk, key: string, isFolder: boolean): boolean {
  const reachesPrefix = key.startsWith(what.prefix) || (isFolder && what.prefix.startsWith(key));
  if (!reachesPrefix) return false;
  if (what.startAfter === '' || compareKeys(key, what.startAfter) > 0) return true;
  return isFolder && what.startAfter.startsWith(key);
}

function readFolder(what: Walk, folder: string): Dirent[] {
  try {
    const path = realpathSync(`${what.root}/${folder}`);
    if (!isInside(what.root, path)) throw linkRefused(what, folder, path);
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw storageError(error, 'list', `${what.url}/${folder}`);
  }
}

function kindOf(child: Dirent): 'file' | 'folder' | 'other' {
  if (child.isFile()) return 'file';
  return child.isDirectory() ? 'folder' : 'other';
}

/**
 * A link to nowhere is nothing. A link to a folder above itself, or to a folder from within a linked folder, could make a
 * walk without end, so both are refused.
 */
function kindOfLink(what: Walk, folder: string, name: string): 'file' | 'folder' | 'other' {
  const path = `${what.root}/${folder}${name}`;
  try {
    const target = realpathSync(path);
    if (!isInside(what.root, target)) throw linkRefused(what, folder + name, target);
    const stat = statSync(target, { throwIfNoEntry: false });
    if (stat?.isFile() === true) return 'file';
    if (stat?.isDirectory() !== true) return 'other';
    const real = `${realpathSync(`${what.root}/${folder}`)}/`;
    const isInLink = real !== `${what.root}/${folder}`;
    if (isInLink || real.startsWith(`${target}/`)) {
      throw linkRefused(what, folder + name, target);
    }
    return 'folder';
  } catch (error) {
    if (isAbsent(error)) return 'other';
    throw storageError(error, 'list', `${what.url}/${folder}${name}`);
  }
}

/** Whether a real path is the root or below it. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root === '/' ? '/' : `${root}/`);
}

/** The refusal of a symbolic link that points out of the folder that was opened, or above itself. */
export function linkRefused(what: Pick<Walk, 'root' | 'url'>, key: string, target: string): PitrError {
  const where = isInside(what.root, target)
    ? 'above itself or from within another link'
    : 'outside of the storage folder';
  return new PitrError('STORAGE_DENIED', `${what.url}/${key} is a link to ${target}, ${where}`, {
    hint: 'copy what it points to into the folder, or give that place itself with --storage, --snapshots or --log',
    details: { key, target },
  });
}
