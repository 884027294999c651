// The findings that are about the bucket as a whole: logs that cannot be read, several epochs, uploads that nobody finished.

import type { LogFacts } from '../facts.ts';
import { describeTs } from '../ts.ts';
import { type AuditFinding, findingId } from './audit-finding.ts';
import { auditMargins } from './audit-margins.ts';

export function logFindings(logs: readonly LogFacts[]): readonly AuditFinding[] {
  return [...logs.flatMap(damagedLog), ...epochs(logs)];
}

function damagedLog({ path, problem }: LogFacts): readonly AuditFinding[] {
  if (problem === undefined) return [];
  const place = path === '' ? '/' : path;
  return [
    {
      ...{ id: findingId('damaged-log', place), kind: 'damaged-log', level: 'fail', place },
      what: `a log that cannot be used: ${problem.problem}`,
      proof: { proven: true, text: `${problem.object} was asked for just now` },
      advice:
        'bring it back from an older version or a copy of the bucket; nothing of this log is deleted before',
      ...{ count: 1, bytes: undefined, keys: [problem.object], namedBy: [] },
    },
  ];
}

/** A moment is restored from one log alone: where one ends and the next begins, there is a gap. */
function epochs(logs: readonly LogFacts[]): readonly AuditFinding[] {
  if (logs.length < 2) return [];
  const ends = logs.map(({ path, minTs, maxTs }) => {
    const end = maxTs === undefined ? 'without a checkpoint' : `to ${describeTs(maxTs)}`;
    return `${path === '' ? '/' : path} from ${describeTs(minTs)} ${end}`;
  });
  return [
    {
      ...{ id: findingId('epochs', 'logs'), kind: 'epochs', level: 'info', place: 'logs' },
      what: `${logs.length} logs: ${ends.join('; ')}`,
      proof: { proven: true, text: 'each was begun by a log task of its own' },
      advice:
        'a snapshot after the begin of the newest log makes the older ones needless; the retention says when one may go',
      ...{ count: logs.length, bytes: undefined, keys: logs.map(({ path }) => path), namedBy: [] },
    },
  ];
}

/** Parts of an object that was begun and neither finished nor given up. */
export interface OpenUpload {
  /** Relative to the storage root. */
  readonly key: string;
  readonly id: string;
  /** By the storage's clock, Unix ms. */
  readonly begunMs: number;
  /** Of its parts; undefined when they were not asked for. */
  readonly bytes: bigint | undefined;
}

export function uploadFinding({ key, id, begunMs, bytes }: OpenUpload, nowMs: number): AuditFinding {
  const isOld = nowMs - begunMs >= auditMargins.uploadMs;
  const since = new Date(begunMs).toISOString();
  const place = `${key}#${id}`;
  return {
    ...{ id: findingId('incomplete-upload', place), kind: 'incomplete-upload', place: key },
    level: isOld ? 'warn' : 'info',
    what: `parts of an object that somebody began to upload at ${since}: they are paid for, and no listing shows them`,
    proof: isOld
      ? {
          proven: true,
          text: 'br and TiKV upload an object within minutes, and never go on with an upload of another process',
        }
      : { proven: false, text: 'it is younger than a day and may go on' },
    advice: isOld
      ? 'abort it, or let a lifecycle rule of the bucket (AbortIncompleteMultipartUpload) do so for all'
      : 'audit again tomorrow',
    ...{ count: 1, bytes, keys: [key], namedBy: [] },
  };
}
