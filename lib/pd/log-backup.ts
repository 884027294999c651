// The keys of log backup as facts: which tasks there are, their state by FACTS §2.5, what is left of others, who runs an
// import. Every key ends somewhere: in a task, in a leftover, or among the unexplained. Decides nothing.

import { damagedObject } from '../domain/errors.ts';
import type {
  CheckpointFacts,
  ImportLeaseFacts,
  LeftoverTaskFacts,
  LogBackupFacts,
  LogTaskFacts,
  PauseFacts,
  StoreErrorFacts,
  TaskState,
  UnexplainedKey,
} from '../domain/log-task/log-task-facts.ts';
import { bigEndianU64, type KeyMeaning, meaningOfKey, printableKey } from './etcd-key.ts';
import { parsePause, parseStoreError } from './pause.ts';
import type { EtcdKeyValue } from './range.ts';
import { parseTaskInfo } from './task-info.ts';

/** The keys of one task's name, as they come. */
interface TaskKeys {
  info: EtcdKeyValue | undefined;
  pause: EtcdKeyValue | undefined;
  central: bigint | undefined;
  readonly keys: string[];
  readonly ranges: { startHex: string; endHex: string }[];
  readonly persisted: Map<bigint, bigint>;
  readonly advanced: Map<bigint, bigint>;
  readonly errors: StoreErrorFacts[];
  regionCount: number;
  regionMin: bigint;
}

interface Collected {
  readonly tasks: Map<string, TaskKeys>;
  readonly owners: EtcdKeyValue[];
  readonly imports: ImportLeaseFacts[];
  readonly unexplained: UnexplainedKey[];
}

/**
 * Facts of all keys of `/tidb/br-stream/` and `/tidb/brie/import/` at one revision; keys elsewhere are passed over.
 * Errors: OBJECT_DAMAGED for an `info` key that cannot be read, because "no task" would be a lie then.
 */
export function logBackupFacts(keyValues: readonly EtcdKeyValue[], revision: bigint): LogBackupFacts {
  const collected: Collected = { tasks: new Map(), owners: [], imports: [], unexplained: [] };
  const names = keyValues.flatMap(({ key }) => {
    const meaning = meaningOfKey(key, []);
    return meaning.kind === 'info' ? [meaning.task] : [];
  });
  for (const keyValue of keyValues) collect(collected, keyValue, meaningOfKey(keyValue.key, names));

  const tasks: { facts: LogTaskFacts; created: bigint }[] = [];
  const leftovers: LeftoverTaskFacts[] = [];
  for (const [name, keys] of collected.tasks) {
    if (keys.info === undefined) leftovers.push({ name, keys: keys.keys, centralGlobal: keys.central });
    else
      tasks.push({
        facts: taskFacts(name, keys, keys.info, collected),
        created: keys.info.createRevision,
      });
  }
  const byAge = tasks.sort((a, b) => Number(a.created - b.created)).map(({ facts }) => facts);
  const [task, ...otherTasks] = byAge;
  return {
    task: task ?? { kind: 'none' },
    otherTasks,
    leftovers,
    advancers: collected.owners
      .toSorted((a, b) => Number(a.createRevision - b.createRevision))
      .map(({ value }) => new TextDecoder().decode(value)),
    imports: collected.imports,
    unexplained: collected.unexplained,
    revision,
  };
}

function collect(collected: Collected, keyValue: EtcdKeyValue, meaning: KeyMeaning): void {
  switch (meaning.kind) {
    case 'outside':
      return;
    case 'unknown':
      unexplained(collected, keyValue, 'no key of this form is known');
      return;
    case 'owner':
      collected.owners.push(keyValue);
      return;
    case 'import':
      collected.imports.push({
        kind: meaning.lease,
        name: meaning.name,
        hasLease: keyValue.lease !== 0n,
      });
      return;
    default:
      collectOfTask(collected, keyValue, meaning);
  }
}

type TaskKeyMeaning = Extract<KeyMeaning, { readonly task: string }>;

function collectOfTask(collected: Collected, keyValue: EtcdKeyValue, meaning: TaskKeyMeaning): void {
  const keys = keysOfTask(collected, meaning.task);
  keys.keys.push(printableKey(keyValue.key));
  switch (meaning.kind) {
    case 'info':
      keys.info = keyValue;
      return;
    case 'pause':
      keys.pause = keyValue;
      return;
    case 'range':
      keys.ranges.push({ startHex: hex(meaning.start), endHex: hex(keyValue.value) });
      return;
    case 'last-error': {
      const parsed = parseStoreError(printableKey(keyValue.key), keyValue.value, meaning.storeId);
      keys.errors.push(parsed.error);
      if (parsed.problem !== undefined) unexplained(collected, keyValue, parsed.problem);
      return;
    }
    default:
      collectCheckpoint(collected, keys, keyValue, meaning);
  }
}

type CheckpointMeaning = Exclude<
  TaskKeyMeaning,
  { readonly kind: 'info' | 'pause' | 'range' | 'last-error' }
>;

function collectCheckpoint(
  collected: Collected,
  keys: TaskKeys,
  keyValue: EtcdKeyValue,
  meaning: CheckpointMeaning,
): void {
  if (keyValue.value.length !== 8) {
    unexplained(
      collected,
      keyValue,
      `expected 8 bytes, a big-endian TSO, found ${keyValue.value.length} bytes`,
    );
    return;
  }
  const ts = bigEndianU64(keyValue.value);
  switch (meaning.kind) {
    case 'central-global':
      keys.central = ts;
      return;
    case 'storage-checkpoint':
      keys.persisted.set(meaning.storeId, ts);
      return;
    case 'store-checkpoint':
      keys.advanced.set(meaning.storeId, ts);
      return;
    case 'region-checkpoint':
      keys.regionMin = keys.regionCount === 0 || ts < keys.regionMin ? ts : keys.regionMin;
      keys.regionCount += 1;
      return;
    default:
      meaning satisfies never;
  }
}

function keysOfTask(collected: Collected, name: string): TaskKeys {
  const known = collected.tasks.get(name);
  if (known !== undefined) return known;
  const keys: TaskKeys = {
    info: undefined,
    pause: undefined,
    central: undefined,
    keys: [],
    ranges: [],
    persisted: new Map(),
    advanced: new Map(),
    errors: [],
    regionCount: 0,
    regionMin: 0n,
  };
  collected.tasks.set(name, keys);
  return keys;
}

function taskFacts(name: string, keys: TaskKeys, info: EtcdKeyValue, collected: Collected): LogTaskFacts {
  const object = printableKey(info.key);
  const parsed = parseTaskInfo(object, info.value);
  if (parsed.name !== name)
    throw damagedObject(object, `the task ${JSON.stringify(name)}`, JSON.stringify(parsed.name));
  return {
    kind: 'task',
    ...parsed,
    state: stateOf(keys, collected),
    storeErrors: keys.errors,
    checkpoints: checkpointsOf(keys),
    ranges: keys.ranges,
    revision: info.modRevision,
  };
}

function stateOf(keys: TaskKeys, collected: Collected): TaskState {
  if (keys.pause === undefined) return { kind: 'normal' };
  const parsed = parsePause(printableKey(keys.pause.key), keys.pause.value);
  if (parsed.problem !== undefined) unexplained(collected, keys.pause, parsed.problem);
  if (keys.errors.length === 0 && parsed.pause.severity !== 'ERROR')
    return { kind: 'paused', ...parsed.pause };
  return { kind: 'error', stores: storesInError(keys, parsed.error), pause: fullPause(keys, parsed.pause) };
}

/** The payload of the pause counts when its store left no key of its own. */
function storesInError(keys: TaskKeys, payload: StoreErrorFacts | undefined): readonly StoreErrorFacts[] {
  if (payload === undefined || keys.errors.some(({ storeId }) => storeId === payload.storeId))
    return keys.errors;
  return [...keys.errors, payload];
}

/** Before 8.5.5 TiKV pauses without a word; the error's time is then the best there is. */
function fullPause(keys: TaskKeys, pause: PauseFacts): PauseFacts {
  if (pause.sinceMs !== undefined) return pause;
  const times = keys.errors.flatMap(({ atMs }) => (atMs === undefined ? [] : [atMs]));
  return times.length === 0 ? pause : { ...pause, sinceMs: Math.min(...times) };
}

function checkpointsOf(keys: TaskKeys): CheckpointFacts {
  const ids = [...new Set([...keys.persisted.keys(), ...keys.advanced.keys()])].sort((a, b) => Number(a - b));
  let persisted: bigint | undefined;
  for (const ts of keys.persisted.values())
    persisted = persisted === undefined || ts > persisted ? ts : persisted;
  return {
    persisted,
    advanced: keys.central,
    perStore: ids.map((storeId) => ({
      storeId,
      persisted: keys.persisted.get(storeId),
      advanced: keys.advanced.get(storeId),
    })),
    regions: keys.regionCount === 0 ? undefined : { count: keys.regionCount, min: keys.regionMin },
  };
}

function unexplained(collected: Collected, { key }: EtcdKeyValue, problem: string): void {
  collected.unexplained.push({ key: printableKey(key), problem });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
