// The SQL that makes a database, table, view or sequence again, as TiDB's SHOW CREATE prints it from the documents.
// Equal to the letter for every recorded table; it must not quote by ANSI_QUOTES, nor know a session's time zone.
import { JsonNode } from './json-node.ts';
import type { JsonValue } from './lossless-json.ts';
import { columnText, flag } from './show-create-column.ts';
import { constraintLines, indexLines } from './show-create-index.ts';
import { partitionText, placementText } from './show-create-partition.ts';
import { charsetOfCollation, defaultCollation, quotedName, quotedText } from './sql-text.ts';
import { type DbInfo, type TableInfo, visibleColumns } from './table-info.ts';

export interface ShowCreateOptions {
  /** The next AUTO_INCREMENT value (`TableAt.autoIncrement`); without it the document's, which the log leaves stale. */
  readonly autoIncrement?: bigint | undefined;
  /** The next AUTO_RANDOM value (`TableAt.autoRandomBase`). */
  readonly autoRandomBase?: bigint | undefined;
}

const documentOf = (of: DbInfo | TableInfo, what: string): JsonNode =>
  new JsonNode(of.raw as JsonValue, `${what} document ${of.id}`, undefined, '');

const timeUnits: readonly string[] = [
  ...['', 'MICROSECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'],
  ...[
    'SECOND_MICROSECOND',
    'MINUTE_MICROSECOND',
    'MINUTE_SECOND',
    'HOUR_MICROSECOND',
    'HOUR_SECOND',
    'HOUR_MINUTE',
  ],
  ...['DAY_MICROSECOND', 'DAY_SECOND', 'DAY_MINUTE', 'DAY_HOUR', 'YEAR_MONTH'],
];

function ttlText(ttl: JsonNode): string {
  if (ttl.absent) return '';
  const unit = timeUnits[ttl.field('interval_time_unit').small()] ?? '';
  const column = quotedName(ttl.field('column').field('O').text());
  const enabled = ttl.field('enable').flag(false) ? 'ON' : 'OFF';
  // Documents of 6.5, which had one interval for all tables, have none of their own.
  const interval = ttl.field('job_interval').text('') || '1h';
  return [
    ` /*T![ttl] TTL=${column} + INTERVAL ${ttl.field('interval_expr').text()} ${unit} */`,
    ` /*T![ttl] TTL_ENABLE='${enabled}' */`,
    ` /*T![ttl] TTL_JOB_INTERVAL='${interval}' */`,
  ].join('');
}

function autoIdText(table: TableInfo, document: JsonNode, options: ShowCreateOptions): string {
  const counts = visibleColumns(table).some((one) => (one.type.flag & flag.autoIncrement) !== 0);
  const next = options.autoIncrement ?? table.autoIncId;
  const cache = document.field('auto_id_cache').integer(0n);
  const random = document.field('auto_random_bits').integer(0n) > 0n;
  const randomBase = options.autoRandomBase ?? document.field('auto_rand_id').integer(0n);
  return [
    counts && next > 1n ? ` AUTO_INCREMENT=${next}` : '',
    cache === 0n ? '' : ` /*T![auto_id_cache] AUTO_ID_CACHE=${cache} */`,
    random && randomBase > 1n ? ` /*T![auto_rand_base] AUTO_RANDOM_BASE=${randomBase} */` : '',
  ].join('');
}

function shardText(document: JsonNode): string {
  const shard = document.field('ShardRowIDBits').integer(0n);
  const regions = document.field('pre_split_regions').integer(0n);
  if (shard > 0n)
    return ` /*T! SHARD_ROW_ID_BITS=${shard} ${regions > 0n ? `PRE_SPLIT_REGIONS=${regions} ` : ''}*/`;
  const random = document.field('auto_random_bits').integer(0n) > 0n;
  return random && regions > 0n ? ` /*T! PRE_SPLIT_REGIONS=${regions} */` : '';
}

function charsetOf(table: TableInfo): { readonly charset: string; readonly collate: string } {
  const charset = table.charset || 'utf8mb4';
  return { charset, collate: table.collate || (defaultCollation(charset) ?? '') };
}

function tableOptions(table: TableInfo, options: ShowCreateOptions): string {
  const document = documentOf(table, 'table');
  const { charset, collate } = charsetOf(table);
  const compression = document.field('compression').text('');
  const globalTemporary = document.field('temp_table_type').small(0) === 1;
  const cached = document.field('cache_table_status').small(0) === 1;
  return [
    ` ENGINE=InnoDB DEFAULT CHARSET=${charset}`,
    collate === '' || collate === 'binary' ? '' : ` COLLATE=${collate}`,
    compression === '' ? '' : ` COMPRESSION='${compression}'`,
    autoIdText(table, document, options),
    shardText(document),
    table.comment === '' ? '' : ` COMMENT=${quotedText(table.comment)}`,
    globalTemporary ? ' ON COMMIT DELETE ROWS' : '',
    placementText(document.field('policy_ref_info')),
    cached ? ' /* CACHED ON */' : '',
    partitionText(table),
    ttlText(document.field('ttl_info')),
  ].join('');
}

function createHead(table: TableInfo): string {
  if (table.kind !== 'temporary') return 'CREATE TABLE';
  const local = documentOf(table, 'table').field('temp_table_type').small(0) === 2;
  return local ? 'CREATE TEMPORARY TABLE' : 'CREATE GLOBAL TEMPORARY TABLE';
}

/**
 * SHOW CREATE TABLE of any kind of table document, without a final semicolon (CODEC §6, §7.2, §7.3).
 * Errors: ROW_DAMAGED for members of the wrong type, UNSUPPORTED for a column type that is not known.
 */
export function showCreateTable(db: DbInfo, table: TableInfo, options: ShowCreateOptions = {}): string {
  switch (table.kind) {
    case 'view':
      return showCreateView(table);
    case 'sequence':
      return showCreateSequence(table);
    case 'table':
    case 'temporary':
      return showCreateBaseTable(db, table, options);
    default:
      return table.kind satisfies never;
  }
}

function showCreateBaseTable(db: DbInfo, table: TableInfo, options: ShowCreateOptions): string {
  const { charset, collate } = charsetOf(table);
  const lines = [
    ...visibleColumns(table).map((one) => columnText(table, one, charset, collate)),
    ...indexLines(table),
    ...constraintLines(db.name, table),
  ];
  const body = lines.map((line) => `  ${line}`).join(',\n');
  return `${createHead(table)} ${quotedName(table.name)} (\n${body}\n)${tableOptions(table, options)}`;
}

const viewAlgorithms: readonly string[] = ['UNDEFINED', 'MERGE', 'TEMPTABLE'];
const viewSecurity: readonly string[] = ['DEFINER', 'INVOKER'];

/** A definer's `AuthUsername` and `AuthHostname` are the account it was matched to, when both are there. */
function definerText(definer: JsonNode): string {
  const part = (name: string): string => definer.field(name).text('');
  const matched = part('AuthUsername') !== '' && part('AuthHostname') !== '';
  const [user, host] = matched ? ['AuthUsername', 'AuthHostname'] : ['Username', 'Hostname'];
  return `DEFINER=${quotedName(part(user ?? ''))}@${quotedName(part(host ?? ''))}`;
}

function showCreateView(table: TableInfo): string {
  const view = documentOf(table, 'table').field('view');
  const algorithm = viewAlgorithms[view.field('view_algorithm').small(0)] ?? 'UNDEFINED';
  const definer = view.field('view_definer');
  const security = viewSecurity[view.field('view_security').small(0)] ?? 'DEFINER';
  const columns = table.columns.map((one) => quotedName(one.name)).join(', ');
  return [
    `CREATE ALGORITHM=${algorithm}`,
    ...(definer.absent ? [] : [definerText(definer)]),
    `SQL SECURITY ${security}`,
    `VIEW ${quotedName(table.name)} (${columns}) AS ${view.field('view_select').text('')}`,
  ].join(' ');
}

function showCreateSequence(table: TableInfo): string {
  const sequence = documentOf(table, 'table').field('sequence');
  const number = (name: string): bigint => sequence.field(name).integer(0n);
  const comment = sequence.field('sequence_comment').text('');
  return [
    `CREATE SEQUENCE ${quotedName(table.name)} start with ${number('sequence_start')}`,
    `minvalue ${number('sequence_min_value')} maxvalue ${number('sequence_max_value')}`,
    `increment by ${number('sequence_increment')}`,
    sequence.field('sequence_cache').flag(false) ? `cache ${number('sequence_cache_value')}` : 'nocache',
    `${sequence.field('sequence_cycle').flag(false) ? 'cycle' : 'nocycle'} ENGINE=InnoDB`,
    ...(comment === '' ? [] : [`COMMENT=${quotedText(comment)}`]),
  ].join(' ');
}

/** SHOW CREATE DATABASE, without a final semicolon (CODEC §7.1). Errors: ROW_DAMAGED. */
export function showCreateDatabase(db: DbInfo): string {
  const charset = db.charset || (db.collate === '' ? '' : charsetOfCollation(db.collate));
  const collate =
    db.collate !== '' && db.collate !== defaultCollation(charset) ? `COLLATE ${db.collate} ` : '';
  const character = charset === '' ? '' : ` /*!40100 DEFAULT CHARACTER SET ${charset} ${collate}*/`;
  const policy = placementText(documentOf(db, 'database').field('policy_ref_info'));
  return `CREATE DATABASE ${quotedName(db.name)}${character}${policy}`;
}
