import { taskStoreOn } from '../../lib/ports/state/table-task-store.ts';
import { MemoryStateTable } from '../support/memory-task-store.ts';
import { taskStoreContract } from './task-store.contract.ts';

taskStoreContract('the memory of the tests', async () => {
  const table = new MemoryStateTable();
  const store = taskStoreOn(table);
  const other = taskStoreOn(table.seenBy(() => Promise.resolve()));
  return { store, other, close: () => store.close() };
});
