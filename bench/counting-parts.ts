// The table and the bucket of an operation, with every call counted in the units that AWS charges. Count only: what is
// answered is what the part below answers.

import type { ObjectStore } from '../lib/ports/object-store.ts';
import type { StateItem, StateTable, TableWrite } from '../lib/ports/state/state-table.ts';
import type { Usage } from './aws-prices.ts';

const keysPerPage = 1000;
/** How long a function waits for an answer within its region. */
const tableWaitMs = 8;
const storeWaitMs = 30;

/** By DynamoDB's rules: consistent reads by 4 KB, transactional writes twice by 1 KB; conditions are paid like writes. */
export function countingTable(table: StateTable, usage: Usage): StateTable {
  const reads = (items: readonly StateItem[]): number =>
    Math.max(1, Math.ceil(items.reduce((sum, item) => sum + bytesOf(item), 0) / 4096));
  return {
    url: table.url,
    async read(key) {
      const item = await table.read(key);
      usage.readUnits += reads(item === undefined ? [] : [item]);
      usage.waitMs += tableWaitMs;
      return item;
    },
    async query(query) {
      const items = await table.query(query);
      usage.readUnits += reads(items);
      usage.waitMs += tableWaitMs;
      return items;
    },
    write(writes, nowMs) {
      usage.writeUnits += writes.reduce((sum, write) => sum + unitsOf(write), 0);
      usage.waitMs += tableWaitMs;
      return table.write(writes, nowMs);
    },
    removeExpired: (nowMs) => table.removeExpired(nowMs),
    close: () => table.close(),
  };
}

function unitsOf(write: TableWrite): number {
  return 2 * (write.kind === 'put' ? Math.ceil(bytesOf(write.item) / 1024) : 1);
}

/** Names and values of the attributes, as docs/formats/state.md has them. */
function bytesOf({ pk, sk, shape, body, guard, expiresMs }: StateItem): number {
  const names = 'pkskrevshapebody'.length + (guard === '' ? 0 : 5) + (expiresMs === undefined ? 0 : 12);
  const numbers = 4 + (expiresMs === undefined ? 0 : 16);
  return (
    names + numbers + [pk, sk, shape, body, guard].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  );
}

/** A listing costs a request per thousand keys. Deleting is free. */
export function countingStore(store: ObjectStore, usage: Usage): ObjectStore {
  const count = (kind: 'gets' | 'lists' | 'puts', requests = 1): void => {
    usage[kind] += requests;
    usage.waitMs += storeWaitMs * requests;
  };
  return {
    url: store.url,
    async *list(prefix, options) {
      let keys = 0;
      count('lists');
      for await (const info of store.list(prefix, options)) {
        if (keys > 0 && keys % keysPerPage === 0) count('lists');
        keys += 1;
        yield info;
      }
    },
    async listFolders(prefix) {
      const folders = await store.listFolders(prefix);
      count('lists', Math.max(1, Math.ceil(folders.length / keysPerPage)));
      return folders;
    },
    head: (key) => {
      count('gets');
      return store.head(key);
    },
    get: (key, range) => {
      count('gets');
      return store.get(key, range);
    },
    put: (key, bytes) => {
      count('puts');
      return store.put(key, bytes);
    },
    delete: (key) => store.delete(key),
    deleteMany: (keys) => store.deleteMany(keys),
  };
}
