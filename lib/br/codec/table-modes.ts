// Which tables were open to an import or a restore after a base: what these put into the storage as files is in no log
// (CODEC §7.2, FACTS §4.5). It must not judge whether rows are missing: the caller refuses.
import { versionAt } from './key-versions.ts';
import type { SchemaVersions } from './schema-versions.ts';
import type { TableInfo } from './table-info.ts';

export interface PastLogWrite {
  readonly tableId: bigint;
  readonly mode: 'import' | 'restore';
  /** Commit of the first document that says so; the base's BackupTS when its own does. */
  readonly sinceTs: bigint;
}

const modeNormal = 0;
const modeImport = 1;

/** For each of the wanted tables the first document with a mode, from the one valid at `from` to those up to `to`. */
export function pastLogWrites(
  versions: SchemaVersions,
  wanted: ReadonlySet<bigint>,
  from: bigint,
  to: bigint,
): readonly PastLogWrite[] {
  const first = new Map<bigint, PastLogWrite>();
  const note = (table: TableInfo | undefined, sinceTs: bigint): void => {
    if (table === undefined || table.mode === modeNormal) return;
    const known = first.get(table.id);
    if (known !== undefined && known.sinceTs <= sinceTs) return;
    first.set(table.id, {
      tableId: table.id,
      mode: table.mode === modeImport ? 'import' : 'restore',
      sinceTs,
    });
  };
  for (const { tableId, versions: history } of versions.tables) {
    if (!wanted.has(tableId)) continue;
    note(versionAt(history, from)?.document(), from);
    for (const version of history)
      if (version.commitTs > from && version.commitTs <= to) note(version.document(), version.commitTs);
  }
  return [...first.values()];
}
