import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseDdlJob } from '../../../lib/br/codec/ddl-job.ts';
import { type JsonValue, parseJson, printJson } from '../../../lib/br/codec/lossless-json.ts';
import { metaKey, parseMetaKey } from '../../../lib/br/codec/meta-key.ts';
import { showCreateDatabase, showCreateTable } from '../../../lib/br/codec/show-create.ts';
import { parseDbInfo, parseTableInfo } from '../../../lib/br/codec/table-info.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { recordedSnapshot } from '../../support/recorded-schemas.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parameters = { seed: 20261122, numRuns: 300 };

const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: false }),
  ),
}));

test('what is printed reads back as the same value with the same kinds of numbers', () => {
  fc.assert(
    fc.property(value, (one) => {
      const read = parseJson(bytes(printJson(one)), 'printed');
      assert.equal(printJson(read), printJson(one));
    }),
    parameters,
  );
});

test('a text that the platform parses has the same structure here, and one that it refuses is refused here', () => {
  const loose = fc.oneof(
    fc.json(),
    fc.json().chain((text) => fc.nat(text.length).map((at) => text.slice(0, at) + text.slice(at + 1))),
  );
  const asNumbers = (one: JsonValue): unknown => JSON.parse(printJson(one));
  fc.assert(
    fc.property(loose, (text) => {
      let platform: { readonly parsed: unknown } | undefined;
      try {
        platform = { parsed: JSON.parse(text) };
      } catch {
        platform = undefined;
      }
      if (platform === undefined) assert.throws(() => parseJson(bytes(text), 'text'), PitrError);
      else {
        // Members named twice and numbers beyond a double are what the platform takes and we refuse.
        try {
          assert.deepEqual(
            asNumbers(parseJson(bytes(text), 'text')),
            JSON.parse(JSON.stringify(platform.parsed)),
          );
        } catch (caught) {
          if (!(caught instanceof PitrError)) throw caught;
          assert.match(caught.message, /did not occur before|a double can hold/);
        }
      }
    }),
    { ...parameters, numRuns: 500 },
  );
});

function onlyPitrErrors(run: () => unknown): void {
  try {
    run();
  } catch (caught) {
    assert.ok(caught instanceof PitrError, String(caught));
    assert.ok(['ROW_DAMAGED', 'UNSUPPORTED'].includes(caught.code), caught.code);
  }
}

test('random bytes never break a parser but by a named error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
      onlyPitrErrors(() => parseJson(noise, 'noise'));
      onlyPitrErrors(() => parseTableInfo(noise, 'noise'));
      onlyPitrErrors(() => parseMetaKey(noise));
      onlyPitrErrors(() => parseMetaKey(Uint8Array.of(0x6d, ...noise)));
    }),
    { ...parameters, numRuns: 1000 },
  );
});

test('a recorded document with random bytes changed or members replaced parses, prints or is named damage', () => {
  const { schemas } = recordedSnapshot('shop/bucket/backup-data/snapshot-20261122042442');
  const full = schemas.filter((one) => one.table.length > 0);
  const db = parseDbInfo(full[0]!.db, 'db');
  const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...bytes('"{}[]:,0123459-.enull \\u\xff'))), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.nat(full.length - 1), damage, (index, edits) => {
      const changed = Uint8Array.from(full[index]!.table);
      for (const [at, byte] of edits) changed[at % changed.length] = byte;
      onlyPitrErrors(() => showCreateTable(db, parseTableInfo(changed, 'changed')));
      const changedDb = Uint8Array.from(full[index]!.db);
      for (const [at, byte] of edits) changedDb[at % changedDb.length] = byte;
      onlyPitrErrors(() => showCreateDatabase(parseDbInfo(changedDb, 'changed')));
    }),
    { ...parameters, numRuns: 1500 },
  );
});

test('a document whose members have any type is read or is named damage', () => {
  const member = fc.constantFrom(
    ...[
      'id',
      'name',
      'db_name',
      'cols',
      'index_info',
      'partition',
      'view',
      'sequence',
      'state',
      'type',
      'binlog',
      'version',
    ],
    ...['ttl_info', 'fk_info', 'constraint_info', 'policy_ref_info', 'auto_inc_id'],
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(member, value), { maxLength: 8 }), (members) => {
      const valid = {
        id: 7n,
        name: { O: 't', L: 't' },
        db_name: { O: 'd', L: 'd' },
        state: 5n,
        type: 3n,
        cols: [],
      };
      const document = bytes(printJson({ ...valid, ...Object.fromEntries(members) }));
      const db = { id: 1n, name: 'd', charset: '', collate: '', state: 5, raw: {} };
      onlyPitrErrors(() => showCreateTable(db, parseTableInfo(document, 'document')));
      onlyPitrErrors(() => showCreateDatabase(parseDbInfo(document, 'document')));
      onlyPitrErrors(() => parseDdlJob(document, 'document', 1n));
    }),
    { ...parameters, numRuns: 1000 },
  );
});

test('every meta key reads back as what it was made of', () => {
  const id = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  const ofTable = fc.constantFrom(
    'table',
    'autoId',
    'autoIncId',
    'autoRandomId',
    'sequence',
    'sequenceCycle',
  );
  fc.assert(
    fc.property(ofTable, id, id, (kind, dbId, tableId) => {
      assert.deepEqual(parseMetaKey(metaKey[kind as 'table'](dbId, tableId)), { kind, dbId, tableId });
      assert.deepEqual(parseMetaKey(metaKey.database(dbId)), { kind: 'database', dbId });
      assert.deepEqual(parseMetaKey(metaKey.diff(dbId)), { kind: 'diff', version: dbId });
      assert.deepEqual(parseMetaKey(metaKey.ddlHistory(dbId)), { kind: 'ddlHistory', jobId: dbId });
      assert.deepEqual(parseMetaKey(metaKey.nextGlobalId()), { kind: 'nextGlobalId' });
    }),
    parameters,
  );
});
