// The addresses of a cluster's PDs, and which of them to ask first: the one that answered last, or the leader. Only
// addresses that a person gave are ever asked: what PD advertises may lead elsewhere.

import { PitrError } from '../domain/errors.ts';

export class PdAddresses {
  /** Origins, `https://host:2379`, the next to ask first. */
  #order: readonly string[];
  readonly name: string;

  /** Takes `host:port`, `http://host:port`, `https://host:port`. Errors: INVALID_INPUT. */
  constructor(given: readonly string[], hasTls: boolean) {
    this.#order = [...new Set(given.map((text) => originOf(text, hasTls)))];
    if (this.#order.length === 0) {
      throw new PitrError('INVALID_INPUT', 'there is no PD address: expected at least one host:port');
    }
    this.name = this.#order.join(',');
  }

  get order(): readonly string[] {
    return this.#order;
  }

  /** The next call begins with this one; one that is none of ours is ignored. */
  prefer(url: string): void {
    const origin = URL.canParse(url) ? new URL(url).origin : url;
    if (this.#order.includes(origin))
      this.#order = [origin, ...this.#order.filter((other) => other !== origin)];
  }
}

function originOf(text: string, hasTls: boolean): string {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${hasTls ? 'https' : 'http'}://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const isPlain = url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:');
  if (!isPlain || url.username !== '' || url.password !== '' || !/^\/?$/.test(url.pathname) || url.search) {
    const shown = text.replace(/[^/]*@/, '…@').replace(/[?#].*$/s, '');
    throw new PitrError('INVALID_INPUT', `${JSON.stringify(shown)} is no PD address: expected host:port`, {
      hint: 'give the client URL of each PD, such as https://pd-0.internal:2379',
    });
  }
  return url.origin;
}
