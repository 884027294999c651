// One SST for reading: its properties and its first entries.

import { type CipherKey, decryptAt } from '../../br/encryption.ts';
import type { PlainDocument } from '../../br/message-document.ts';
import { SstReader } from '../../br/sst/sst-reader.ts';
import { openObjectSource } from '../../br/sst/sst-source.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { entryDocument } from './inspect-entries.ts';

const DATA_PREFIX = 0x7a;

/** Reads the table whole, so that its checksums are checked. Errors: those of SstReader. */
export async function inspectSst(
  store: ObjectStore,
  key: string,
  encryption: { readonly key: CipherKey; readonly iv: Uint8Array } | undefined,
  limit: number,
): Promise<PlainDocument> {
  const decrypt =
    encryption === undefined
      ? undefined
      : (offset: number, bytes: Uint8Array) => decryptAt(encryption.key, encryption.iv, offset, bytes);
  const source = await openObjectSource(store, key, { decrypt, namedBy: 'the command' });
  const reader = await SstReader.open(source);
  const cf = key.endsWith('default.sst') ? 'default' : 'write';
  const entries: PlainDocument[] = [];
  for await (const block of reader.blocks())
    while (entries.length < limit && block.next()) {
      const from = block.key[0] === DATA_PREFIX ? 1 : 0;
      const value = block.data.subarray(block.valueStart, block.valueEnd);
      entries.push(entryDocument(block.key.slice(from, block.keyLength), value, cf));
    }
  const { compression, minTs, maxTs } = reader.properties;
  return {
    bytes: source.size,
    cf,
    encrypted: encryption !== undefined,
    compression,
    entryCount: reader.entryCount,
    blocks: reader.blockCount,
    ...(minTs === undefined ? {} : { minTs: String(minTs) }),
    ...(maxTs === undefined ? {} : { maxTs: String(maxTs) }),
    entries,
  };
}
