// A byte stream as lines of text, wherever its chunks are cut. Memory stays below a limit: what a line has beyond it is
// dropped, and the line says so. Knows nothing of what lines mean.

export interface TextLine {
  readonly text: string;
  /** Whether the line was longer than the limit, so that its end is missing. */
  readonly isCut: boolean;
}

/** A line of br with a whole schema in it reached 16 kB; 1 MiB leaves room and keeps a runner small. */
export const longestLineBytes = 1 << 20;

export class LineSplitter {
  readonly #limit: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #length = 0;
  #isCut = false;

  constructor(limitBytes: number = longestLineBytes) {
    this.#limit = limitBytes;
  }

  /** The lines that these bytes complete. The bytes may be reused afterwards. */
  push(bytes: Uint8Array): TextLine[] {
    const lines: TextLine[] = [];
    let from = 0;
    for (;;) {
      const newline = bytes.indexOf(0x0a, from);
      this.#keep(bytes, from, newline < 0 ? bytes.length : newline);
      if (newline < 0) return lines;
      lines.push(this.#take());
      from = newline + 1;
    }
  }

  /** The last line, when it had no newline. */
  end(): TextLine[] {
    return this.#length > 0 || this.#isCut ? [this.#take()] : [];
  }

  #keep(bytes: Uint8Array, from: number, end: number): void {
    const room = Math.min(end - from, this.#limit - this.#length);
    if (room < end - from) this.#isCut = true;
    if (room <= 0) return;
    // A copy: `slice` of a Buffer would share the caller's memory.
    this.#parts.push(new Uint8Array(bytes.subarray(from, from + room)));
    this.#length += room;
  }

  #take(): TextLine {
    const first = this.#parts[0];
    const whole = this.#parts.length === 1 && first !== undefined ? first : this.#joined();
    const isCut = this.#isCut;
    this.#parts = [];
    this.#length = 0;
    this.#isCut = false;
    const text = this.#decoder.decode(whole);
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, isCut };
  }

  #joined(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
