// The contract on SQLite, and what only a file has: other processes, a kill in the middle, foreign and damaged files.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openSqliteTaskStore } from '../../lib/local/sqlite-task-store.ts';
import { taskStoreContract } from '../contracts/task-store.contract.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

taskStoreContract('SQLite', async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'state.sqlite');
  const store = await openSqliteTaskStore(path);
  const other = await openSqliteTaskStore(path);
  assert.equal(store.url, path);
  return {
    store,
    other,
    close: async () => {
      await store.close();
      await other.close();
      await folder.remove();
    },
  };
});
