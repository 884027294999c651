// What a simulated br works with, and the form of its commands: each is a script of steps, between which time passes and in which it
// may be killed. Knows no command.

import type { Clock } from '../../ports/clock.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SimCluster } from '../sim-cluster.ts';
import type { BrPrinter } from './br-printer.ts';
import type { SimTarget } from './sim-target.ts';

export interface BrScriptContext {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: SeededRandom;
  /** Of the cluster that is backed up. */
  readonly cluster: SimCluster;
  /** As br reaches it. */
  readonly bucket: ObjectStore;
  /** PD cannot be reached by br now. */
  readonly isPdHidden: () => boolean;
  /** The cluster at an address that `--pd` names; undefined: the one that is backed up. */
  readonly targetAt: (pd: string) => SimTarget | undefined;
  readonly print: BrPrinter;
  readonly flags: BrFlags;
  readonly host: string;
  readonly pid: number;
  readonly operationId: string;
  /** It says that all went well, and does not do it: what an exit code of 0 is worth (FACTS §0.15). */
  readonly lies: boolean;
}

/** Yields milliseconds that pass until its next step. Its `finally` is what br does when it is asked to stop; a kill skips it. */
export type BrScript = AsyncGenerator<number, void, undefined>;

/** br ends with 1, and this is its last word. */
export class BrRefusal extends Error {}

/** The words of one call: `br backup full --a=b`. */
export class BrFlags {
  readonly words: readonly string[];
  readonly argv: readonly string[];
  readonly #flags = new Map<string, string>();

  constructor(argv: readonly string[]) {
    this.argv = argv;
    const first = argv.findIndex((word, index) => index > 0 && word.startsWith('-'));
    this.words = argv.slice(1, first < 0 ? undefined : first);
    for (const word of argv) {
      const match = /^--([^=]+)(?:=(.*))?$/s.exec(word);
      if (match !== null) this.#flags.set(match[1] ?? '', match[2] ?? 'true');
    }
  }

  /** Throws the refusal of br for a flag that is missing. */
  get(name: string): string {
    const value = this.#flags.get(name);
    if (value === undefined) throw new BrRefusal(`required flag(s) "${name}" not set`);
    return value;
  }

  optional(name: string): string | undefined {
    return this.#flags.get(name);
  }

  ts(name: string): bigint {
    return BigInt(this.get(name));
  }

  /** The folder of a storage URL below the bucket's root, with a slash at its end. */
  folder(name: string, bucketPath: string): string {
    const url = this.get(name);
    const root = `s3://${bucketPath}/`;
    if (!url.startsWith(root)) throw new BrRefusal(`NoSuchBucket: ${url}`);
    return `${url.slice(root.length).replace(/\/+$/, '')}/`;
  }
}

export function u64Json(fields: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fields).map(([name, value]) => {
    const text =
      typeof value === 'bigint'
        ? `${value}`
        : isFields(value)
          ? u64Json(value)
          : JSON.stringify(value ?? null);
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${members.join(',')}}`;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
