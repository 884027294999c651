// The versions of one meta key by commit: how they are gathered in any order, and which one is valid at a moment.
// It must not know what the values are.
import { damagedDocument } from './lossless-json.ts';

/** One committed change of a meta key, write and default column family already joined (FACTS §4.4, §4.5). */
export interface MetaChange {
  /** After undoing the outer encoding and the timestamp. */
  readonly rawKey: Uint8Array;
  readonly commitTs: bigint;
  readonly type: 'put' | 'delete';
  readonly value?: Uint8Array | undefined;
}

/** The document of one commit; undefined = deleted. */
export interface Version<T> {
  readonly commitTs: bigint;
  readonly fromBaseline: boolean;
  readonly document: () => T | undefined;
}

/** The newest version at or before `ts`; versions are in the order of their commits. */
export function versionAt<T>(versions: readonly Version<T>[], ts: bigint): Version<T> | undefined {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle]?.commitTs ?? 0n) <= ts) low = middle + 1;
    else high = middle;
  }
  return versions[low - 1];
}

export interface PendingVersion {
  readonly commitTs: bigint;
  readonly value: Uint8Array | undefined;
}

/** All versions of one key as they come in: any order, duplicates of the same content allowed (FACTS §4.6). */
export class PendingKey {
  private readonly byCommit = new Map<bigint, Uint8Array | undefined>();

  add(change: MetaChange, name: string): void {
    const value = change.type === 'delete' ? undefined : change.value;
    if (change.type === 'put' && value === undefined) {
      throw damagedDocument(`${name} at ${change.commitTs}`, 'a value', 'none');
    }
    if (this.byCommit.has(change.commitTs) && !sameBytes(this.byCommit.get(change.commitTs), value)) {
      throw damagedDocument(
        `${name} at ${change.commitTs}`,
        'the same value each time it is read',
        'two values',
      );
    }
    this.byCommit.set(change.commitTs, value);
  }

  sorted(): readonly PendingVersion[] {
    const all = Array.from(this.byCommit, ([commitTs, value]) => ({ commitTs, value }));
    return all.sort((a, b) => (a.commitTs < b.commitTs ? -1 : 1));
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A version whose document is parsed when it is first asked for, and once. */
export function lazily<T>(
  commitTs: bigint,
  value: Uint8Array | undefined,
  parse: (bytes: Uint8Array) => T,
): Version<T> {
  let kept: { readonly document: T | undefined } | undefined;
  return {
    commitTs,
    fromBaseline: false,
    document: () => (kept ??= { document: value === undefined ? undefined : parse(value) }).document,
  };
}
