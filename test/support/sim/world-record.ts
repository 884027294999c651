// What happened in a simulated world, kept as lines: the last ones are printed when a seed fails, and all of them make its digest.

import { createHash } from 'node:crypto';

/** Somebody broke a rule of the world: its name, and what was seen. */
export class Violation extends Error {
  constructor(rule: string, seen: string) {
    super(`${rule}: ${seen}`);
    this.name = 'Violation';
  }
}

export class WorldRecord {
  readonly #nowMs: () => number;
  readonly #lines: string[] = [];
  readonly #hash = createHash('sha256');
  readonly violations: Violation[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  note(text: string): void {
    const line = `${new Date(this.#nowMs()).toISOString()} ${text}`;
    this.#hash.update(`${line}\n`);
    this.#lines.push(line);
  }

  /** Keeps the first of each rule: what follows from it says nothing new. */
  violate(rule: string, seen: string): void {
    this.note(`VIOLATION ${rule}: ${seen}`);
    this.violations.push(new Violation(rule, seen));
  }

  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
