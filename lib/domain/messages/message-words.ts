// What the words of messages are made of: facts as text, a moment as people write it, a sentence of ours as one of a letter.
// Pure, and careful: a fact that is missing makes a poorer sentence, never an error.

import type { Facts } from '../state/run-identity.ts';
import { formatTs, isTs } from '../ts.ts';

export interface Words {
  /** One line; cut at 100 characters. */
  readonly title: string;
  readonly happened: string;
  readonly done: string;
  readonly todo: string;
}

export function textOf(facts: Facts, name: string): string {
  const value = facts[name];
  return typeof value === 'string' ? value : '';
}

export function numberOf(facts: Facts, name: string): number {
  const value = facts[name];
  return typeof value === 'number' ? value : 0;
}

/** A TSO that is kept as decimal text, as a time of UTC. */
export function dateOfTs(facts: Facts, name: string): string {
  const text = textOf(facts, name);
  if (!/^\d{1,20}$/.test(text) || !isTs(BigInt(text))) return 'an unknown moment';
  return formatTs(BigInt(text));
}

/** Our own sentences are lower case without period; a letter's are not. Empty stays empty, and br keeps its name. */
export function sentence(text: string): string {
  const trimmed = ended(text);
  return /^(?:br|pitr)\b/.test(trimmed) ? trimmed : `${trimmed.slice(0, 1).toUpperCase()}${trimmed.slice(1)}`;
}

function ended(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** `CODE: sentence.` */
export function toldFailure(facts: Facts): string {
  const code = textOf(facts, 'code');
  const message = textOf(facts, 'message') || 'no reason was told';
  return code === '' ? sentence(message) : `${code}: ${ended(message)}`;
}
