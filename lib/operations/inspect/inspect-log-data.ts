// One `.log` object for reading. Where its streams begin is written only in the meta that names it, so that one is
// looked for first, in the metas whose names do not exclude it.

import type { CipherKey } from '../../br/encryption.ts';
import { meaningOf } from '../../br/layout.ts';
import { EventCursor } from '../../br/log/event-stream.ts';
import type { LogFile, LogGroup } from '../../br/log/log-metas.ts';
import { readLogRange } from '../../br/log/log-range.ts';
import { listLogMetas, readLogMetas } from '../../br/log/log-selection.ts';
import { mayContain } from '../../br/log/meta-name.ts';
import type { PlainDocument } from '../../br/message-document.ts';
import { PitrError } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { entryDocument } from './inspect-entries.ts';

/** key: relative to the log's folder, which `store` is. Errors: OBJECT_MISSING without its meta, those of the readers. */
export async function inspectLogData(
  store: ObjectStore,
  key: string,
  cipher: CipherKey | undefined,
  limit: number,
): Promise<PlainDocument> {
  const { meta, group } = await findGroup(store, key);
  const files: PlainDocument[] = [];
  let left = limit;
  for (const file of group.files) {
    const shown = left > 0 ? await events(store, key, file, cipher, left) : [];
    left -= shown.length;
    files.push({ ...fileDocument(file), events: shown });
  }
  return { meta, bytes: group.length, minTs: String(group.minTs), maxTs: String(group.maxTs), files };
}

async function findGroup(store: ObjectStore, key: string): Promise<{ meta: string; group: LogGroup }> {
  const meaning = meaningOf(key);
  const minTs = meaning.kind === 'log-data' ? meaning.minTs : 0n;
  const listed = await listLogMetas(store, '');
  const candidates = listed.filter(({ name }) => mayContain(name, minTs, minTs));
  const others = listed.filter((entry) => !candidates.includes(entry));
  for await (const { name, groups } of readLogMetas(store, [...candidates, ...others])) {
    const group = groups.find(({ path }) => path === key);
    if (group !== undefined) return { meta: name, group };
  }
  throw new PitrError('OBJECT_MISSING', `no meta below ${store.url}/v1/backupmeta/ names ${key}`, {
    hint: 'an object that no meta names is left over from an interrupted flush or truncation: nothing reads it',
    details: { object: key },
  });
}

function fileDocument(file: LogFile): PlainDocument {
  return {
    cf: file.cf,
    type: file.type,
    schema: file.isMeta,
    tableId: String(file.tableId),
    regionId: String(file.regionId),
    entries: file.numberOfEntries,
    minTs: String(file.minTs),
    maxTs: String(file.maxTs),
    offset: file.rangeOffset,
    storedBytes: file.rangeLength,
    plainBytes: file.length,
    compression: file.compression,
    encrypted: file.encryption !== undefined,
  };
}

async function events(
  store: ObjectStore,
  key: string,
  file: LogFile,
  cipher: CipherKey | undefined,
  limit: number,
): Promise<PlainDocument[]> {
  const plaintext = await readLogRange(store, key, file, { key: cipher });
  const cursor = new EventCursor(plaintext, key);
  const shown: PlainDocument[] = [];
  while (shown.length < limit && cursor.next()) {
    const eventKey = plaintext.subarray(cursor.keyStart, cursor.keyEnd);
    shown.push(entryDocument(eventKey, plaintext.subarray(cursor.valueStart, cursor.valueEnd), file.cf));
  }
  return shown;
}
