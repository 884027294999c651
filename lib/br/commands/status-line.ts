// `br log status --json`: one line with an array of tasks among the log lines (FACTS §1.8, §9). Whether a task is well is not
// said here: NORMAL proves nothing.
import { type JsonObject, type JsonValue, parseJsonText } from '../json-u64.ts';
import type { BareEvent } from './br-events.ts';
import { asU64 } from './log-line.ts';
import type { TaskError, TaskPause, TaskStatus } from './task-status.ts';

/** The tasks of a status line; undefined when the line is another array. */
export function readStatusLine(text: string): BareEvent | undefined {
  const value = parseJsonText(text);
  if (!Array.isArray(value)) return undefined;
  const tasks: TaskStatus[] = [];
  for (const item of value as readonly JsonValue[]) {
    const task = readTaskStatus(item);
    if (task === undefined) return undefined;
    tasks.push(task);
  }
  return { kind: 'status', tasks };
}

function readTaskStatus(item: JsonValue): TaskStatus | undefined {
  if (!isObject(item) || typeof own(item, 'name') !== 'string') return undefined;
  const status = own(item, 'status');
  return {
    name: text(item, 'name'),
    startTs: asU64(own(item, 'start_ts')),
    endTs: asU64(own(item, 'end_ts')),
    status: status === 'NORMAL' || status === 'PAUSE' || status === 'ERROR' ? status : undefined,
    tableFilter: list(item, 'table_filter').filter((rule) => typeof rule === 'string'),
    storage: text(item, 'storage'),
    checkpointTs: asU64(own(item, 'checkpoint')),
    changesPerSecond: rate(own(item, 'estimate_qps')),
    stores: list(item, 'progress').flatMap(readStore),
    lastErrors: list(item, 'last_errors').flatMap(readTaskError),
    pause: readPause(own(item, 'extra_pause_information')),
  };
}

function readStore(item: JsonValue): TaskStatus['stores'] {
  if (!isObject(item)) return [];
  const [storeId, checkpointTs] = [asU64(own(item, 'store_id')), asU64(own(item, 'checkpoint'))];
  return storeId === undefined || checkpointTs === undefined ? [] : [{ storeId, checkpointTs }];
}

/** Inner fields are left out when they are zero. */
function readTaskError(item: JsonValue): TaskError[] {
  if (!isObject(item)) return [];
  const inner = own(item, 'last_error');
  const error: JsonObject = isObject(inner) ? inner : {};
  const happenedAt = asU64(own(error, 'happen_at'));
  return [
    {
      storeId: asU64(own(item, 'store_id')) ?? asU64(own(error, 'store_id')),
      happenedAtMs: happenedAt === undefined ? undefined : Number(happenedAt),
      code: text(error, 'error_code'),
      message: text(error, 'error_message'),
    },
  ];
}

function readPause(value: JsonValue | undefined): TaskPause | undefined {
  if (!isObject(value)) return undefined;
  return {
    severity: text(value, 'severity'),
    host: text(value, 'operation_hostname'),
    pid: asU64(own(value, 'operation_pid')),
    at: text(value, 'operation_time'),
    payloadType: text(value, 'payload_type'),
    payload: text(value, 'payload'),
  };
}

function rate(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function text(object: JsonObject, name: string): string {
  const value = own(object, name);
  return typeof value === 'string' ? value : '';
}

function list(object: JsonObject, name: string): readonly JsonValue[] {
  const value = own(object, name);
  return Array.isArray(value) ? value : [];
}

function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
