// The audit of one store: everything is listed, then all metadata is read, then what was never named is listed again. A name costs about
// 20 bytes of memory; beyond the limit the names are taken in parts, and the metadata is read once for each.

import type { BackupKeys } from '../../br/encryption.ts';
import { type AuditClock, isSettled } from '../../domain/audit/audit-margins.ts';
import { NameJoin } from '../../domain/audit/name-join.ts';
import type { ObjectGroups } from '../../domain/audit/object-groups.ts';
import { PitrError } from '../../domain/errors.ts';
import type { ObjectInfo, ObjectStore } from '../../ports/object-store.ts';
import { foundOf, type NamingDeps, nameLogData, nameSnapshotObjects } from './audit-named.ts';
import { type Place, Places, roleOf, type SnapshotPlace } from './audit-places.ts';
import { unnamedKind } from './audit-unnamed.ts';

export interface StoreAuditDeps {
  readonly store: ObjectStore;
  readonly keys: BackupKeys;
  readonly places: readonly Place[];
  /** What is of the other store of the backup: left out, whatever it is. */
  readonly isElsewhere: (key: string) => boolean;
  readonly groups: ObjectGroups;
  /** Bytes for the names that are held at once. */
  readonly nameBytes: number;
  /** Requests in flight. */
  readonly parallel: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly progress: (event: AuditProgress) => void;
}

/** Sums since the audit began. */
export interface AuditProgress {
  readonly listed: number;
  /** Metas and backupmetas. */
  readonly read: number;
}

export interface StoreAudit {
  readonly objects: number;
  readonly bytes: bigint;
  readonly clock: AuditClock;
  readonly locks: readonly ObjectInfo[];
  /** Snapshots that seemed complete, and are not whole. */
  readonly damaged: readonly { readonly place: SnapshotPlace; readonly problem: PitrError }[];
  /** How often the metadata was read. */
  readonly parts: number;
  /** Metas and backupmetas that were read, all parts together. */
  readonly read: number;
}

/** Errors: those of the storage; INTERRUPTED. What is wrong with an object is counted in `groups`. */
export async function auditStore(deps: StoreAuditDeps): Promise<StoreAudit> {
  return await new StoreAuditor(deps).run();
}

class StoreAuditor {
  readonly #deps: StoreAuditDeps;
  readonly #places: Places;
  #objects = 0;
  #bytes = 0n;
  #newestWriteMs = 0;
  #listed = 0;
  #read = 0;
  readonly #locks: ObjectInfo[] = [];
  readonly #damaged = new Map<SnapshotPlace, PitrError>();
  readonly #unjudged = new Set<Place>();

  constructor(deps: StoreAuditDeps) {
    this.#deps = deps;
    this.#places = new Places(deps.places);
  }

  async run(): Promise<StoreAudit> {
    let parts = 0;
    const open = [{ part: 0, parts: 1 }];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const join = new NameJoin(this.#deps.nameBytes, next.part, next.parts);
      await this.#list(join, parts === 0);
      await this.#name(join, parts === 0);
      if (join.unnamed > 0) await this.#listUnnamed(join);
      open.push(...join.given);
      parts += 1;
    }
    return {
      objects: this.#objects,
      bytes: this.#bytes,
      clock: this.#clock(),
      locks: this.#locks,
      damaged: [...this.#damaged].map(([place, problem]) => ({ place, problem })),
      parts,
      read: this.#read,
    };
  }

  #clock(): AuditClock {
    return { newestWriteMs: this.#newestWriteMs, nowMs: this.#deps.nowMs };
  }

  /** Called for each object that is listed. */
  #tick(): void {
    const { signal, progress } = this.#deps;
    this.#listed += 1;
    if (this.#listed % 1000 !== 0) return;
    progress({ listed: this.#listed, read: this.#read });
    if (signal.aborted) throw new PitrError('INTERRUPTED', 'stopped while the bucket was listed');
  }

  async #list(join: NameJoin, isFirst: boolean): Promise<void> {
    const young: { readonly info: ObjectInfo; readonly at: string }[] = [];
    for await (const info of this.#deps.store.list('')) {
      this.#tick();
      if (this.#deps.isElsewhere(info.key)) continue;
      const role = roleOf(this.#places.of(info.key), info.key);
      if (role.kind === 'data') join.add(info.key);
      if (!isFirst) continue;
      this.#objects += 1;
      this.#bytes += BigInt(info.size);
      this.#newestWriteMs = Math.max(this.#newestWriteMs, info.modifiedMs);
      if (role.kind === 'lock') this.#locks.push(info);
      if (role.kind !== 'left') continue;
      // br writes and removes these all day: only their age, known when all is listed, says that one was left.
      if (role.as === 'permission-check') young.push({ info, at: role.at });
      else this.#deps.groups.add(role.as, role.at, foundOf(info));
    }
    for (const { info, at } of young) {
      if (isSettled(info.modifiedMs, this.#clock()))
        this.#deps.groups.add('permission-check', at, foundOf(info));
    }
  }

  async #name(join: NameJoin, isFirstPart: boolean): Promise<void> {
    const { store, keys, groups, parallel, signal } = this.#deps;
    const onRead = () => {
      this.#read += 1;
      if (this.#read % 100 === 0) this.#deps.progress({ listed: this.#listed, read: this.#read });
      if (signal.aborted) throw new PitrError('INTERRUPTED', 'stopped while metas were read');
    };
    const deps: NamingDeps = { store, keys, groups, join, isFirstPart, parallel, onRead };
    for (const place of this.#places.all) {
      if (place.kind === 'log') {
        if (!(await nameLogData(deps, place))) this.#unjudged.add(place);
        continue;
      }
      const problem = await nameSnapshotObjects(deps, place);
      if (problem === undefined && place.facts.state.kind === 'complete') continue;
      this.#unjudged.add(place);
      if (problem?.code.startsWith('OBJECT_')) this.#damaged.set(place, problem);
    }
  }

  async #listUnnamed(join: NameJoin): Promise<void> {
    const clock = this.#clock();
    for await (const info of this.#deps.store.list('')) {
      this.#tick();
      if (!join.isUnnamed(info.key)) continue;
      const place = this.#places.of(info.key);
      if (place === undefined) continue;
      const { kind, at } = unnamedKind(place, info, !this.#unjudged.has(place), clock);
      this.#deps.groups.add(kind, at, foundOf(info));
    }
  }
}
