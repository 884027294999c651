// Keys, foreign keys and check constraints as lines of SHOW CREATE TABLE. Vector, columnar and full-text indexes
// follow what is publicly known of TiDB's output; the other forms are those of every version since 5.0.
import { JsonNode } from './json-node.ts';
import type { JsonValue } from './lossless-json.ts';
import { flag } from './show-create-column.ts';
import { quotedName, quotedText } from './sql-text.ts';
import { type IndexColumn, type IndexInfo, statePublic, type TableInfo } from './table-info.ts';

const referenceActions: Readonly<Record<number, string>> = {
  1: 'RESTRICT',
  2: 'CASCADE',
  3: 'SET NULL',
  4: 'NO ACTION',
  5: 'SET DEFAULT',
};

const distanceFunctions: Readonly<Record<string, string>> = {
  L2: 'VEC_L2_DISTANCE',
  COSINE: 'VEC_COSINE_DISTANCE',
};

function indexColumn(table: TableInfo, one: IndexColumn): string {
  const column = table.columns[one.offset];
  if (column?.hidden) return `(${column.generatedExpr})`;
  return one.length < 0 ? quotedName(one.name) : `${quotedName(one.name)}(${one.length})`;
}

function indexHead(index: IndexInfo, raw: JsonNode): string {
  const name = quotedName(index.name);
  if (index.primary) return 'PRIMARY KEY ';
  if (index.unique) return `UNIQUE KEY ${name} `;
  if (!raw.field('vector_index').absent) return `VECTOR INDEX ${name}`;
  if (!raw.field('full_text_index').absent) return `FULLTEXT INDEX ${name}`;
  if (!raw.field('inverted_index').absent) return `COLUMNAR INDEX ${name} `;
  return `KEY ${name} `;
}

function indexColumns(table: TableInfo, index: IndexInfo, raw: JsonNode): string {
  const columns = index.columns.map((one) => indexColumn(table, one)).join(',');
  const vector = raw.field('vector_index');
  if (vector.absent) return `(${columns})`;
  const metric = vector.field('distance_metric').text('');
  const distance = Object.hasOwn(distanceFunctions, metric) ? distanceFunctions[metric] : metric;
  return `((${distance}(${columns})))`;
}

function indexTail(table: TableInfo, index: IndexInfo, raw: JsonNode): string {
  const parser = raw.field('full_text_index');
  const condition = raw.field('condition_expr_string').text('');
  const clustered = table.pkIsHandle || table.isCommonHandle ? 'CLUSTERED' : 'NONCLUSTERED';
  return [
    raw.field('inverted_index').absent ? '' : ' USING INVERTED',
    parser.absent ? '' : ` WITH PARSER ${parser.field('parser_type').text('').replace(/_V1$/, '')}`,
    condition === '' ? '' : ` WHERE ${condition}`,
    index.invisible ? ' /*!80000 INVISIBLE */' : '',
    index.comment === '' ? '' : ` COMMENT ${quotedText(index.comment)}`,
    index.primary ? ` /*T![clustered_index] ${clustered} */` : '',
    index.global ? ' /*T![global_index] GLOBAL */' : '',
  ].join('');
}

/** The lines of the primary key and all public indexes. With `pk_is_handle` the key has no index entry (CODEC §7.2). */
export function indexLines(table: TableInfo): readonly string[] {
  const handle = table.pkIsHandle
    ? table.columns.find((one) => one.state === statePublic && (one.type.flag & flag.primary) !== 0)
    : undefined;
  const first =
    handle === undefined
      ? []
      : [`PRIMARY KEY (${quotedName(handle.name)}) /*T![clustered_index] CLUSTERED */`];
  const documents = new JsonNode(table.raw as JsonValue, `table document ${table.id}`, undefined, '')
    .field('index_info')
    .items();
  const others = table.indexes.flatMap((index, i) => {
    const raw = documents[i];
    if (index.state !== statePublic || raw === undefined) return [];
    return [`${indexHead(index, raw)}${indexColumns(table, index, raw)}${indexTail(table, index, raw)}`];
  });
  return [...first, ...others];
}

const nameList = (node: JsonNode): string =>
  node
    .items()
    .map((one) => quotedName(one.field('O').text()))
    .join(',');

function onAction(event: string, node: JsonNode): string {
  const named = referenceActions[node.small(0)];
  return named === undefined ? '' : ` ON ${event} ${named}`;
}

function foreignKey(database: string, node: JsonNode): string {
  const schema = node.field('ref_schema');
  const other = schema.absent ? '' : schema.field('O').text();
  const prefix =
    other === '' || other.toLowerCase() === database.toLowerCase() ? '' : `${quotedName(other)}.`;
  const valid = node.field('version').small(0) > 0;
  return [
    `CONSTRAINT ${quotedName(node.field('fk_name').field('O').text())} FOREIGN KEY (${nameList(node.field('cols'))})`,
    ` REFERENCES ${prefix}${quotedName(node.field('ref_table').field('O').text())} (${nameList(node.field('ref_cols'))})`,
    onAction('DELETE', node.field('on_delete')),
    onAction('UPDATE', node.field('on_update')),
    valid ? '' : ' /* FOREIGN KEY INVALID */',
  ].join('');
}

/** The lines of foreign keys (other databases' tables with their database) and of public check constraints. */
export function constraintLines(database: string, table: TableInfo): readonly string[] {
  const document = new JsonNode(table.raw as JsonValue, `table document ${table.id}`, undefined, '');
  const foreign = document
    .field('fk_info')
    .items()
    .map((one) => foreignKey(database, one));
  const checks = document
    .field('constraint_info')
    .items()
    .filter((one) => one.field('state').small() === statePublic)
    .map((one) => {
      const name = quotedName(one.field('constraint_name').field('O').text());
      const enforced = one.field('enforced').flag(false) ? '' : ' /*!80016 NOT ENFORCED */';
      return `CONSTRAINT ${name} CHECK ((${one.field('expr_string').text()}))${enforced}`;
    });
  return [...foreign, ...checks];
}
