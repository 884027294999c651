// The PARTITION BY clause of SHOW CREATE TABLE (CODEC §7.3). It must not say where rows are (partition.ts does).
import { JsonNode } from './json-node.ts';
import type { JsonValue } from './lossless-json.ts';
import { quotedName, quotedText } from './sql-text.ts';
import type { PartitionDefinition, PartitionInfo, TableInfo } from './table-info.ts';

const range = 1;
const hash = 2;
const list = 3;
const key = 4;
const keywords: Readonly<Record<number, string>> = {
  1: 'RANGE',
  2: 'HASH',
  3: 'LIST',
  4: 'KEY',
  5: 'SYSTEM_TIME',
};

const shortEscapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
};

/** Letters, marks, numbers, punctuation, symbols and the plain space: the rest is not printed as it is. */
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** A bound as TiDB prints it: usual escapes for some control characters, hex for values that have others. */
function bound(text: string): string {
  if (!unprintable.test(text)) return text;
  const escaped = Array.from(text, (letter) => shortEscapes[letter] ?? letter).join('');
  if (!unprintable.test(escaped)) return escaped;
  const inner = /^'(.*)'$/s.exec(text)?.[1] ?? text;
  const hex = Array.from(new TextEncoder().encode(inner), (byte) => byte.toString(16).padStart(2, '0'));
  return `0x${hex.join('')}`;
}

function listValues(definition: PartitionDefinition): string {
  const { inValues } = definition;
  const only = inValues.length === 1 && inValues[0]?.length === 1 ? inValues[0][0] : undefined;
  if (inValues.length === 0 || only?.toUpperCase() === 'DEFAULT') return ' DEFAULT';
  const tuples = inValues.map((one) =>
    one.length > 1 ? `(${one.map(bound).join(',')})` : one.map(bound).join(''),
  );
  return ` VALUES IN (${tuples.join(',')})`;
}

function values(type: number, definition: PartitionDefinition): string {
  if (type === range) return ` VALUES LESS THAN (${definition.lessThan.map(bound).join(',')})`;
  return type === list ? listValues(definition) : '';
}

/** ` /*T![placement] … *​/` of a `policy_ref_info` member, empty when there is none. */
export function placementText(reference: JsonNode): string {
  if (reference.absent) return '';
  return ` /*T![placement] PLACEMENT POLICY=${quotedName(reference.field('name').field('O').text())} */`;
}

/** The policies of the definitions, in their order. */
function policies(table: TableInfo): readonly string[] {
  const document = new JsonNode(table.raw as JsonValue, `table document ${table.id}`, undefined, '');
  const definitions = document.field('partition').field('definitions').items();
  return definitions.map((one) => placementText(one.field('policy_ref_info')));
}

const columnList = (partition: PartitionInfo): string => partition.columns.map(quotedName).join(',');

/** Whether `PARTITIONS n` says all of a HASH or KEY partitioning: usual names, no comments, no policies. */
function saidByNumber(partition: PartitionInfo, policy: readonly string[]): boolean {
  return partition.definitions.every(
    (one, i) => one.name === `p${i}` && one.comment === '' && policy[i] === '',
  );
}

function byClause(partition: PartitionInfo): string {
  const keyword = keywords[partition.type] ?? 'RANGE';
  if (partition.type === key) return `\nPARTITION BY KEY (${columnList(partition)})`;
  if (partition.columns.length > 0) return `\nPARTITION BY ${keyword} COLUMNS(${columnList(partition)})`;
  return `\nPARTITION BY ${keyword} (${partition.expr})`;
}

/** `\nPARTITION BY …` of a table, empty for one without partitions or in the first step of being partitioned. */
export function partitionText(table: TableInfo): string {
  const { partition } = table;
  if (partition === undefined || !partition.enable || partition.type === 0) return '';
  const policy = policies(table);
  const numbered = partition.type === hash || partition.type === key;
  if (numbered && saidByNumber(partition, policy))
    return `${byClause(partition)} PARTITIONS ${partition.num}`;
  const definitions = partition.definitions.map((one, i) => {
    const comment = one.comment === '' ? '' : ` COMMENT ${quotedText(one.comment)}`;
    return `PARTITION ${quotedName(one.name)}${values(partition.type, one)}${comment}${policy[i] ?? ''}`;
  });
  return `${byClause(partition)}\n(${definitions.join(',\n ')})`;
}
