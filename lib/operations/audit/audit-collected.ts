// The objects of an audit that a cleanup may remove, each as it was listed: more than a finding tells, and kept only for who asks for it.
// Decides nothing.

import { isEmptyMeta, parseMetaName } from '../../br/log/meta-name.ts';
import type { AuditKind } from '../../domain/audit/audit-finding.ts';
import type { AuditClock } from '../../domain/audit/audit-margins.ts';
import type { OpenUpload } from '../../domain/audit/bucket-judgement.ts';
import { type FoundToRemove, type RemovableKind, removableKinds } from '../../domain/audit/cleanup-plan.ts';
import type { FoundObject, TellFound } from '../../domain/audit/object-groups.ts';
import type { LogFacts } from '../../domain/facts.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { StoreAudit } from './audit-store.ts';

export interface CollectOptions {
  /** So many objects in all. */
  readonly most: number;
  /** Only these keys; undefined: whatever is found. */
  readonly only?: ReadonlySet<string>;
}

export interface Collected {
  readonly found: readonly FoundToRemove[];
  /** By the URL of the store. */
  readonly clocks: ReadonlyMap<string, AuditClock>;
}

const kinds: ReadonlySet<string> = new Set(removableKinds);
const isRemovable = (kind: AuditKind): kind is RemovableKind => kinds.has(kind);

/** A meta that has bytes for more than four numbers is not believed to be empty, whatever its name says. */
const mostEmptyBytes = 64n;

export class Collector {
  readonly #options: CollectOptions;
  readonly #logs: readonly LogFacts[];
  readonly #found: FoundToRemove[] = [];
  readonly #clocks = new Map<string, AuditClock>();

  constructor(options: CollectOptions, logs: readonly LogFacts[]) {
    this.#options = options;
    this.#logs = logs;
  }

  get collected(): Collected {
    return { found: this.#found, clocks: this.#clocks };
  }

  /** For the groups of one store. */
  of({ url }: ObjectStore): TellFound {
    return (kind, place, found) => {
      if (isRemovable(kind)) this.#add(kind, place, url, found, this.#isExpired(kind, place, found));
    };
  }

  uploadsOf({ url }: ObjectStore): (upload: OpenUpload) => void {
    return ({ key, id, begunMs, bytes }) => {
      const found = { key, bytes: bytes ?? 0n, writtenMs: begunMs, uploadId: id };
      this.#add('incomplete-upload', key, url, found, false);
    };
  }

  /** Locks, and the clock, once all is listed. */
  addStore({ url }: ObjectStore, { clock, locks }: StoreAudit): void {
    this.#clocks.set(url, clock);
    for (const { key, size, modifiedMs } of locks) {
      this.#add('lock', key, url, { key, bytes: BigInt(size), writtenMs: modifiedMs }, false);
    }
  }

  #add(
    kind: RemovableKind,
    place: string,
    store: string,
    { key, bytes, writtenMs, uploadId }: FoundObject & { readonly uploadId?: string },
    isExpired: boolean,
  ): void {
    const { most, only } = this.#options;
    if (this.#found.length >= most || only?.has(key) === false) return;
    const upload = uploadId === undefined ? {} : { uploadId };
    this.#found.push({ kind, place, store, key, bytes, writtenMs, isExpired, ...upload });
  }

  /** Of a log that can be read, and before its begin: there no reader asks for the flushes of its stores any more. */
  #isExpired(kind: RemovableKind, place: string, { key, bytes }: FoundObject): boolean {
    if (kind !== 'empty-metas' || bytes > mostEmptyBytes) return false;
    const log = this.#logs.find(({ path }) => (path === '' ? '/' : path) === place);
    if (log === undefined || log.problem !== undefined) return false;
    const name = parseMetaName(key);
    return isEmptyMeta(name) && name.flushTs !== undefined && name.flushTs < log.minTs;
  }
}
