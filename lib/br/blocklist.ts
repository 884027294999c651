// Blocklist objects: tables that a restore ingested past the log, so that this log cannot tell their content in a span of
// time (FACTS §3.14). A damaged one must stop every use of the log, as it stops br: it says what may not be trusted.
import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { damagedObject } from '../domain/errors.ts';
import type { BlocklistFacts } from '../domain/facts.ts';
import { keyOf, meaningOf } from './layout.ts';
import { type RestoreBlocklist, RestoreBlocklistSchema } from './proto/gen/log_pb.js';
import { decodeMessage } from './wire.ts';

/** Reads and verifies one object; `key` ends with the name that br gave it. Errors: OBJECT_DAMAGED. */
export function parseBlocklist(key: string, bytes: Uint8Array): BlocklistFacts {
  const list = decodeMessage(RestoreBlocklistSchema, bytes, key);
  const expected = checksum(list);
  if (!expected.equals(list.checksum)) {
    throw damagedObject(
      key,
      `checksum ${expected.toString('hex')}`,
      Buffer.from(list.checksum).toString('hex'),
    );
  }
  const at = key.indexOf('v1/log_restore_tables_blocklists/');
  const name = at < 0 ? undefined : meaningOf(key.slice(at));
  if (
    name?.kind === 'blocklist' &&
    (name.commitTs !== list.restoreCommitTs || name.startTs !== list.restoreStartTs)
  ) {
    const found = `R ${list.restoreCommitTs} and S ${list.restoreStartTs} inside`;
    throw damagedObject(key, `R ${name.commitTs} and S ${name.startTs} as in its name`, found);
  }
  return {
    object: key,
    restoreStartTs: list.restoreStartTs,
    restoreCommitTs: list.restoreCommitTs,
    rewriteTs: list.rewriteTs,
    tableIds: list.tableIds,
    dbIds: list.dbIds,
  };
}

/** sha256 over little-endian u64s: commit, start, rewrite, tables, databases. */
function checksum(list: Omit<RestoreBlocklist, '$typeName' | '$unknown' | 'checksum'>): Buffer {
  const values = [list.restoreCommitTs, list.restoreStartTs, list.rewriteTs, ...list.tableIds, ...list.dbIds];
  const bytes = Buffer.alloc(values.length * 8);
  for (const [at, value] of values.entries()) bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at * 8);
  return createHash('sha256').update(bytes).digest();
}

/** The key (relative to the log's folder) and bytes of a blocklist, as br writes them. */
export function blocklistObject(facts: Omit<BlocklistFacts, 'object'>): { key: string; bytes: Uint8Array } {
  const { restoreCommitTs, restoreStartTs, rewriteTs, tableIds, dbIds } = facts;
  const list = { restoreCommitTs, restoreStartTs, rewriteTs, tableIds: [...tableIds], dbIds: [...dbIds] };
  return {
    key: keyOf({ kind: 'blocklist', commitTs: restoreCommitTs, startTs: restoreStartTs }),
    bytes: toBinary(
      RestoreBlocklistSchema,
      create(RestoreBlocklistSchema, { ...list, checksum: checksum({ ...list }) }),
    ),
  };
}
