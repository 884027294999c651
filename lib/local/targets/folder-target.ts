// A folder as the result of a restore: one file per table for JSON Lines and CSV, one folder per database and table for
// Parquet; the DDL and the manifest beside them (docs/formats/outputs.md).

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PitrError } from '../../domain/errors.ts';
import type { RestoreTarget, StagedRestore, StagedTable } from '../../ports/restore-target.ts';
import { fileNamePart } from './file-names.ts';
import { attempt, kindOf, openStaging, type Staging } from './staging.ts';

/** Written last, so that a folder with it is whole and ours. */
export const MANIFEST = '_pitr.json';
const SCHEMA = '_schema.sql';

/** Opens the target. Errors: TARGET_OCCUPIED when something that is not ours stands there. */
export async function openFolderTarget(
  path: string,
  form: 'jsonl' | 'csv' | 'parquet',
): Promise<RestoreTarget> {
  await refuseForeign(path);
  const staging = await openStaging(path);
  return {
    form,
    partFolder: staging.partFolder,
    spillFolder: staging.spillFolder,
    publish: (restore, onTable) => attempt(path, () => publish(staging, form, restore, onTable)),
    cleanUp: () => staging.cleanUp(),
  };
}

/** A folder is ours when it has our manifest; we never remove another one, whatever is asked. */
async function refuseForeign(path: string): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'nothing') return;
  const entries = kind === 'folder' ? await readdir(path) : ['a file'];
  if (entries.length === 0 || (entries.includes(MANIFEST) && (await isManifest(join(path, MANIFEST)))))
    return;
  throw new PitrError(
    'TARGET_OCCUPIED',
    `${path} is there and was not written by pitr: it holds ${entries[0]}`,
    {
      hint: 'choose a folder that does not exist, or an empty one',
      details: { path, found: entries.slice(0, 10) },
    },
  );
}

async function isManifest(path: string): Promise<boolean> {
  try {
    return String(JSON.parse(await readFile(path, 'utf8')).schema).startsWith('pitr.');
  } catch {
    return false;
  }
}

async function publish(
  staging: Staging,
  form: 'jsonl' | 'csv' | 'parquet',
  restore: StagedRestore,
  onTable: (done: number) => void,
): Promise<readonly string[]> {
  await mkdir(staging.resultPath, { recursive: true });
  const files: string[] = [];
  for (const table of restore.tables) {
    files.push(form === 'parquet' ? await placeParts(staging, table) : await joinParts(staging, table, form));
    onTable(files.length);
  }
  const ddl = [...restore.otherDdl, ...restore.tables.map((table) => inDatabase(table))];
  await writeFile(join(staging.resultPath, SCHEMA), ddl.map((text) => `${text};\n`).join('\n'));
  await writeFile(join(staging.resultPath, MANIFEST), `${JSON.stringify(restore.manifest, null, 2)}\n`);
  await staging.swap();
  return files;
}

function inDatabase({ database, ddl }: StagedTable): string {
  return `USE \`${database.replaceAll('`', '``')}\`;\n${ddl}`;
}

/** Text parts are one file: the first one grows by the others. */
async function joinParts(staging: Staging, table: StagedTable, form: string): Promise<string> {
  const name = `${fileNamePart(table.database)}.${fileNamePart(table.name)}.${form}`;
  const path = join(staging.resultPath, name);
  const [first, ...others] = table.parts.map((part) => join(staging.partFolder, part));
  await rename(first, path);
  for (const part of others) await pipeline(createReadStream(part), createWriteStream(path, { flags: 'a' }));
  await flush(path);
  return name;
}

async function placeParts(staging: Staging, table: StagedTable): Promise<string> {
  const folder = join(fileNamePart(table.database), fileNamePart(table.name));
  await mkdir(join(staging.resultPath, folder), { recursive: true });
  for (const [i, part] of table.parts.entries()) {
    const path = join(staging.resultPath, folder, `part-${String(i).padStart(5, '0')}.parquet`);
    await rename(join(staging.partFolder, part), path);
    await flush(path);
  }
  return folder;
}

/** To the disk: what is published survives a loss of power. */
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
