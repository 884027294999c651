// All records of one kind, however many pages they fill: what each reader of the state would walk by itself.

import type { RecordKind, RecordOfKind } from '../domain/state/task-record.ts';
import type { PageQuery, Stored, TaskStore } from './task-store.ts';

/** Page after page, in the order of the query, as far as the reader goes. Errors: those of the state table. */
export async function* everyRecord<K extends RecordKind>(
  store: TaskStore,
  kind: K,
  cluster: string,
  query: Omit<PageQuery, 'after'>,
): AsyncGenerator<Stored<RecordOfKind[K]>, void, undefined> {
  let after: string | undefined;
  do {
    const page = await store.list(kind, cluster, { ...query, ...(after === undefined ? {} : { after }) });
    yield* page.entries;
    after = page.next;
  } while (after !== undefined);
}
