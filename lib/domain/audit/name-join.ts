// Which of the names that were listed are never named: a set that needs about 20 bytes for a name of any length, and that splits
// itself into parts when even that is too much. Pure, and knows nothing of objects.

/** Bytes of one place of the table: 64 bits of a hash, and whether it was named. */
const placeBytes = 9;
/** Places are full to three quarters at most. */
const fullNumerator = 3;
const fullDenominator = 4;
const firstPlaces = 1024;

/**
 * Names are kept as 64 bits of a hash. Two names with the same bits count as one: one that is named then hides one that is not.
 * Never the other way, so that nothing that is named is ever called unnamed. Among ten million names the chance is 1 in 370,000.
 */
export class NameJoin {
  readonly #maxPlaces: number;
  #high = new Uint32Array(firstPlaces);
  #low = new Uint32Array(firstPlaces);
  #named = new Uint8Array(firstPlaces);
  #size = 0;
  #unnamed = 0;
  /** Of all names the ones that are `part` modulo `parts`: a power of two. */
  #parts: number;
  readonly #part: number;
  readonly #first: number;

  /** `maxBytes`: of the table, at least 64 KiB. It splits when it would grow beyond; then it knows the names of its part alone. */
  constructor(maxBytes: number, part = 0, parts = 1) {
    let places = firstPlaces;
    while (places * 2 * placeBytes <= Math.max(maxBytes, 65_536)) places *= 2;
    this.#maxPlaces = places;
    this.#part = part;
    this.#parts = parts;
    this.#first = parts;
  }

  /**
   * The parts that it gave up while it split, each to be joined by itself. Final when all names were added; empty when it never
   * had to.
   */
  get given(): readonly { readonly part: number; readonly parts: number }[] {
    const given: { part: number; parts: number }[] = [];
    for (let part = this.#part + this.#first; part < this.#parts; part += this.#first) {
      given.push({ part, parts: this.#parts });
    }
    return given;
  }

  /** How many names of this part were added and not named. */
  get unnamed(): number {
    return this.#unnamed;
  }

  /** Of the table, never more than it was given; while it grows half as much again. */
  get bytes(): number {
    return this.#high.length * placeBytes;
  }

  /** Of this part. */
  get size(): number {
    return this.#size;
  }

  add(name: string): void {
    const [high, low] = hashOf(name);
    if (!this.#isMine(low)) return;
    if ((this.#size + 1) * fullDenominator > this.#high.length * fullNumerator) this.#makeRoom();
    if (this.#isMine(low)) this.#put(high, low, 0);
  }

  /** Says that somebody names it. `unknown`: it was never added. `other-part`: this part does not know. */
  name(name: string): 'named' | 'unknown' | 'other-part' {
    const [high, low] = hashOf(name);
    if (!this.#isMine(low)) return 'other-part';
    const at = this.#placeOf(high, low);
    if (!this.#isAt(at, high, low)) return 'unknown';
    if (this.#named[at] === isFull) this.#unnamed -= 1;
    this.#named[at] = isFull | wasNamed;
    return 'named';
  }

  /** Whether it was added, and never named. */
  isUnnamed(name: string): boolean {
    const [high, low] = hashOf(name);
    if (!this.#isMine(low)) return false;
    const at = this.#placeOf(high, low);
    return this.#isAt(at, high, low) && this.#named[at] === isFull;
  }

  #isMine(low: number): boolean {
    return (low & (this.#parts - 1)) === this.#part;
  }

  #isAt(at: number, high: number, low: number): boolean {
    return this.#named[at] !== 0 && this.#high[at] === high && this.#low[at] === low;
  }

  /** Where it is, or where it would be. The lowest bits choose the part and are the same for all: others choose the place. */
  #placeOf(high: number, low: number): number {
    const mask = this.#high.length - 1;
    let at = high & mask;
    while (this.#named[at] !== 0 && !this.#isAt(at, high, low)) at = (at + 1) & mask;
    return at;
  }

  #put(high: number, low: number, named: number): void {
    const at = this.#placeOf(high, low);
    if (this.#named[at] !== 0) return;
    this.#high[at] = high;
    this.#low[at] = low;
    this.#named[at] = isFull | named;
    this.#size += 1;
    if (named === 0) this.#unnamed += 1;
  }

  #makeRoom(): void {
    const [high, low, named] = [this.#high, this.#low, this.#named];
    const grows = high.length < this.#maxPlaces;
    if (!grows) this.#parts *= 2;
    const places = grows ? high.length * 2 : high.length;
    this.#high = new Uint32Array(places);
    this.#low = new Uint32Array(places);
    this.#named = new Uint8Array(places);
    this.#size = 0;
    this.#unnamed = 0;
    for (let at = 0; at < high.length; at++) {
      const [oldHigh = 0, oldLow = 0, old = 0] = [high[at], low[at], named[at]];
      if (old !== 0 && this.#isMine(oldLow)) this.#put(oldHigh, oldLow, old & wasNamed);
    }
  }
}

const isFull = 1;
const wasNamed = 2;

/** Two halves of 32 bits; each is mixed until all bits of the name count in all bits of it. */
function hashOf(name: string): readonly [high: number, low: number] {
  let high = 0x9e3779b9 ^ name.length;
  let low = 0x85ebca6b;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    high = Math.imul(high ^ code, 0x9e3779b1);
    high ^= high >>> 15;
    low = Math.imul(low ^ code, 0x5f356495);
    low ^= low >>> 13;
  }
  high ^= Math.imul(low, 0x27d4eb2f);
  low ^= Math.imul(high, 0x165667b1);
  return [mixed(high), mixed(low)];
}

function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
