// What pins and open restores want kept: folders, and moments with the bases and the log that lead to them. Looks at no bucket.

import type { TsInterval } from '../intervals.ts';
import { isHolding, type PinRecord } from '../state/pin-record.ts';
import type { RestoreRun } from '../state/restore-run.ts';
import { formatTs } from '../ts.ts';
import { folderName } from './retention-state.ts';

export interface Hold {
  readonly code: 'PIN' | 'RESTORE';
  /** The snapshot in this folder stays, complete or not. */
  readonly folder: string | undefined;
  /** The log from that snapshot on stays, too. */
  readonly withLog: boolean;
  /** Each of these moments that can be restored can be restored afterwards. */
  readonly moments: TsInterval | undefined;
  readonly sentence: string;
}

/** Pins that hold now, and restores that are not over. */
export function holdsOf(
  { pins, restores }: { readonly pins: readonly PinRecord[]; readonly restores: readonly RestoreRun[] },
  nowMs: number,
): readonly Hold[] {
  return [
    ...pins.filter((pin) => isHolding(pin, nowMs)).map(holdOfPin),
    ...restores.flatMap((run) => holdOfRestore(run)),
  ];
}

function holdOfPin(pin: PinRecord): Hold {
  const { id, name, what, folder, fromTs, toTs, untilMs, reason } = pin;
  const label = name === '' ? `pin ${id}` : `bookmark ${JSON.stringify(name)} (${id})`;
  const until = untilMs === null ? 'until it is released' : `until ${new Date(untilMs).toISOString()}`;
  const sentence = `${label} holds ${wordsOf(pin)} ${until}: ${reason}`;
  if (what === 'snapshot') {
    return { code: 'PIN', folder: folderName(folder), withLog: false, moments: undefined, sentence };
  }
  return { code: 'PIN', folder: undefined, withLog: true, moments: { from: fromTs, to: toTs }, sentence };
}

function wordsOf({ what, folder, fromTs, toTs }: PinRecord): string {
  switch (what) {
    case 'snapshot':
      return folder;
    case 'moment':
      return formatTs(fromTs);
    case 'range':
      return `${formatTs(fromTs)} to ${formatTs(toTs)}`;
    default:
      return what satisfies never;
  }
}

function holdOfRestore(run: RestoreRun): readonly Hold[] {
  switch (run.state) {
    case 'refused':
    case 'done':
    case 'failed':
      return [];
    case 'planned':
    case 'awaiting-approval':
    case 'running':
    case 'verifying':
    case 'settling':
      return [
        {
          code: 'RESTORE',
          folder: folderName(run.base),
          withLog: true,
          moments: { from: run.restoreTs, to: run.restoreTs },
          sentence: `restore ${run.id} to ${formatTs(run.restoreTs)} is ${run.state} and reads it`,
        },
      ];
    default:
      return run satisfies never;
  }
}
