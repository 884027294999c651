import assert from 'node:assert/strict';
import test from 'node:test';
import { metaKey, parseMetaKey } from '../../../lib/br/codec/meta-key.ts';
import { recordedMetaChanges } from '../../support/recorded-schemas.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('the written examples of the format read and print alike', () => {
  const examples: readonly (readonly [string, Uint8Array, object])[] = [
    [
      '6d 4442730000000000fa 0000000000000068 44423a3131360000fd',
      metaKey.database(116n),
      { kind: 'database', dbId: 116n },
    ],
    [
      '6d 44423a3131360000fd 0000000000000068 5461626c653a3132ff 3200000000000000f8',
      metaKey.table(116n, 122n),
      { kind: 'table', dbId: 116n, tableId: 122n },
    ],
    [
      '6d 536368656d615665ff 7273696f6e4b6579ff 0000000000000000f7 0000000000000073',
      metaKey.text('SchemaVersionKey'),
      { kind: 'other', text: 'SchemaVersionKey' },
    ],
    [
      '6d 44444c4a6f624869ff 73746f7279000000fc 0000000000000068 0000000000000082ff 0000000000000000f7',
      metaKey.ddlHistory(130n),
      { kind: 'ddlHistory', jobId: 130n },
    ],
  ];
  for (const [text, encoded, meaning] of examples) {
    assert.equal(hex(encoded), text.replaceAll(' ', ''));
    assert.deepEqual(parseMetaKey(fromHex(text)), meaning);
  }
});

test('every recorded meta key has a meaning, and only the schema version is of no use here', () => {
  const changes = [
    ...recordedMetaChanges('shop/bucket/backup-data/log-backup'),
    ...recordedMetaChanges('variants/storage/log-aes256', '0123456789abcdef'.repeat(4)),
  ];
  const kinds = new Map<string, number>();
  for (const { rawKey } of changes) {
    const key = parseMetaKey(rawKey);
    const name = key.kind === 'other' ? key.text : key.kind;
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
  }
  assert.deepEqual([...kinds.keys()].sort(), [
    'SchemaVersionKey',
    'autoId',
    'ddlHistory',
    'diff',
    'nextGlobalId',
    'table',
  ]);
});

test('fields and names that are not known are other, with a text that can be read', () => {
  const other = (name: string): unknown => parseMetaKey(metaKey.text(name));
  assert.deepEqual(other('Diff:01'), { kind: 'other', text: 'Diff:01' });
  assert.deepEqual(other('Diff:-1'), { kind: 'other', text: 'Diff:-1' });
  assert.deepEqual(other('Diff:99999999999999999999'), { kind: 'other', text: 'Diff:99999999999999999999' });
  assert.deepEqual(other('a\u0001é'), { kind: 'other', text: 'a\\x01\\xc3\\xa9' });
  const hash = metaKey.table(1n, 2n);
  const renamed = Uint8Array.from(hash);
  renamed[1 + 9 + 8] = 0x58;
  assert.deepEqual(parseMetaKey(renamed), { kind: 'other', text: 'DB:1/Xable:2' });
});

test('bytes that are no meta key, or not a whole one, are damage', () => {
  const good = metaKey.table(116n, 122n);
  const changed = (at: number, byte: number): Uint8Array => good.with(at, byte);
  const damaged = [
    new Uint8Array(),
    changed(0, 0x74),
    changed(9, 0x00),
    changed(8, 0x31),
    changed(10, 0x01),
    changed(17, 0x5a),
    Uint8Array.of(...good, 0),
    Uint8Array.of(...metaKey.diff(3n), 0),
  ];
  for (const key of damaged) assert.throws(() => parseMetaKey(key), { name: 'ROW_DAMAGED' }, hex(key));
  for (let end = 0; end < good.length; end += 1) {
    assert.throws(() => parseMetaKey(good.subarray(0, end)), { name: 'ROW_DAMAGED' }, `cut at ${end}`);
  }
});
