// Every recorded run of br: its arguments, its exit code, its two outputs.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface RecordedRun {
  /** `shop/br/04-backup-full`. */
  readonly name: string;
  /** `argv[0]` is `br`. */
  readonly argv: readonly string[];
  /** Undefined when it was killed. */
  readonly exit: number | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

const root = fileURLToPath(new URL('../fixtures/', import.meta.url));
const places = ['shop/br', 'shop/restore', 'variants/br', 'error-state/br', 'faults'];

/** All runs that have an argv beside their outputs, in the order of their names. */
export const recordedRuns: readonly RecordedRun[] = places
  .flatMap((place) => globSync(`${place}/*.stdout`, { cwd: root }))
  .sort()
  .map((path) => recordedRun(path.slice(0, -'.stdout'.length)));

export function recordedRun(name: string): RecordedRun {
  const record = JSON.parse(readFileSync(`${root}${name}.json`, 'utf8')) as {
    readonly argv: readonly string[];
    readonly exit: number;
  };
  return {
    name,
    argv: record.argv.map(String),
    exit: record.exit < 0 ? undefined : record.exit,
    stdout: readFileSync(`${root}${name}.stdout`),
    stderr: readFileSync(`${root}${name}.stderr`),
  };
}

/** The output of each recorded truncation: there is no argv beside it. */
export const recordedTruncations: readonly { readonly name: string; readonly stdout: Uint8Array }[] =
  globSync('shop/truncate/*.stdout', { cwd: root })
    .sort()
    .map((name) => ({ name, stdout: readFileSync(root + name) }));
