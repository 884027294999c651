// A process that dies between two of its steps: decorators over the ports that count the calls of one invocation, and end it before or
// after a chosen one. What it would have done next never happens, and nobody inside can catch its end.

import type { ObjectStore } from '../ports/object-store.ts';
import { gatedStore } from './gated-store.ts';

/** Nothing of ours has this name: the host of the invocation sees it, and tells it as its platform would. */
export class Crash extends Error {
  constructor(call: number, when: 'before' | 'after') {
    super(`the process died ${when} its call ${call}`);
    this.name = 'Crash';
  }
}

/** One invocation. Without `at` it lives, and only counts. */
export class CrashPoint {
  calls = 0;
  isDead = false;
  readonly #at: { readonly call: number; readonly when: 'before' | 'after' } | undefined;
  #die: (crash: Crash) => void = () => {};
  /** Rejects at the moment of death; otherwise never settles. */
  readonly death: Promise<never>;

  constructor(at?: { readonly call: number; readonly when: 'before' | 'after' }) {
    this.#at = at;
    this.death = new Promise<never>((_, reject) => {
      this.#die = reject;
    });
    // Whoever does not wait for it must not hear of it either.
    this.death.catch(() => {});
  }

  /** Runs `work` to its end, or to the death of its process. */
  async live<T>(work: () => Promise<T>): Promise<T> {
    return await Promise.race([work(), this.death]);
  }

  /** Every call of every port passes here. */
  async pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.isDead) return await this.#nothing();
    this.calls += 1;
    const number = this.calls;
    if (number === this.#at?.call && this.#at.when === 'before') return await this.#end(number, 'before');
    const result = await call();
    if (this.isDead) return await this.#nothing();
    if (number === this.#at?.call) return await this.#end(number, 'after');
    return result;
  }

  /** The same port for this process. All of its methods give promises, or do nothing worth a step. */
  mortal<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown =>
          this.pass(async () => await Reflect.apply(value, target, given));
      },
    });
  }

  mortalStore(store: ObjectStore): ObjectStore {
    return gatedStore(store, (_verb, _key, call) => this.pass(call));
  }

  #end(call: number, when: 'before' | 'after'): Promise<never> {
    this.isDead = true;
    this.#die(new Crash(call, when));
    return this.#nothing();
  }

  /** What a dead process goes on with. */
  #nothing(): Promise<never> {
    return new Promise<never>(() => {});
  }
}
