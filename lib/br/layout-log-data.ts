// Keys of `.log` objects in the three layouts that TiKV has used (FACTS §3.5). The day and hour of a key are UTC of the
// newest event inside; nobody may infer coverage from them, only metas tell.
import type { LogDataObject, LogDataOwner } from './object-meaning.ts';

const uuid = '([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})';
const tail = `(\\d{1,20})-${uuid}\\.log$`;
const oldest = new RegExp(`^v1/(schema-meta|t\\d{8,19})/(\\d{8})-${tail}`);
const dated = new RegExp(`^v1/(\\d{8})/(\\d{2})/(\\d{1,20})/(schema-meta/|t\\d{8,19}/)?${tail}`);
const largest = 0xffff_ffff_ffff_ffffn;

/** The meaning of the key of a `.log` object, or undefined. */
export function logDataMeaning(key: string): LogDataObject | undefined {
  if (!key.endsWith('.log')) return undefined;
  const [, owner, day, ts, id] = oldest.exec(key) ?? [];
  if (owner !== undefined && day !== undefined && ts !== undefined && id !== undefined) {
    return inRange({
      kind: 'log-data',
      layout: '6.1',
      owner: ownerOf(owner),
      day,
      minTs: BigInt(ts),
      uuid: id,
    });
  }
  return datedMeaning(key);
}

function datedMeaning(key: string): LogDataObject | undefined {
  const [, day, hour, store, folder, ts, id] = dated.exec(key) ?? [];
  if (
    day === undefined ||
    hour === undefined ||
    store === undefined ||
    ts === undefined ||
    id === undefined
  ) {
    return undefined;
  }
  const storeId = BigInt(store);
  if (storeId > largest) return undefined;
  const common = { kind: 'log-data', day, hour, storeId, minTs: BigInt(ts), uuid: id } as const;
  if (folder === undefined) return inRange({ ...common, layout: 'merged', owner: 'tables' });
  const owner = ownerOf(folder.slice(0, -1));
  // 6.2 and merged files of the schema have the same key; the meta tells them apart, and readers go by the meta.
  return inRange(
    owner === 'schema' ? { ...common, layout: 'merged', owner } : { ...common, layout: '6.2', owner },
  );
}

function inRange(meaning: LogDataObject): LogDataObject | undefined {
  return meaning.minTs > largest ? undefined : meaning;
}

function ownerOf(text: string): LogDataOwner {
  return text === 'schema-meta' ? 'schema' : { tableId: BigInt(text.slice(1)) };
}

/** The key of a `.log` object. */
export function logDataKey(object: LogDataObject): string {
  switch (object.layout) {
    case '6.1':
      return `v1/${ownerText(object.owner)}/${object.day}-${padded(object.minTs)}-${object.uuid}.log`;
    case '6.2':
      return `${folderOf(object)}${ownerText(object.owner)}/${padded(object.minTs)}-${object.uuid}.log`;
    case 'merged': {
      const folder = object.owner === 'schema' ? 'schema-meta/' : '';
      return `${folderOf(object)}${folder}${object.minTs}-${object.uuid}.log`;
    }
    default:
      return object satisfies never;
  }
}

function folderOf(object: { readonly day: string; readonly hour: string; readonly storeId: bigint }): string {
  return `v1/${object.day}/${object.hour}/${object.storeId}/`;
}

function ownerText(owner: LogDataOwner): string {
  return owner === 'schema' ? 'schema-meta' : `t${String(owner.tableId).padStart(8, '0')}`;
}

const padded = (ts: bigint): string => ts.toString().padStart(12, '0');
