// A map by timestamps in two 32-bit halves: for the few keys with very many versions, where comparing each version with each
// other one would take minutes.

export class TsMap {
  readonly #byHigh = new Map<number, Map<number, number>>();

  get(high: number, low: number): number | undefined {
    return this.#byHigh.get(high)?.get(low);
  }

  set(high: number, low: number, value: number): void {
    const byLow = this.#byHigh.get(high);
    if (byLow === undefined) this.#byHigh.set(high, new Map([[low, value]]));
    else byLow.set(low, value);
  }
}
