// Fields of an operation's answer, read carefully: what is missing is empty, never an error, since a function of another version may
// have answered.

import type { Facts, FactValue } from '../../domain/state/run-identity.ts';

export function textIn(facts: Facts, name: string): string {
  const value = facts[name];
  return typeof value === 'string' ? value : '';
}

export function countIn(facts: Facts, name: string): number | undefined {
  const value = facts[name];
  return typeof value === 'number' ? value : undefined;
}

/** A decimal u64 as text. */
export function u64In(facts: Facts, name: string): bigint | undefined {
  const text = textIn(facts, name);
  return /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

export function textsIn(facts: Facts, name: string): readonly string[] {
  return itemsIn(facts, name).filter((one) => typeof one === 'string');
}

export function mapsIn(facts: Facts, name: string): readonly Facts[] {
  return itemsIn(facts, name).filter(isMap);
}

export function mapIn(facts: Facts, name: string): Facts {
  const value = facts[name];
  return isMap(value) ? value : {};
}

function itemsIn(facts: Facts, name: string): readonly FactValue[] {
  const value = facts[name];
  return Array.isArray(value) ? value : [];
}

function isMap(value: FactValue | undefined): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
