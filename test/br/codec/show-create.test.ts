import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type ShowCreateOptions,
  showCreateDatabase,
  showCreateTable,
} from '../../../lib/br/codec/show-create.ts';
import { columnTypeText } from '../../../lib/br/codec/show-create-column.ts';
import { parseDbInfo, parseTableInfo } from '../../../lib/br/codec/table-info.ts';
import { recordedSnapshot } from '../../support/recorded-schemas.ts';
import {
  columnDocument,
  dbDocument,
  documentBytes,
  indexDocument,
  tableDocument,
} from '../../support/schema-documents.ts';

// The recorded DDL is compared in schema-history.test.ts; here are the forms that no recorded table has.

type Members = Readonly<Record<string, unknown>>;
const db = parseDbInfo(documentBytes(dbDocument(1, 'shop')), 'db');
const show = (document: Members, options?: ShowCreateOptions): string =>
  showCreateTable(db, parseTableInfo(documentBytes(tableDocument(document)), 'table'), options);

/** The line of one column, without indentation and comma. */
const column = (type: Members, overrides: Members = {}, table: Members = {}): string =>
  (show({ ...table, cols: [columnDocument('a', 0, type, overrides)] }).split('\n')[1] ?? '').trim();
/** What follows the closing parenthesis of a table of one INT column. */
const options = (document: Members, more?: ShowCreateOptions): string =>
  show(document, more).split('\n) ').slice(1).join('\n) ');
const plain = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';
const text = { Tp: 15, Flen: 10, Charset: 'utf8mb4', Collate: 'utf8mb4_bin' };
const name = (one: string): Members => ({ O: one, L: one.toLowerCase() });

test('every type has its text', () => {
  const of = (type: Members): string =>
    column(type)
      .replace(/^`a` /, '')
      .replace(/( NULL)? DEFAULT NULL$/, '');
  const expected: readonly (readonly [Members, string])[] = [
    [{ Tp: 1, Flen: 4 }, 'tinyint'],
    [{ Tp: 1, Flen: 1 }, 'tinyint(1)'],
    [{ Tp: 1, Flen: 1, Flag: 32 }, 'tinyint(1) unsigned'],
    [{ Tp: 2, Flen: 6 }, 'smallint'],
    [{ Tp: 9, Flen: 9 }, 'mediumint'],
    [{ Tp: 3, Flen: 11 }, 'int'],
    [{ Tp: 8, Flen: 20, Flag: 32 }, 'bigint unsigned'],
    [{ Tp: 3, Flen: 7, Flag: 96 }, 'int(7) unsigned zerofill'],
    [{ Tp: 4, Flen: 12, Decimal: -1 }, 'float'],
    [{ Tp: 4, Flen: 7, Decimal: 3 }, 'float(7,3)'],
    [{ Tp: 5, Flen: 22, Decimal: -1, Flag: 32 }, 'double unsigned'],
    [{ Tp: 5, Flen: 9, Decimal: 2 }, 'double(9,2)'],
    [{ Tp: 246, Flen: 65, Decimal: 30 }, 'decimal(65,30)'],
    [{ Tp: 246, Flen: 10, Decimal: 0 }, 'decimal(10,0)'],
    [{ Tp: 7, Flen: 19, Flag: 128 }, 'timestamp'],
    [{ Tp: 7, Flen: 26, Decimal: 6, Flag: 128 }, 'timestamp(6)'],
    [{ Tp: 12, Flen: 23, Decimal: 3, Flag: 128 }, 'datetime(3)'],
    [{ Tp: 10, Flen: 10, Flag: 128 }, 'date'],
    [{ Tp: 11, Flen: 10, Flag: 128 }, 'time'],
    [{ Tp: 11, Flen: 15, Decimal: 4, Flag: 128 }, 'time(4)'],
    [{ Tp: 13, Flen: 4, Flag: 96 }, 'year(4)'],
    [{ Tp: 16, Flen: 64, Flag: 32 }, 'bit(64)'],
    [{ ...text, Tp: 254, Flen: 255 }, 'char(255)'],
    [{ ...text, Flen: 600 }, 'varchar(600)'],
    [{ Tp: 254, Flen: 16, Flag: 128 }, 'binary(16)'],
    [{ Tp: 15, Flen: 64, Flag: 128 }, 'varbinary(64)'],
    [{ ...text, Tp: 249 }, 'tinytext'],
    [{ ...text, Tp: 252 }, 'text'],
    [{ ...text, Tp: 250 }, 'mediumtext'],
    [{ ...text, Tp: 251 }, 'longtext'],
    [{ Tp: 249, Flag: 128 }, 'tinyblob'],
    [{ Tp: 252, Flag: 128 }, 'blob'],
    [{ Tp: 250, Flag: 128 }, 'mediumblob'],
    [{ Tp: 251, Flag: 128 }, 'longblob'],
    [{ Tp: 245, Flag: 128 }, 'json'],
    [{ ...text, Tp: 247, Elems: ['new', "it's", 'a\\b'] }, "enum('new','it''s','a\\b')"],
    [{ ...text, Tp: 248, Elems: ['x', 'y'] }, "set('x','y')"],
    [{ Tp: 225, Flen: 3 }, 'vector(3)'],
    [{ Tp: 225, Flen: -1 }, 'vector'],
  ];
  for (const [type, shown] of expected) assert.equal(of(type), shown);
});

test('a type code that is not known is a named refusal', () => {
  const type = parseTableInfo(documentBytes(tableDocument({})), 'table').columns[0]!.type;
  assert.throws(() => columnTypeText({ ...type, tp: 99 }), {
    name: 'UNSUPPORTED',
    message: /column type 99/,
  });
});

test('defaults are printed by their kind', () => {
  const of = (type: Members, more: Members): string => column(type, more).replace(/^`a` /, '');
  assert.equal(of({}, {}), 'int DEFAULT NULL');
  assert.equal(of({ Flag: 1 }, {}), 'int NOT NULL');
  assert.equal(of({ Flag: 4097 }, { default: '5' }), 'int NOT NULL');
  assert.equal(of({ Flag: 1 }, { default: '5' }), "int NOT NULL DEFAULT '5'");
  assert.equal(of({}, { default: 5 }), "int DEFAULT '5'");
  assert.equal(of(text, { default: "it's\n" }), "varchar(10) DEFAULT 'it''s\\n'");
  assert.equal(of(text, { default: 'uuid()', default_is_expr: true }), 'varchar(10) DEFAULT (uuid())');
  assert.equal(of({ Tp: 7, Flag: 128 }, {}), 'timestamp NULL DEFAULT NULL');
  const now = { default: 'CURRENT_TIMESTAMP' };
  assert.equal(
    of({ Tp: 7, Flag: 8321, Decimal: 6 }, now),
    'timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)',
  );
  assert.equal(of({ Tp: 12, Flag: 128 }, now), 'datetime DEFAULT CURRENT_TIMESTAMP');
  assert.equal(of({ Tp: 10, Flag: 128 }, { default: 'CURRENT_DATE' }), 'date DEFAULT (CURRENT_DATE)');
  assert.equal(of({ Tp: 12, Flag: 8320 }, {}), 'datetime DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP');
});

test('a BIT default is printed from its undamaged bytes, without leading zeros', () => {
  const bit = (base64: string): string =>
    column({ Tp: 16, Flen: 10, Flag: 32 }, { default: '\uFFFD', default_bit: base64 });
  assert.equal(bit('AoE='), "`a` bit(10) DEFAULT b'1010000001'");
  assert.equal(bit('AAA='), "`a` bit(10) DEFAULT b'0'");
});

test('charset and collation are printed where they differ from the table, or from the usual of the charset', () => {
  assert.equal(column(text), '`a` varchar(10) DEFAULT NULL');
  assert.equal(
    column({ ...text, Collate: 'utf8mb4_general_ci' }),
    '`a` varchar(10) COLLATE utf8mb4_general_ci DEFAULT NULL',
  );
  assert.equal(
    column({ ...text, Charset: 'latin1', Collate: 'latin1_bin' }),
    '`a` varchar(10) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL',
  );
  const general = { collate: 'utf8mb4_general_ci' };
  assert.equal(
    column({ ...text, Collate: 'utf8mb4_general_ci' }, {}, general),
    '`a` varchar(10) COLLATE utf8mb4_general_ci DEFAULT NULL',
  );
  assert.equal(column(text, {}, general), '`a` varchar(10) COLLATE utf8mb4_bin DEFAULT NULL');
});

test('generated columns have no default, and say whether they are stored', () => {
  const generated = { generated_expr_string: '`b` + 1', default: '3' };
  assert.equal(column({}, generated), '`a` int GENERATED ALWAYS AS (`b` + 1) VIRTUAL');
  assert.equal(
    column({ Flag: 1 }, { ...generated, generated_stored: true }),
    '`a` int GENERATED ALWAYS AS (`b` + 1) STORED NOT NULL',
  );
});

test('comments and names are quoted', () => {
  assert.equal(column({}, { comment: "it's", name: name('a`b') }), "`a``b` int DEFAULT NULL COMMENT 'it''s'");
  assert.equal(options({ comment: "o'clock\\" }), `${plain} COMMENT='o''clock\\'`);
});

test('an AUTO_RANDOM column says its shard bits, and its range when that is not 64', () => {
  const random = { pk_is_handle: true, auto_random_bits: 5, auto_random_range_bits: 64 };
  const key = { Tp: 8, Flen: 20, Flag: 3 };
  assert.equal(column(key, {}, random), '`a` bigint NOT NULL /*T![auto_rand] AUTO_RANDOM(5) */,');
  assert.equal(
    column(key, {}, { ...random, auto_random_range_bits: 54 }),
    '`a` bigint NOT NULL /*T![auto_rand] AUTO_RANDOM(5, 54) */,',
  );
  const shown = show(
    { ...random, pre_split_regions: 2, cols: [columnDocument('a', 0, key)] },
    { autoRandomBase: 30001n },
  );
  assert.match(
    shown,
    /COLLATE=utf8mb4_bin \/\*T!\[auto_rand_base\] AUTO_RANDOM_BASE=30001 \*\/ \/\*T! PRE_SPLIT_REGIONS=2 \*\/$/,
  );
});

test('AUTO_INCREMENT is printed from the counter given, else from the document, and never for 1', () => {
  const cols = [columnDocument('a', 0, { Flag: 515 })];
  assert.equal(options({ cols, auto_inc_id: 7 }, { autoIncrement: 30001n }), `${plain} AUTO_INCREMENT=30001`);
  assert.equal(options({ cols, auto_inc_id: 7 }), `${plain} AUTO_INCREMENT=7`);
  assert.equal(options({ cols, auto_inc_id: 1 }), plain);
  assert.equal(options({ auto_inc_id: 7 }, { autoIncrement: 30001n }), plain, 'no column counts');
  assert.equal(options({ cols, auto_id_cache: 1 }), `${plain} /*T![auto_id_cache] AUTO_ID_CACHE=1 */`);
});

test('indexes of every kind are printed in the order of the document, without those that are not public', () => {
  const cols = [
    columnDocument('a', 0, text),
    columnDocument('b', 1),
    columnDocument('_v$_e_0', 2, {}, { hidden: true, generated_expr_string: 'lower(`a`)' }),
  ];
  const shown = show({
    cols,
    is_common_handle: true,
    index_info: [
      indexDocument('PRIMARY', [['a', 0, 4]], { is_primary: true, is_unique: true }),
      indexDocument('u', [['b', 1]], { is_unique: true, is_global: true }),
      indexDocument(
        'i',
        [
          ['a', 0],
          ['b', 1],
        ],
        { is_invisible: true, comment: 'slow' },
      ),
      indexDocument('gone', [['b', 1]], { state: 3 }),
      indexDocument('e', [['_v$_e_0', 2]]),
      indexDocument('part', [['b', 1]], { condition_expr_string: '`b` > 3' }),
      indexDocument('vec', [['b', 1]], { vector_index: { dimension: 3, distance_metric: 'COSINE' } }),
    ],
  });
  assert.deepEqual(shown.split('\n').slice(3, -1), [
    '  PRIMARY KEY (`a`(4)) /*T![clustered_index] CLUSTERED */,',
    '  UNIQUE KEY `u` (`b`) /*T![global_index] GLOBAL */,',
    "  KEY `i` (`a`,`b`) /*!80000 INVISIBLE */ COMMENT 'slow',",
    '  KEY `e` ((lower(`a`))),',
    '  KEY `part` (`b`) WHERE `b` > 3,',
    '  VECTOR INDEX `vec`((VEC_COSINE_DISTANCE(`b`)))',
  ]);
});

test('foreign keys name another database only, and check constraints say when they are not enforced', () => {
  const key = (database: string, more: Members): Members => ({
    id: 1,
    fk_name: name('fk'),
    ref_schema: name(database),
    ref_table: name('p'),
    ref_cols: [name('x'), name('y')],
    cols: [name('a'), name('b')],
    on_delete: 0,
    on_update: 0,
    state: 5,
    version: 1,
    ...more,
  });
  const check = (more: Members): Members => ({
    constraint_name: name('c'),
    expr_string: '`a` > 0',
    enforced: true,
    state: 5,
    ...more,
  });
  const shown = show({
    fk_info: [
      key('Shop', { on_delete: 2, on_update: 3 }),
      key('audit', { on_delete: 1, on_update: 4, version: 0 }),
    ],
    constraint_info: [check({}), check({ state: 2 }), check({ enforced: false })],
  });
  assert.deepEqual(shown.split('\n').slice(2, -1), [
    '  CONSTRAINT `fk` FOREIGN KEY (`a`,`b`) REFERENCES `p` (`x`,`y`) ON DELETE CASCADE ON UPDATE SET NULL,',
    '  CONSTRAINT `fk` FOREIGN KEY (`a`,`b`) REFERENCES `audit`.`p` (`x`,`y`) ON DELETE RESTRICT ON UPDATE NO ACTION /* FOREIGN KEY INVALID */,',
    '  CONSTRAINT `c` CHECK ((`a` > 0)),',
    '  CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */',
  ]);
});

const definition = (one: string, more: Members = {}): Members => ({
  id: 9,
  name: name(one),
  less_than: null,
  in_values: null,
  ...more,
});
const partitioned = (more: Members): string =>
  options({
    partition: { type: 1, expr: '`a`', columns: null, enable: true, num: 2, definitions: [], ...more },
  }).slice(plain.length);

test('partitions of every type are printed', () => {
  assert.equal(
    partitioned({
      definitions: [
        definition('p0', { less_than: ['10'] }),
        definition('p1', { less_than: ['MAXVALUE'], comment: 'rest' }),
      ],
    }),
    "\nPARTITION BY RANGE (`a`)\n(PARTITION `p0` VALUES LESS THAN (10),\n PARTITION `p1` VALUES LESS THAN (MAXVALUE) COMMENT 'rest')",
  );
  const hash = { type: 2, definitions: [definition('p0'), definition('p1')] };
  assert.equal(partitioned(hash), '\nPARTITION BY HASH (`a`) PARTITIONS 2');
  assert.equal(
    partitioned({ ...hash, definitions: [definition('p0'), definition('x')] }),
    '\nPARTITION BY HASH (`a`)\n(PARTITION `p0`,\n PARTITION `x`)',
  );
  assert.equal(
    partitioned({ ...hash, type: 4, expr: '', columns: [name('a')] }),
    '\nPARTITION BY KEY (`a`) PARTITIONS 2',
  );
  const lists = [
    definition('p0', { in_values: [['1'], ['NULL']] }),
    definition('p1', { in_values: [['DEFAULT']] }),
  ];
  assert.equal(
    partitioned({ type: 3, definitions: lists }),
    '\nPARTITION BY LIST (`a`)\n(PARTITION `p0` VALUES IN (1,NULL),\n PARTITION `p1` DEFAULT)',
  );
  const columns = {
    type: 3,
    expr: '',
    columns: [name('a'), name('b')],
    definitions: [
      definition('p', {
        in_values: [
          ["'x'", '1'],
          ["'\n'", '2'],
        ],
      }),
    ],
  };
  assert.equal(
    partitioned(columns),
    "\nPARTITION BY LIST COLUMNS(`a`,`b`)\n(PARTITION `p` VALUES IN (('x',1),('\\n',2)))",
  );
  const odd = {
    type: 1,
    expr: '',
    columns: [name('a')],
    definitions: [definition('p', { less_than: ["'\u0002é'"] })],
  };
  assert.equal(
    partitioned(odd),
    '\nPARTITION BY RANGE COLUMNS(`a`)\n(PARTITION `p` VALUES LESS THAN (0x02c3a9))',
  );
});

test('a partition clause that is not in force is not printed', () => {
  assert.equal(partitioned({ enable: false }), '');
  assert.equal(partitioned({ type: 0, definitions: [definition('all')] }), '');
});

test('placement, TTL, sharding, caching and temporary tables are printed', () => {
  const policy = { id: 1, name: name('P') };
  assert.equal(options({ policy_ref_info: policy }), `${plain} /*T![placement] PLACEMENT POLICY=\`P\` */`);
  const placed = { type: 2, definitions: [definition('p0', { policy_ref_info: policy }), definition('p1')] };
  assert.equal(
    partitioned(placed),
    '\nPARTITION BY HASH (`a`)\n(PARTITION `p0` /*T![placement] PLACEMENT POLICY=`P` */,\n PARTITION `p1`)',
  );
  const ttl = {
    column: name('At'),
    interval_expr: '3',
    interval_time_unit: 7,
    enable: true,
    job_interval: '24h',
  };
  assert.equal(
    options({ ttl_info: ttl }),
    `${plain} /*T![ttl] TTL=\`At\` + INTERVAL 3 MONTH */ /*T![ttl] TTL_ENABLE='ON' */ /*T![ttl] TTL_JOB_INTERVAL='24h' */`,
  );
  assert.equal(
    options({ ShardRowIDBits: 4, pre_split_regions: 2 }),
    `${plain} /*T! SHARD_ROW_ID_BITS=4 PRE_SPLIT_REGIONS=2 */`,
  );
  assert.equal(options({ cache_table_status: 1 }), `${plain} /* CACHED ON */`);
  assert.equal(options({ charset: 'binary', collate: 'binary' }), 'ENGINE=InnoDB DEFAULT CHARSET=binary');
  assert.match(
    show({ temp_table_type: 1 }),
    /^CREATE GLOBAL TEMPORARY TABLE `t` \(\n.*\n\) .* ON COMMIT DELETE ROWS$/,
  );
  assert.match(show({ temp_table_type: 2 }), /^CREATE TEMPORARY TABLE `t` \(/);
});

test('the recorded views are printed with definer, security and columns', () => {
  const { schemas } = recordedSnapshot('shop/bucket/backup-data/snapshot-20261122042442');
  const tables = schemas
    .filter((one) => one.table.length > 0)
    .map((one) => parseTableInfo(one.table, 'recorded'));
  const views = tables.filter((one) => one.kind === 'view').map((one) => showCreateTable(db, one));
  const [invoker, definer, ...others] = views;
  assert.equal(others.length, 0);
  const head = 'CREATE ALGORITHM=UNDEFINED DEFINER=``@`` SQL SECURITY';
  const columns = '`job_id`, `db_name`, `table_name`, `query`, `session_id`, `start_time`, `SQL_DIGESTS`';
  assert.ok(
    invoker?.startsWith(`${head} INVOKER VIEW \`tidb_mdl_view\` (${columns}) AS (SELECT \`tidb_mdl_info\`.`),
  );
  assert.ok(definer?.startsWith(`${head} DEFINER VIEW \`schema_unused_indexes\` (\`object_schema\`, `));
});

test('a view shows the account its definer was matched to, when there is one', () => {
  const definer = { Username: 'u', Hostname: '10.0.0.1', AuthUsername: '', AuthHostname: '' };
  const view = { view_algorithm: 1, view_definer: definer, view_security: 1, view_select: 'SELECT 1 AS `a`' };
  assert.equal(
    show({ view }),
    'CREATE ALGORITHM=MERGE DEFINER=`u`@`10.0.0.1` SQL SECURITY INVOKER VIEW `t` (`a`) AS SELECT 1 AS `a`',
  );
  const matched = { ...definer, AuthUsername: 'u', AuthHostname: '%' };
  assert.match(show({ view: { ...view, view_definer: matched } }), /DEFINER=`u`@`%` /);
});

test('a sequence is printed with all of its numbers', () => {
  const sequence = {
    sequence_start: 1,
    sequence_cache: true,
    sequence_cycle: false,
    sequence_min_value: 1,
    sequence_max_value: 9223372036854775806n,
    sequence_increment: 2,
    sequence_cache_value: 1000,
    sequence_comment: 'n',
  };
  const start = 'CREATE SEQUENCE `t` start with 1 minvalue 1 maxvalue 9223372036854775806 increment by 2';
  assert.equal(show({ cols: null, sequence }), `${start} cache 1000 nocycle ENGINE=InnoDB COMMENT='n'`);
  const other = { ...sequence, sequence_cache: false, sequence_cycle: true, sequence_comment: '' };
  assert.equal(show({ cols: null, sequence: other }), `${start} nocache cycle ENGINE=InnoDB`);
});

test('a database is printed with its charset, another collation and its policy', () => {
  const database = (more: Members): string =>
    showCreateDatabase(parseDbInfo(documentBytes(dbDocument(1, 'D', more)), 'db'));
  assert.equal(database({}), 'CREATE DATABASE `D` /*!40100 DEFAULT CHARACTER SET utf8mb4 */');
  assert.equal(
    database({ collate: 'utf8mb4_general_ci', policy_ref_info: { id: 1, name: name('p') } }),
    'CREATE DATABASE `D` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci */ /*T![placement] PLACEMENT POLICY=`p` */',
  );
  assert.equal(
    database({ charset: '', collate: 'latin1_bin' }),
    'CREATE DATABASE `D` /*!40100 DEFAULT CHARACTER SET latin1 */',
  );
  assert.equal(database({ charset: '', collate: '' }), 'CREATE DATABASE `D`');
});
