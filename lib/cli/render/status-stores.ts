// The stores of a cluster as an aligned list: what each is, its version, its state in PD's own word.

import type { ClusterFacts } from '../../domain/cluster-facts.ts';
import type { Style } from './style.ts';
import { listTable } from './text-table.ts';

export function storeLines({ stores }: ClusterFacts, style: Style): readonly string[] {
  if (stores.length === 0) return [];
  const columns = [
    { title: 'id', align: 'right' },
    { title: 'engine' },
    { title: 'version' },
    { title: 'state' },
    { title: 'address', maxWidth: 60 },
  ] as const;
  const cells = stores.map(({ id, engine, version, state, address }) => [
    String(id),
    engine,
    version,
    state,
    address,
  ]);
  return listTable(columns, cells, style, '  ');
}
