// Objects that are alike, counted together: by kind and place, with the first keys and never all of them, so that a bucket full of
// them needs no more memory than one with few. Judges nothing.

import type { AuditKind } from './audit-finding.ts';

export interface FoundObject {
  readonly key: string;
  /** Bytes; 0n of what is missing. */
  readonly bytes: bigint;
  /** Of its last write by the storage's clock, Unix ms; 0 of what is missing. */
  readonly writtenMs: number;
  readonly namedBy?: string;
}

export type TellFound = (kind: AuditKind, place: string, found: FoundObject) => void;

export interface ObjectGroup {
  readonly kind: AuditKind;
  readonly place: string;
  readonly count: number;
  readonly bytes: bigint;
  readonly newestWriteMs: number;
  /** The first ones. */
  readonly keys: readonly string[];
  readonly namedBy: readonly string[];
}

interface Sum {
  readonly kind: AuditKind;
  readonly place: string;
  count: number;
  bytes: bigint;
  newestWriteMs: number;
  readonly keys: string[];
  readonly namedBy: string[];
}

export class ObjectGroups {
  readonly #keysOfGroup: number;
  readonly #told: TellFound;
  readonly #sums = new Map<string, Sum>();

  /** told: of each object, for whoever needs more than the sums. */
  constructor(keysOfGroup: number, told: TellFound = () => {}) {
    this.#keysOfGroup = keysOfGroup;
    this.#told = told;
  }

  add(kind: AuditKind, place: string, found: FoundObject): void {
    const { key, bytes, writtenMs, namedBy } = found;
    this.#told(kind, place, found);
    const id = `${kind} ${place}`;
    let sum = this.#sums.get(id);
    if (sum === undefined) {
      sum = { kind, place, count: 0, bytes: 0n, newestWriteMs: 0, keys: [], namedBy: [] };
      this.#sums.set(id, sum);
    }
    sum.count += 1;
    sum.bytes += bytes;
    sum.newestWriteMs = Math.max(sum.newestWriteMs, writtenMs);
    if (sum.keys.length < this.#keysOfGroup) sum.keys.push(key);
    if (namedBy !== undefined && sum.namedBy.length < this.#keysOfGroup && sum.namedBy.at(-1) !== namedBy) {
      sum.namedBy.push(namedBy);
    }
  }

  all(): readonly ObjectGroup[] {
    return [...this.#sums.values()];
  }

  /** What was counted of a kind at a place, if anything was. */
  at(kind: AuditKind, place: string): ObjectGroup | undefined {
    return this.#sums.get(`${kind} ${place}`);
  }
}
