// The port below the task store: a table of small items with conditional writes of several items at once. What DynamoDB
// gives, and no more. Adapters: lib/aws/dynamo-state-table.ts, lib/local/sqlite-state-table.ts. Contract: test/contracts/.

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export interface StateItem extends ItemKey {
  /** Grows with every write of the item; 1 for a new one. */
  readonly revision: number;
  /** Name and version of what `body` holds. */
  readonly shape: string;
  /** JSON text. */
  readonly body: string;
  /** What `{ guard }` conditions compare: of a lease, who holds it with which fence. Empty for everything else. */
  readonly guard: string;
  /** The item counts as gone from here on, whether or not it was removed already, Unix ms. */
  readonly expiresMs: number | undefined;
}

/**
 * What must be true of the stored item: `absent` not there, or expired; a revision; or a guard. An expired item has neither
 * revision nor guard.
 */
export type Condition = 'absent' | { readonly revision: number } | { readonly guard: string };

export type TableWrite =
  | { readonly kind: 'put'; readonly item: StateItem; readonly when: Condition }
  | { readonly kind: 'delete'; readonly key: ItemKey; readonly when: Condition }
  /** Writes nothing, but the others only if it holds. */
  | { readonly kind: 'check'; readonly key: ItemKey; readonly when: Condition };

export type TableOutcome =
  | { readonly kind: 'written' }
  /** Nothing was written. At least one of the failed conditions, each with the item that was found, expired ones left out. */
  | { readonly kind: 'refused'; readonly failed: readonly FailedCondition[] };

export interface FailedCondition {
  /** Index in the list of writes. */
  readonly index: number;
  readonly found: StateItem | undefined;
}

export interface TableQuery {
  readonly pk: string;
  /** Sort keys in `[from, to)`, in byte order. */
  readonly from: string;
  readonly to: string;
  readonly newestFirst: boolean;
  /** Items at most. */
  readonly limit: number;
  /** Only items behind this sort key, in the direction of the query. */
  readonly after?: string;
}

/** Most items of one write, DynamoDB's limit. */
export const mostWrites = 100;
/** Longest body, in UTF-8 bytes; DynamoDB's limit of an item is 400 kB with its names. */
export const longestBody = 350_000;

/**
 * Reads see every write that returned. A write is done whole or not at all, one after the other as if nobody else wrote.
 * No two writes of one call name the same item. Errors: STATE_UNAVAILABLE after its own retries, STORAGE_DENIED, LOCAL_IO,
 * INVALID_INPUT when there is no such table.
 */
export interface StateTable {
  /** For messages: `dynamodb:TABLE` or the path of the file. */
  readonly url: string;
  /** The item, or undefined; an expired one is given as long as it is there. */
  read(key: ItemKey): Promise<StateItem | undefined>;
  /** Items in order, expired ones, too; fewer than `limit` only when there are no more. */
  query(query: TableQuery): Promise<readonly StateItem[]>;
  write(writes: readonly TableWrite[], nowMs: number): Promise<TableOutcome>;
  /** Removes what expired before now, if the table does not do so by itself; the number of removed items. */
  removeExpired(nowMs: number): Promise<number>;
  close(): Promise<void>;
}

/** Whether the item counts as gone. */
export function isExpired(item: Pick<StateItem, 'expiresMs'>, nowMs: number): boolean {
  return item.expiresMs !== undefined && item.expiresMs <= nowMs;
}

/** Whether a condition holds; for adapters that read before they write, within one transaction. */
export function conditionHolds(when: Condition, stored: StateItem | undefined, nowMs: number): boolean {
  const found = stored === undefined || isExpired(stored, nowMs) ? undefined : stored;
  if (when === 'absent') return found === undefined;
  if (found === undefined) return false;
  return 'revision' in when ? found.revision === when.revision : found.guard === when.guard;
}

/** The key that a write is about. */
export function keyOfWrite(write: TableWrite): ItemKey {
  return write.kind === 'put' ? { pk: write.item.pk, sk: write.item.sk } : write.key;
}
