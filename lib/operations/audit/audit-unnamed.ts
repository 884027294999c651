// What an object is that something should name and nothing does: by its place, its key, its age, and where the log begins.

import { meaningOf } from '../../br/layout.ts';
import type { LogDataObject } from '../../br/object-meaning.ts';
import type { AuditKind } from '../../domain/audit/audit-finding.ts';
import { type AuditClock, isSettled } from '../../domain/audit/audit-margins.ts';
import { msOfTs } from '../../domain/ts.ts';
import type { ObjectInfo } from '../../ports/object-store.ts';
import { type LogPlace, nameOfPlace, type Place } from './audit-places.ts';

export interface Unnamed {
  readonly kind: AuditKind;
  readonly at: string;
}

/** isJudged: everything was read that could name it. */
export function unnamedKind(place: Place, info: ObjectInfo, isJudged: boolean, clock: AuditClock): Unnamed {
  const at = nameOfPlace(place);
  const meaning = meaningOf(info.key.slice(place.prefix.length));
  if (!isJudged) return { kind: 'not-judged', at };
  if (place.kind === 'snapshot') {
    const isOfSnapshot = meaning.kind === 'sst' || meaning.kind === 'sub-file' || meaning.kind === 'stats';
    return { kind: isOfSnapshot ? 'unnamed-snapshot-object' : 'unknown-object', at };
  }
  if (meaning.kind !== 'log-data') return { kind: 'unknown-object', at };
  if (!isSettled(info.modifiedMs, clock)) return { kind: 'under-way', at };
  return {
    kind: isExpired(place, meaning) ? 'expired-log-data' : 'unnamed-log-data',
    at: dayOf(place, meaning.day),
  };
}

/** The day that log data is counted under: objects of all stores and tables. */
export function dayOf({ prefix }: LogPlace, day: string): string {
  return `${prefix}v1/${day}`;
}

const hourMs = 3_600_000;

/** The folder is named after the hour (6.1: the day) of the newest event inside (FACTS §3.5): all of it is before the log's begin. */
function isExpired({ facts }: LogPlace, meaning: LogDataObject): boolean {
  const { day } = meaning;
  const [year, month, date] = [day.slice(0, 4), day.slice(4, 6), day.slice(6, 8)].map(Number);
  const dayMs = Date.UTC(year ?? 0, (month ?? 0) - 1, date ?? 0);
  const endMs = meaning.layout === '6.1' ? dayMs + 24 * hourMs : dayMs + (Number(meaning.hour) + 1) * hourMs;
  return endMs <= msOfTs(facts.minTs);
}
