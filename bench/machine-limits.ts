// What this machine can do at best with the same bytes, measured in the same run: zstd decompression of the same SSTs
// on one core, and writing to the same disk.

import {
  closeSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { SstReader } from '../lib/br/sst/sst-reader.ts';
import { bytesSource } from '../lib/br/sst/sst-source.ts';

export interface MachineLimits {
  /** Plain MB/s of one core that only decompresses 32 KiB zstd blocks. */
  readonly zstdMBs: number;
  /** MB/s of writing and flushing. */
  readonly diskMBs: number;
}

/** folder: a synthetic backup. Uses its first SST as material. */
export async function machineLimits(folder: string, scratch: string): Promise<MachineLimits> {
  const snapshot = readdirSync(folder).find((name) => name.startsWith('snapshot-')) ?? '';
  const first = readdirSync(join(folder, snapshot, '1')).find((name) => name.endsWith('_write.sst')) ?? '';
  const path = join(folder, snapshot, '1', first);
  const bytes = readFileSync(path);
  const reader = await SstReader.open(bytesSource(first, bytes));
  const blocks: Uint8Array[] = [];
  for await (const block of reader.blocks()) {
    blocks.push(zstdCompressSync(block.data));
    if (blocks.length >= 2000) break;
  }
  let plain = 0;
  const started = performance.now();
  for (let round = 0; round < 3; round++)
    for (const block of blocks) plain += zstdDecompressSync(block).length;
  const zstdMBs = plain / 1e6 / ((performance.now() - started) / 1000);
  return { zstdMBs, diskMBs: diskSpeed(join(scratch, 'disk.tmp'), bytes.subarray(0, 64 << 20)) };
}

function diskSpeed(path: string, bytes: Uint8Array): number {
  const fd = openSync(path, 'w');
  const started = performance.now();
  for (let i = 0; i < 4; i++) writeSync(fd, bytes);
  fdatasyncSync(fd);
  const seconds = (performance.now() - started) / 1000;
  const size = statSync(path).size;
  closeSync(fd);
  rmSync(path);
  return size / 1e6 / seconds;
}
