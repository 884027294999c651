// Values inside br's arguments, checked before br sees them: storages, TSOs, names, filters, keys. Knows no command.
import { isPlausibleTs } from '../../domain/ts.ts';
import type { Crypter } from './br-decision.ts';
import { flag, invalid } from './br-surroundings.ts';

/** `--storage=…` or another flag that takes a URL. Errors: INVALID_INPUT for what br would take for a local folder. */
export function storageFlag(name: string, url: string): string {
  const known = /^(?:(?:s3|ks3|oss|gs|gcs|azure|azblob|hdfs):\/\/[^/?#]|(?:local|file):\/\/\/|\/)/;
  if (!known.test(url) || hasControl(url)) {
    const shown = url
      .slice(0, 200)
      .replace(/[?].*$/s, '')
      .replace(/\/\/[^/]*@/, '//…@');
    throw invalid(
      `${JSON.stringify(shown)} is not a storage of br: expected s3://bucket/prefix or local:///folder`,
    );
  }
  return flag(name, url);
}

/** A TSO flag. Errors: INVALID_INPUT outside 2010–2099: a Unix time by mistake would cut the wrong history. */
export function tsFlag(name: string, ts: bigint): string {
  if (!isPlausibleTs(ts)) {
    throw invalid(
      `${ts} is not a TSO that --${name} can mean: expected one of the years 2010 to 2099`,
      'give the TSO itself, not a Unix time',
    );
  }
  return flag(name, ts);
}

/** FACTS §1.3. Errors: INVALID_INPUT. */
export function taskFlag(name: string): string {
  if (!/^[0-9a-zA-Z_]{1,256}$/.test(name)) {
    throw invalid(
      `${JSON.stringify(name.slice(0, 100))} is not a name of a log backup task: expected letters, digits and _`,
    );
  }
  return flag('task-name', name);
}

/** Method and key file below `crypter` or `log.crypter`. Errors: INVALID_INPUT. */
export function crypterFlags(prefix: 'crypter' | 'log.crypter', crypter: Crypter | undefined): string[] {
  if (crypter === undefined) return [];
  if (!/^aes(?:128|192|256)-ctr$/.test(crypter.method)) {
    throw invalid(`${JSON.stringify(crypter.method)} is not a cipher of br: expected aes256-ctr`);
  }
  if (crypter.keyFile === '' || hasControl(crypter.keyFile)) {
    throw invalid(`--${prefix}.key-file has no path: expected a file on the machine where br runs`);
  }
  return [flag(`${prefix}.method`, crypter.method), flag(`${prefix}.key-file`, crypter.keyFile)];
}

/**
 * One `--filter` per rule. Errors: INVALID_INPUT; also for rules that only take tables out: for br these select nothing, and
 * the run would succeed with nothing in it.
 */
export function filterFlags(filter: readonly string[] | undefined): string[] {
  const rules = filter ?? [];
  const wrong = rules.find((rule) => rule === '' || hasControl(rule) || rule.startsWith('@'));
  if (wrong !== undefined) {
    throw invalid(`${JSON.stringify(wrong.slice(0, 100))} is not a table rule: expected one such as shop.*`);
  }
  if (rules.length > 0 && rules.every((rule) => rule.startsWith('!'))) {
    throw invalid(
      `${JSON.stringify(rules.join(' ').slice(0, 200))} selects nothing: expected a rule that does not begin with !`,
      'begin with what is wanted, such as *.*',
    );
  }
  return rules.map((rule) => flag('filter', rule));
}

/** A whole number of `what` from `from` to `to`. Errors: INVALID_INPUT. */
export function wholeNumber(what: string, value: number, from: number, to: number): number {
  if (!Number.isSafeInteger(value) || value < from || value > to) {
    throw invalid(`${what} is ${value}: expected a whole number from ${from} to ${to}`);
  }
  return value;
}

/** Text that stays one argument of one line. Errors: INVALID_INPUT. */
export function textFlag(name: string, text: string): string {
  if (hasControl(text)) throw invalid(`--${name} holds a control character: expected one line of text`);
  return flag(name, text);
}

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}
