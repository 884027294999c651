// The owner id of locks that are taken for work on record: the same work has the same one, so that whoever has the record can prove
// whose lock it finds, also when nobody lived to tell (FACTS §5.6). Takes no lock.

import { createHash } from 'node:crypto';

/** A uuid (version 8: made of a digest) for the work `id` of this kind on this cluster. */
export function ownerOfWork(cluster: string, work: string, id: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(['tidb-pitr', cluster, work, id]))
    .digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}
