// `br log truncate` on a simulated bucket, in the order of FACTS §5.1: lock, shift, safepoint object, then per meta the data first and
// the meta second. Written from the facts and not from our own truncation, so that the one can judge the other.

import { logMetaObject } from '../../br/backup-writer.ts';
import { logMetaPrefix, truncateSafepointKey, truncatingLockKey } from '../../br/layout.ts';
import { parseSafepoint } from '../../br/locks.ts';
import { mayContain, parseMetaName } from '../../br/log/meta-name.ts';
import { type Metadata, MetadataSchema, MetaVersion } from '../../br/proto/gen/log_pb.js';
import { decodeMessage } from '../../br/wire.ts';
import { formatTs } from '../../domain/ts.ts';
import { releaseLock, takeLock } from './br-locks.ts';
import type { BrScript, BrScriptContext } from './br-script.ts';

interface Meta {
  readonly key: string;
  readonly content: Metadata;
}

const detail =
  "There might be another truncate task running, or a truncate task that didn't exit properly. You may check the metadata and " +
  'continue by wait other task finish or manually delete the lock file truncating.lock at the external storage.';

export async function* logTruncate(context: BrScriptContext): BrScript {
  const { flags, cluster, bucket, print } = context;
  const until = flags.ts('until');
  const folder = flags.folder('storage', cluster.options.bucketPath);
  yield 300;
  const lock = { type: 'log-truncate-exclusive', prefix: `${folder}${truncatingLockKey}`, detail } as const;
  await takeLock(context, `${folder}${truncatingLockKey}`, lock);
  try {
    yield 300;
    const safepoint = await bucket.get(`${folder}${truncateSafepointKey}`);
    const before = safepoint === undefined ? 0n : parseSafepoint(truncateSafepointKey, safepoint);
    if (until < before)
      print.line(`According to the log, you have truncated log backup data before ${before}`);
    const metas = await readMetas(context, folder, until);
    yield 2000;
    const shift = shiftOf(metas, until);
    print.log('calculate shift-ts', { 'start-ts': until, 'shift-ts': shift }, 'WARN');
    const old = metas.filter(({ content }) => content.minTs < shift);
    const count = old.reduce((sum, { content }) => sum + expired(content, shift).length, 0);
    const date = formatTs(until).replace('T', ' ').replace('Z', '');
    print.line(`We are going to truncate ${count} files, up to TS ${date}.`);
    if (context.lies) return;
    if (until > before) await bucket.put(`${folder}${truncateSafepointKey}`, text(`${until}`));
    yield 500;
    for (const meta of old) {
      if (expired(meta.content, shift).length === 0) continue;
      yield* cutMeta(context, folder, meta, shift);
    }
    print.log('progress', {
      step: 'Truncating Data Files and Metadata',
      progress: '100.00%',
      count: `${count} / ${count}`,
    });
  } finally {
    await releaseLock(context, `${folder}${truncatingLockKey}`, truncatingLockKey);
  }
}

const text = (value: string) => new TextEncoder().encode(value);

/** All that may be older: a name that does not tell is read. */
async function readMetas({ bucket }: BrScriptContext, folder: string, until: bigint): Promise<Meta[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(`${folder}${logMetaPrefix}`)) {
    const name = parseMetaName(key);
    const isYounger =
      name.minBeginTs !== undefined && name.minBeginTs > until && mayContain(name, 0n, 1n << 63n);
    if (key.endsWith('.meta') && !isYounger) keys.push(key);
  }
  const metas: Meta[] = [];
  for (const key of keys) {
    const bytes = await bucket.get(key);
    if (bytes !== undefined) metas.push({ key, content: decodeMessage(MetadataSchema, bytes, key) });
  }
  return metas;
}

const filesOf = ({ fileGroups }: Metadata) => fileGroups.flatMap(({ dataFilesInfo }) => dataFilesInfo);

/** How far back values are needed by commits at or after `until` (FACTS §5.2). */
function shiftOf(metas: readonly Meta[], until: bigint): bigint {
  let shift = until;
  for (const file of metas.flatMap(({ content }) => filesOf(content))) {
    const begin = file.minBeginTsInDefaultCf;
    if (file.cf === 'default' || begin === 0n || file.maxTs < until) continue;
    if (begin < shift) shift = begin;
  }
  return shift;
}

const expired = ({ fileGroups }: Metadata, shift: bigint) => fileGroups.filter(({ maxTs }) => maxTs < shift);

async function* cutMeta(
  { bucket, lies }: BrScriptContext,
  folder: string,
  { key, content }: Meta,
  shift: bigint,
): BrScript {
  if (lies) return;
  for (const { path } of expired(content, shift)) await bucket.delete(`${folder}${path}`);
  yield 50;
  const groups = content.fileGroups.filter(({ maxTs }) => maxTs >= shift);
  if (groups.length === 0) {
    await bucket.delete(key);
    return;
  }
  const { storeId, resolvedTs } = content;
  const version = content.metaVersion === MetaVersion.V1 ? 1 : 2;
  const { bytes } = logMetaObject({ storeId, resolvedTs, groups, version }, { format: 'hex', flushTs: 0n });
  await bucket.put(key, bytes);
}
