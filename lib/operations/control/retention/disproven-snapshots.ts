// Snapshots that were complete and lack an object now: recorded as failed, and told once. Deletes nothing.

import type { CatalogFacts } from '../../../domain/facts.ts';
import { asDamaged } from '../../../domain/rebuild-plan.ts';
import type { StateDeps } from '../control-deps.ts';
import { knownSnapshots } from '../runs/recorded-work.ts';
import { signalOf } from '../signals.ts';

/** Whoever finds it later finds it recorded. Errors: those of the state table; STATE_CONFLICT when another was faster. */
export async function recordDisproven(
  deps: StateDeps,
  { snapshots }: CatalogFacts,
  who: string,
): Promise<void> {
  const { store, settings, nowMs } = deps;
  const cluster = settings.name;
  for (const { record, revision } of await knownSnapshots(deps, false)) {
    const state = snapshots.find(({ name }) => name === record.folder)?.state;
    if (record.state !== 'complete' || state?.kind !== 'damaged') continue;
    const atMs = nowMs();
    const correction = asDamaged(record, state, atMs);
    if (correction?.record.state !== 'failed') continue;
    const { failure } = correction.record;
    const { folder, id } = record;
    await store.commit({
      ...{ cluster, nowMs: atMs },
      records: [{ record: correction.record, expect: revision }],
      signals: [signalOf('snapshot-failed', { cluster, id, atMs }, { folder, ...failure })],
      audit: {
        ...{ shape: 'audit/v1', cluster, id: `snapshot/${id}/damaged`, atMs, who },
        ...{ what: 'found a snapshot that is not whole any more', why: correction.why, facts: { folder } },
      },
    });
  }
}
