// What a log backup sees of a history: the events of both column families with all the noise that is allowed in them
// (FACTS §4.4–4.6): rollbacks, locks, rewritten records with fences, values that were taken back.

import { encodeVersionedKey } from '../br/codec/keys.ts';
import { encodeWriteRecord } from '../br/codec/write-record.ts';
import type { LogEvent } from '../br/data-writer.ts';
import { isLong, type KeyVersion, type VersionedKey, writeRecordOf } from './key-versions.ts';
import type { History } from './model-database.ts';
import type { SeededRandom } from './seeded-random.ts';

/** An event and when TiKV saw it. */
export interface SeenEvent extends LogEvent {
  readonly rawKey: Uint8Array;
  readonly cf: 'default' | 'write';
  readonly type: 'put' | 'delete';
  readonly seenTs: bigint;
}

export interface NoiseOptions {
  /** Of a hundred versions, how many have one more record beside them that changes nothing. */
  readonly noisePercent: number;
}

const noValue = new Uint8Array(0);
const second = 1000n << 18n;

/** All events after startTs, in no order that means anything. */
export function logEvents(
  random: SeededRandom,
  history: History,
  keys: readonly VersionedKey[],
  startTs: bigint,
  { noisePercent }: NoiseOptions,
): readonly SeenEvent[] {
  const events: SeenEvent[] = [];
  for (const { rawKey, versions } of keys) {
    for (const [i, version] of versions.entries()) {
      if (version.commitTs <= startTs) continue;
      const next = versions[i + 1];
      events.push(...versionEvents(random, rawKey, version));
      if (random.chance(noisePercent)) events.push(...rewritten(random, rawKey, version, next, events));
      if (random.chance(noisePercent)) events.push(...harmless(random, history, rawKey, version));
    }
  }
  return events;
}

function write(
  rawKey: Uint8Array,
  ts: bigint,
  value: Uint8Array,
  seenTs: bigint,
  beginTs?: bigint,
): SeenEvent {
  return {
    rawKey,
    cf: 'write',
    type: 'put',
    key: encodeVersionedKey(rawKey, ts),
    value,
    ts,
    seenTs,
    beginTs,
  };
}

function long(rawKey: Uint8Array, ts: bigint, value: Uint8Array, seenTs: bigint): SeenEvent {
  return { rawKey, cf: 'default', type: 'put', key: encodeVersionedKey(rawKey, ts), value, ts, seenTs };
}

function beginOf({ startTs, value }: KeyVersion): bigint | undefined {
  return value === undefined ? undefined : startTs;
}

function versionEvents(random: SeededRandom, rawKey: Uint8Array, version: KeyVersion): SeenEvent[] {
  const { commitTs, startTs, value } = version;
  const tags = random.chance(20)
    ? { txnSource: random.bits(12), lastChange: [random.bits(40), random.bits(7)] as const }
    : {};
  const record = write(rawKey, commitTs, writeRecordOf(version, tags), commitTs, beginOf(version));
  return isLong(version) && value !== undefined ? [record, long(rawKey, startTs, value, startTs)] : [record];
}

/**
 * The record again, with the flag and the fence of a rollback that hit its commit_ts: 0 as long as there is no newer
 * version, else the newer version's commit_ts (FACTS §4.4). Sometimes only this form was seen.
 */
function rewritten(
  random: SeededRandom,
  rawKey: Uint8Array,
  version: KeyVersion,
  next: KeyVersion | undefined,
  soFar: SeenEvent[],
): SeenEvent[] {
  const isAfterNext = next !== undefined && random.chance(50);
  const gcFence = isAfterNext ? next.commitTs : 0n;
  const isOnly = random.chance(30);
  if (isOnly)
    soFar.splice(
      soFar.findLastIndex(({ cf, ts }) => cf === 'write' && ts === version.commitTs),
      1,
    );
  const seenTs = isAfterNext && !isOnly ? next.commitTs + second : version.commitTs;
  const record = writeRecordOf(version, { hasOverlappedRollback: true, gcFence });
  return [write(rawKey, version.commitTs, record, seenTs, beginOf(version))];
}

/** A lock, a rollback, or a long value that was taken back with its rollback. */
function harmless(
  random: SeededRandom,
  history: History,
  rawKey: Uint8Array,
  { commitTs }: KeyVersion,
): SeenEvent[] {
  const ts = history.unusedTs(commitTs + 1n, commitTs + second);
  switch (random.below(3)) {
    case 0:
      return [write(rawKey, ts, encodeWriteRecord({ type: 'L', startTs: ts - 1n }), ts)];
    case 1:
      return [write(rawKey, ts, encodeWriteRecord({ type: 'R', startTs: ts }), ts)];
    default: {
      const value = long(rawKey, ts, random.bytes(300), ts);
      const rollback = write(rawKey, ts, encodeWriteRecord({ type: 'R', startTs: ts }), ts + 1n);
      return [value, rollback, { ...value, type: 'delete', value: noValue, seenTs: ts + 1n }];
    }
  }
}
