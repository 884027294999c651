// An audit in a test: what it is given, and its findings in short.

import type { BackupKeys } from '../../lib/br/encryption.ts';
import type { AuditFinding } from '../../lib/domain/audit/audit-finding.ts';
import {
  type AuditDeps,
  type AuditOptions,
  type AuditReport,
  auditBucket,
} from '../../lib/operations/audit/audit-bucket.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';

export const auditNowMs = Date.UTC(2027, 0, 1);
const noKeys: BackupKeys = { snapshot: undefined, log: undefined };

/** Nobody watching, no state and no cluster; `parts` and `options` say what is else. */
export function auditOf(
  store: ObjectStore,
  parts: Partial<AuditDeps> & { readonly keys?: BackupKeys } = {},
  options: Partial<AuditOptions> = {},
): Promise<AuditReport> {
  const { keys = noKeys, ...others } = parts;
  const deps: AuditDeps = {
    backup: { snapshots: store, log: store, keys },
    uploads: new Map(),
    runs: undefined,
    look: undefined,
    nowMs: auditNowMs,
    signal: new AbortController().signal,
    progress: () => {},
    ...others,
  };
  return auditBucket(deps, { nameBytes: 1 << 20, keysOfFinding: 1000, parallel: 8, ...options });
}

/** Each key of each finding, with its kind. */
export function keysByKind(findings: readonly AuditFinding[]): readonly string[] {
  return findings.flatMap(({ kind, keys }) => keys.map((key) => `${kind} ${key}`)).sort();
}

/** The store with other times of writing. */
export function withTimes(store: ObjectStore, writtenMs: (key: string) => number): ObjectStore {
  const timed = <T extends { readonly key: string }>(info: T) => ({
    ...info,
    modifiedMs: writtenMs(info.key),
  });
  return {
    url: store.url,
    async *list(prefix, options) {
      for await (const info of store.list(prefix, options)) yield timed(info);
    },
    listFolders: (prefix) => store.listFolders(prefix),
    head: async (key) => {
      const info = await store.head(key);
      return info === undefined ? undefined : timed(info);
    },
    get: (key, range) => store.get(key, range),
    put: (key, bytes) => store.put(key, bytes),
    delete: (key) => store.delete(key),
    deleteMany: (keys) => store.deleteMany(keys),
  };
}
