// What a log line of br means: its message → an event. Messages that nobody needs are lines. A field that is missing or of
// another type never makes an error: the line stays a line.
import type { JsonValue } from '../json-u64.ts';
import type { BareEvent, SummaryEvent } from './br-events.ts';
import { errorIdsOf, meaningOf } from './error-catalogue.ts';
import { parseGoDuration } from './go-values.ts';
import { asU64, type LogField, type LogLine, textOf, u64Of } from './log-line.ts';

type Fields = readonly LogField[];
type MessageReader = (fields: Fields, message: string) => BareEvent | undefined;

const messages: Readonly<Record<string, MessageReader>> = {
  progress: readProgress,
  'log metadata': readMetadata,
  'log start': readTask,
  'log stop': readTask,
  'log pause': readTask,
  'log resume': readTask,
  'set stream safePoint': readSafePoint,
  'current backup safePoint job': readSafePoint,
  'start point in time restore': readRestoreRange,
  'BR operation started': readOperation,
  'Welcome to Backup & Restore (BR)': readVersion,
  'task heartbeat unchanged, continuing to wait': readRegistryWait,
  'successfully created new registration': (fields) => readRegistry(fields, 'created'),
  'successfully resumed existing registration': (fields) => readRegistry(fields, 'resumed'),
  'unregistered restore task': (fields) => readRegistry(fields, 'removed'),
  'set config tikv gc.ratio-threshold': readGcRatio,
  'Releasing lock.': readLockReleased,
  'effects are saved, you may check them then.': readEffects,
  'task is actively running, cannot abort': () => ({ kind: 'abort-skipped', because: 'running' }),
  'no paused restore task found with matching parameters': () => ({
    kind: 'abort-skipped',
    because: 'not-found',
  }),
};

/** The event of a log line, or undefined for one that is only kept. */
export function readLogLine(line: LogLine): BareEvent | undefined {
  const reader = Object.hasOwn(messages, line.message) ? messages[line.message] : undefined;
  const event = reader?.(line.fields, line.message);
  if (event !== undefined) return event;
  if (/^.{1,200} (?:success|failed) summary$/.test(line.message)) return readSummary(line);
  return /^(?:ERROR|FATAL|PANIC|DPANIC)$/.test(line.level) ? readError(line) : undefined;
}

/** `count` is `a / b`, `0` or `-1`; `progress` is `100.00%` or `?%`. */
function readProgress(fields: Fields): BareEvent | undefined {
  const step = textOf(fields, 'step');
  if (step === undefined) return undefined;
  const percent = /^(\d{1,3}(?:\.\d{1,9})?)%$/.exec(textOf(fields, 'progress') ?? '')?.[1];
  const count = /^(\d{1,20})(?: \/ (\d{1,20}))?$/.exec(textOf(fields, 'count') ?? '');
  return {
    kind: 'progress',
    step: step.replace(/\.\.\.\s*$/, ''),
    fraction: percent === undefined ? undefined : Math.min(1, Number(percent) / 100),
    done: asU64(count?.[1]),
    total: asU64(count?.[2]),
    speed: textOf(fields, 'speed'),
    elapsedMs: durationOf(fields, 'elapsed'),
    remainingMs: durationOf(fields, 'remaining'),
  };
}

/** FACTS §1.12, of every version: `restore-from` and `restore-to` stand twice up to 8.1, first as u64, then as a date. */
function readSummary(line: LogLine): Omit<SummaryEvent, 'stream' | 'atMs'> {
  const { fields, message } = line;
  const succeeded = message.endsWith(' success summary');
  const name = message.slice(0, -(succeeded ? ' success summary' : ' failed summary').length);
  return {
    kind: 'summary',
    name,
    succeeded,
    backupTs: u64Of(fields, 'BackupTS'),
    restoreTs: u64Of(fields, 'RestoreTS'),
    sizeBytes: u64Of(fields, 'Size'),
    keyValues: u64Of(fields, 'total-kv') ?? u64Of(fields, 'total-kv-count'),
    takeMs: durationOf(fields, 'total-take'),
    sourceStartTs: u64Of(fields, 'source-start-point') ?? u64Of(fields, 'restore-from'),
    sourceEndTs: u64Of(fields, 'source-end-point') ?? u64Of(fields, 'restore-to'),
    targetEndTs: u64Of(fields, 'target-end-point'),
    errors: succeeded ? [] : fields.filter((field) => field.name === 'error').map(errorText),
    fields,
  };
}

const errorText = (field: LogField) => (typeof field.value === 'string' ? field.value : String(field.value));

/** `br failed` is the last word of a run; other errors lead to it or were overcome. */
function readError(line: LogLine): BareEvent {
  const cause = textOf(line.fields, 'error');
  return errorEvent(cause ?? line.message, line.message === 'br failed');
}

/** The event of an error text, from wherever it comes. */
export function errorEvent(text: string, isFinal: boolean): BareEvent {
  return { kind: 'error', ids: errorIdsOf(text), text, isFinal, meaning: meaningOf(text) };
}

function readMetadata(fields: Fields): BareEvent | undefined {
  const [logMinTs, logMaxTs] = [u64Of(fields, 'log-min-ts'), u64Of(fields, 'log-max-ts')];
  if (logMinTs === undefined || logMaxTs === undefined) return undefined;
  return { kind: 'metadata', logMinTs, logMaxTs };
}

function readTask(fields: Fields, message: string): BareEvent | undefined {
  const info = objectOf(fields, 'streamTaskInfo');
  const taskName = info?.find(({ name }) => name === 'taskName')?.value;
  if (info === undefined || typeof taskName !== 'string') return undefined;
  return { kind: 'task', command: message, taskName, startTs: u64Of(info, 'startTs') };
}

function readSafePoint(fields: Fields): BareEvent | undefined {
  const safePoint = objectOf(fields, 'safePoint');
  if (safePoint === undefined) return undefined;
  const [id, ts] = [textOf(safePoint, 'ID'), u64Of(safePoint, 'BackupTS')];
  if (id === undefined || ts === undefined) return undefined;
  return { kind: 'safe-point', id, ts, ttlMs: durationOf(safePoint, 'TTL') };
}

function readRestoreRange(fields: Fields): BareEvent {
  return {
    kind: 'restore-range',
    fromTs: u64Of(fields, 'restore-from'),
    toTs: u64Of(fields, 'restore-to'),
    logMinTs: u64Of(fields, 'log-min-ts'),
    logMaxTs: u64Of(fields, 'log-max-ts'),
  };
}

function readOperation(fields: Fields): BareEvent | undefined {
  const id = textOf(fields, 'operation_id');
  if (id === undefined) return undefined;
  return {
    kind: 'operation',
    id,
    host: textOf(fields, 'host') ?? '',
    pid: u64Of(fields, 'pid'),
    command: textOf(fields, 'command') ?? '',
  };
}

function readVersion(fields: Fields): BareEvent | undefined {
  const version = textOf(fields, 'release-version');
  return version === undefined ? undefined : { kind: 'version', version };
}

function readRegistryWait(fields: Fields): BareEvent | undefined {
  const minutes = u64Of(fields, 'remaining_minutes');
  if (minutes === undefined) return undefined;
  return { kind: 'registry-wait', taskId: u64Of(fields, 'task_id'), remainingMinutes: Number(minutes) };
}

function readRegistry(fields: Fields, state: 'created' | 'resumed' | 'removed'): BareEvent | undefined {
  const restoreId = u64Of(fields, 'restore_id');
  return restoreId === undefined ? undefined : { kind: 'registry', state, restoreId };
}

function readGcRatio(fields: Fields): BareEvent | undefined {
  const ratio = textOf(fields, 'ratio');
  return ratio === undefined ? undefined : { kind: 'gc-ratio', ratio };
}

function readLockReleased(fields: Fields): BareEvent | undefined {
  const path = textOf(fields, 'path');
  return path === undefined ? undefined : { kind: 'lock-released', path };
}

function readEffects(fields: Fields): BareEvent | undefined {
  const path = textOf(fields, 'path');
  return path === undefined ? undefined : { kind: 'effects', path };
}

function durationOf(fields: Fields, name: string): number | undefined {
  const text = textOf(fields, name);
  return text === undefined ? undefined : parseGoDuration(text);
}

/** The members of an object field. */
function objectOf(fields: Fields, name: string): LogField[] | undefined {
  const value: JsonValue | undefined = fields.find((field) => field.name === name)?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value as Readonly<Record<string, JsonValue>>).map(([key, one]) => ({
    name: key,
    value: one,
  }));
}
