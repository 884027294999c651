// The value of a pause key, and the errors that stores leave: who stopped a task, when and why (FACTS §2.2, §2.4).
// A value that cannot be read still means that the task is paused: it becomes a fact with a problem, never an error.

import { type JsonObject, type JsonValue, parseJsonObject } from '../br/json-u64.ts';
import { decodeTaskError } from '../br/task-message.ts';
import { PitrError } from '../domain/errors.ts';
import type { PauseFacts, StoreErrorFacts } from '../domain/log-task/log-task-facts.ts';
import { redactText } from './redaction.ts';

export interface ParsedPause {
  readonly pause: PauseFacts;
  /** The payload, when it is the error of a store. */
  readonly error: StoreErrorFacts | undefined;
  /** What of the value was not understood. */
  readonly problem: string | undefined;
}

const unsigned: PauseFacts = {
  by: 'unknown',
  sinceMs: undefined,
  message: '',
  host: '',
  pid: undefined,
  severity: '',
};

/** Reads a pause: an empty value before 8.5.5, then JSON PauseV2. Never throws. */
export function parsePause(object: string, bytes: Uint8Array): ParsedPause {
  if (bytes.length === 0) return { pause: unsigned, error: undefined, problem: undefined };
  try {
    return pauseOfDocument(object, parseJsonObject(object, bytes));
  } catch (error) {
    if (!(error instanceof PitrError)) throw error;
    // The parser quotes what it could not read.
    return { pause: unsigned, error: undefined, problem: redactText(error.message) };
  }
}

function pauseOfDocument(object: string, document: JsonObject): ParsedPause {
  const severity = textOr(document, 'severity');
  const pid = field(document, 'operation_pid');
  const payload = readPayload(object, textOr(document, 'payload_type'), textOr(document, 'payload'));
  return {
    pause: {
      by: authorOf(severity),
      sinceMs: timeOf(textOr(document, 'operation_time')),
      message: redactText(payload.message),
      host: textOr(document, 'operation_hostname'),
      pid: typeof pid === 'bigint' && Number.isSafeInteger(Number(pid)) ? Number(pid) : undefined,
      severity,
    },
    error: payload.error,
    problem: payload.problem,
  };
}

function authorOf(severity: string): PauseFacts['by'] {
  if (severity === 'MANUAL') return 'person';
  return severity === 'ERROR' ? 'system' : 'unknown';
}

interface Payload {
  readonly message: string;
  readonly error: StoreErrorFacts | undefined;
  readonly problem: string | undefined;
}

function readPayload(object: string, type: string, base64: string): Payload {
  if (base64 === '') return { message: '', error: undefined, problem: undefined };
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    return { message: '', error: undefined, problem: 'its payload is not base64' };
  }
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  const { mediaType, messageType } = parseMediaType(type);
  if (mediaType === 'text/plain') {
    return { message: new TextDecoder().decode(bytes), error: undefined, problem: undefined };
  }
  if (mediaType === 'application/x-protobuf' && messageType.endsWith('StreamBackupError')) {
    const parsed = parseStoreError(object, bytes, 0n);
    return { message: parsed.error.message, ...parsed };
  }
  return {
    message: '',
    error: undefined,
    problem: `its payload of ${bytes.length} bytes is of type ${JSON.stringify(type)}, which is not known`,
  };
}

/** Names of MIME parameters have no case: br writes `messagetype`, TiKV `messageType`. */
function parseMediaType(type: string): { readonly mediaType: string; readonly messageType: string } {
  const [mediaType = '', ...parameters] = type.split(';').map((part) => part.trim());
  const found = parameters.find((parameter) => /^messagetype=/i.test(parameter));
  return {
    mediaType: mediaType.toLowerCase(),
    messageType: (found ?? '').replace(/^[^=]*=/, '').replace(/^"|"$/g, ''),
  };
}

/** Reads a `last-error`; `storeId` is its key's, 0n when there is none. Never throws. */
export function parseStoreError(
  object: string,
  bytes: Uint8Array,
  storeId: bigint,
): { readonly error: StoreErrorFacts; readonly problem: string | undefined } {
  try {
    const found = decodeTaskError(bytes, object);
    const at = Number(found.happenAt);
    return {
      error: {
        storeId: found.storeId === 0n ? storeId : found.storeId,
        code: found.errorCode,
        message: redactText(found.errorMessage),
        atMs: at > 0 && Number.isSafeInteger(at) ? at : undefined,
      },
      problem: undefined,
    };
  } catch (error) {
    if (!(error instanceof PitrError)) throw error;
    return { error: { storeId, code: '', message: '', atMs: undefined }, problem: error.message };
  }
}

/** RFC 3339 with any number of digits behind the second. */
function timeOf(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [, day, time, fraction = '', zone = ''] = match;
  const ms = Date.parse(`${day}T${time}${fraction.slice(0, 4)}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}

function field(document: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

function textOr(document: JsonObject, name: string): string {
  const value = field(document, name);
  return typeof value === 'string' ? value : '';
}
