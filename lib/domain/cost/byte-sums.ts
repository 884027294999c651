// The bytes of a bucket by what they are for: snapshots by folder, log data by the day of its changes, all else. Adds; judges nothing.

export interface ByteSum {
  readonly objects: number;
  readonly bytes: bigint;
}

export const noBytes: ByteSum = { objects: 0, bytes: 0n };

export function plusObject(sum: ByteSum | undefined, bytes: bigint): ByteSum {
  return { objects: (sum?.objects ?? 0) + 1, bytes: (sum?.bytes ?? 0n) + bytes };
}

export function sumOf(sums: Iterable<ByteSum>): ByteSum {
  let [objects, bytes] = [0, 0n];
  for (const one of sums) {
    objects += one.objects;
    bytes += one.bytes;
  }
  return { objects, bytes };
}

/** Where the bytes of one object count. */
export type ByteUse =
  | { readonly kind: 'snapshot'; readonly folder: string }
  /** `YYYYMMDD` in UTC: of the newest change inside, or of the flush. */
  | { readonly kind: 'log'; readonly path: string; readonly day: string }
  /** Of a log, and of no day: heads, checkpoints, migrations, compactions, metas whose names tell no time. */
  | { readonly kind: 'log-rest'; readonly path: string }
  | { readonly kind: 'other' };

export class BucketBytes {
  readonly snapshots = new Map<string, ByteSum>();
  /** By log, then by day. */
  readonly days = new Map<string, Map<string, ByteSum>>();
  readonly rest = new Map<string, ByteSum>();
  readonly classes = new Map<string, ByteSum>();
  other: ByteSum = noBytes;

  /** storageClass: empty where the storage tells none. */
  add(use: ByteUse, bytes: bigint, storageClass: string): void {
    this.classes.set(storageClass, plusObject(this.classes.get(storageClass), bytes));
    switch (use.kind) {
      case 'snapshot':
        this.snapshots.set(use.folder, plusObject(this.snapshots.get(use.folder), bytes));
        return;
      case 'log': {
        const days = this.days.get(use.path) ?? new Map<string, ByteSum>();
        this.days.set(use.path, days.set(use.day, plusObject(days.get(use.day), bytes)));
        return;
      }
      case 'log-rest':
        this.rest.set(use.path, plusObject(this.rest.get(use.path), bytes));
        return;
      case 'other':
        this.other = plusObject(this.other, bytes);
        return;
      default:
        use satisfies never;
    }
  }

  total(): ByteSum {
    return sumOf(this.classes.values());
  }
}
