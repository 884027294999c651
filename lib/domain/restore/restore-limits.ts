// What br, other than the engine of one machine, cannot do with a plan, and what it does without being asked: a refusal, or
// sentences for the person who starts it. Pure.

import { PitrError } from '../errors.ts';
import { describeTs } from '../ts.ts';
import { isAtLeast, parseVersion, type Version } from '../versions.ts';
import type { RestorePlan } from './restore-plan.ts';

/**
 * A log that was restored into is blocked for the tables that came so: br refuses the whole restore when they are in it
 * (FACTS §3.14). Errors: MOMENT_NOT_IN_WINDOW, unless tables were chosen, which may leave them out.
 */
export function refuseBlockedTables({ blocked, log, moment, tables }: RestorePlan): void {
  const block = blocked.find(({ code }) => code === 'RESTORED_PAST_LOG');
  if (block === undefined || log === undefined || tables.text.length > 0) return;
  throw new PitrError(
    'MOMENT_NOT_IN_WINDOW',
    `br refuses to restore everything to ${describeTs(moment.ts)}: ${block.reason} (${block.object})`,
    {
      hint: 'take a moment after the next snapshot, or before that restore; or choose other tables with "tables"',
      details: { moment: moment.ts, object: block.object },
    },
  );
}

/** Notes of the plan, with what br makes of tables that another restore brought past the log. */
export function notesForBr({ notes, blocked, log }: RestorePlan): readonly string[] {
  const objects = blocked.map(({ object }) => `(${object})`);
  const own = notes.filter((note) => !objects.some((object) => note.endsWith(object)));
  const told = blocked.map(({ code, object, reason }) => {
    switch (code) {
      case 'RESTORED_PAST_LOG':
        return log === undefined
          ? `${reason}: this snapshot may hold half of them (${object})`
          : `br refuses tables that it finds in ${object}: ${reason}`;
      case 'INGESTED_PAST_LOG':
        return `br brings in again what a restore ingested past the log (${object})`;
      case 'INGESTION_UNFINISHED':
        return `${reason} (${object})`;
      default:
        return code satisfies never;
    }
  });
  return [...own, ...told];
}

/** System tables of 6.5 and 7.1 do not fit 7.5 and younger (FACTS §7): accounts are then left out. */
export function fitsSystemTables(backupVersion: string, target: Version): boolean {
  if (!isAtLeast(target, '7.5.0')) return true;
  try {
    return isAtLeast(parseVersion(backupVersion), '7.5.0');
  } catch (caught) {
    if (caught instanceof PitrError) return true;
    throw caught;
  }
}

/** Addresses (`host:port`) that are of both lists: a restore never goes into the cluster that it came from. */
export function refuseSource(target: readonly string[], source: readonly string[], cluster: string): void {
  const plain = source.map((url) => url.replace(/^https?:\/\//, '').toLowerCase());
  const shared = target.find((address) => plain.includes(address));
  if (shared === undefined) return;
  throw new PitrError(
    'INVALID_INPUT',
    `target.pd of the request names ${shared}, which is a PD of ${cluster} itself, expected the PD of another, empty cluster such as "10.0.2.11:2379"`,
    {
      hint: 'a restore never goes into the cluster that it came from: make a new one, and move to it when it is proven',
      details: { field: 'target.pd' },
    },
  );
}
