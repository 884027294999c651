import { taskStoreOn } from '../../lib/ports/state/table-task-store.ts';
import { SimStateTable } from '../../lib/sim/sim-state-table.ts';
import { taskStoreContract } from '../contracts/task-store.contract.ts';

taskStoreContract('the table of the simulator', async () => {
  const table = new SimStateTable();
  const store = taskStoreOn(table);
  return { store, other: taskStoreOn(table), close: () => store.close() };
});
