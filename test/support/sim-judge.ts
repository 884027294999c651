// Whether a moment of a simulated bucket comes back as it was: a real restore by the embedded engine, held against what the simulated
// database knows of itself.

import type { ObjectStore } from '../../lib/ports/object-store.ts';
import type { SimHistory } from '../../lib/sim/sim-history.ts';
import { restoreInMemory } from './memory-restore.ts';
import { assertContents } from './model-judge.ts';

/** Throws what differs, or the refusal of the restore. `base`: a snapshot's name, to restore from it and no other. */
export async function judgeMoment(
  store: ObjectStore,
  { model }: SimHistory,
  ts: bigint,
  base?: string,
): Promise<void> {
  const source = { snapshots: store, log: store, keys: {} };
  const input = { at: `${ts}`, ...(base === undefined ? {} : { base }) };
  const { report, tables } = await restoreInMemory(source, input);
  const rows = new Map(
    [...tables].map(([name, { text }]) => [
      name,
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => Object.entries(JSON.parse(line))),
    ]),
  );
  assertContents(model, ts, { report, rows });
}
