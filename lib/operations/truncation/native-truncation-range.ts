// A native truncation in ranges of metas, for many functions at once: the plan as ranges that fit into a flow's data, and one range
// cut by whoever has it. A range names its first and its last meta; what lies between is listed again where it is cut.

import { logMetaPrefix } from '../../br/layout.ts';
import type { LogMetaEntry } from '../../br/log/log-selection.ts';
import { parseMetaName } from '../../br/log/meta-name.ts';
import { fateOfMeta } from '../../br/log/truncation-metas.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { NativePlan } from './native-truncation-plan.ts';
import { cutMetas, type Guard, type MetasCut, type MetasDeps } from './native-truncation-work.ts';

/** Names below `v1/backupmeta/`, both ends included. */
export interface MetaRange {
  readonly from: string;
  readonly to: string;
}

/** Four pages of a cut, a few seconds: less would be more starts than work. */
const leastMetas = 1000;
/** Names of two metas have about 250 bytes, and a flow's data at most 256 KiB. */
const mostRanges = 200;

/** The metas of a plan that go or are opened, in ranges of about the same number. Empty when there is nothing to do. */
export function rangesOf(
  { toOpen, empty }: Pick<NativePlan, 'toOpen' | 'empty'>,
  logPrefix: string,
  least = leastMetas,
): readonly MetaRange[] {
  const names = [...toOpen, ...empty].map(({ key }) => key.slice(logPrefix.length + logMetaPrefix.length));
  names.sort((a, b) => (a < b ? -1 : Number(a > b)));
  const size = Math.max(least, Math.ceil(names.length / mostRanges));
  const ranges: MetaRange[] = [];
  for (let at = 0; at < names.length; at += size) {
    const from = names[at];
    const to = names[Math.min(at + size, names.length) - 1];
    if (from !== undefined && to !== undefined) ranges.push({ from, to });
  }
  return ranges;
}

export interface RangeToCut extends MetaRange {
  readonly untilTs: bigint;
  /** Of the plan: every range is cut by the same. */
  readonly shiftTs: bigint;
}

/**
 * Cuts the metas of a range. Those whose names do not tell are opened, also when the plan knew better: nothing of them goes. Errors:
 * what the guard throws; those of readCuts and of the storage. Doing it again, also twice at once, does the rest.
 */
export async function cutRange(deps: MetasDeps, guard: Guard, range: RangeToCut): Promise<MetasCut> {
  await guard();
  const shift = { shiftTs: range.shiftTs, heldBy: undefined, opened: new Map() };
  const entries = await listRange(deps.store, `${deps.logPrefix}${logMetaPrefix}`, range);
  const withFate = (fate: 'open' | 'empty') =>
    entries.filter((entry) => fateOfMeta(entry, range.untilTs, shift) === fate);
  return await cutMetas(deps, guard, {
    shiftTs: range.shiftTs,
    toOpen: withFate('open'),
    empty: withFate('empty'),
  });
}

async function listRange(
  store: ObjectStore,
  prefix: string,
  { from, to }: MetaRange,
): Promise<readonly LogMetaEntry[]> {
  const entries: LogMetaEntry[] = [];
  // The first name without its last letter comes right before it.
  for await (const { key, size } of store.list(prefix, { startAfter: `${prefix}${from.slice(0, -1)}` })) {
    if (key > `${prefix}${to}`) break;
    if (key.endsWith('.meta')) entries.push({ key, size, name: parseMetaName(key) });
  }
  return entries;
}
