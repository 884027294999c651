// The task store of one machine: a SQLite file. Must not be loaded before it is needed: it wants Node 22.13 or newer.

import { PitrError } from '../domain/errors.ts';
import { taskStoreOn } from '../ports/state/table-task-store.ts';
import type { TaskStore } from '../ports/task-store.ts';

/**
 * Opens the state file at this path, or makes it; its folder has to be there. Errors: DEPENDENCY_MISSING on a Node without
 * SQLite; as `openSqliteStateTable`.
 */
export async function openSqliteTaskStore(path: string): Promise<TaskStore> {
  const module = await import('./sqlite-state-table.ts').catch((cause: unknown) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNKNOWN_BUILTIN_MODULE'))
      throw cause;
    throw new PitrError('DEPENDENCY_MISSING', 'this version of Node has no SQLite, expected 22.13 or newer', {
      hint: 'run with Node 24, or keep the state in DynamoDB',
      cause,
    });
  });
  return taskStoreOn(module.openSqliteStateTable(path));
}
