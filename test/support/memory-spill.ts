// Scratch space in memory for tests of what sorts and merges; a name that was removed is gone.

import { PitrError } from '../../lib/domain/errors.ts';
import type { SpillFile, SpillSpace } from '../../lib/ports/spill.ts';

export class MemorySpillSpace implements SpillSpace {
  readonly files = new Map<string, { bytes: Uint8Array }>();
  #created = 0;

  create(): SpillFile {
    const name = `run-${this.#created++}`;
    this.files.set(name, { bytes: new Uint8Array(0) });
    return this.open(name);
  }

  open(name: string): SpillFile {
    const content = this.files.get(name);
    if (content === undefined) throw new PitrError('LOCAL_IO', `there is no scratch file ${name}`);
    return {
      name,
      get size() {
        return content.bytes.length;
      },
      append(bytes) {
        content.bytes = Buffer.concat([content.bytes, bytes]);
      },
      readInto(offset, into) {
        if (offset + into.length > content.bytes.length)
          throw new PitrError('LOCAL_IO', `the scratch file ${name} ends at ${content.bytes.length}`);
        into.set(content.bytes.subarray(offset, offset + into.length));
      },
      close() {},
    };
  }

  remove(name: string): void {
    this.files.delete(name);
  }
}
