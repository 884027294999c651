// Addresses of PD in settings → URLs, and back to the list that br takes. Asks nobody whether PD is there.

import { expected, type Reading } from './reading.ts';

const pdPort = 2379;
const otherPorts: Readonly<Record<string, string>> = {
  '2380': 'PD’s port for its peers',
  '4000': 'TiDB’s port',
  '10080': 'TiDB’s status port',
  '20160': 'TiKV’s port',
  '20180': 'TiKV’s status port',
};
const host = '([A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}\\])';

/** For the JSON schema; the same language as {@link readPdAddress} but for the port's range. */
export const pdPattern = `^(https?://)?${host}(:\\d{1,5})?$`;

export interface PdAddress {
  readonly host: string;
  readonly port: number;
  /** undefined: not written; TLS decides. */
  readonly scheme: 'http' | 'https' | undefined;
}

/** `10.0.1.11:2379`, `https://pd-0.example:2379`, `[fd00::1]:2379`; without a port 2379. */
export function readPdAddress(text: string): Reading<PdAddress> {
  const form = 'an address of PD such as 10.0.1.11:2379 or https://pd-0.internal:2379';
  const asked = text.trim().replace(/\/$/, '');
  const match = new RegExp(pdPattern).exec(asked);
  if (match === null) {
    if (asked.includes(',')) return expected(form, 'write each address on a line of its own, after "- "');
    return expected(form, 'host and port only: no path, no options');
  }
  const port = Number(match[4]?.slice(1) ?? pdPort);
  if (port < 1 || port > 65_535) return expected(`${form}, with a port from 1 to 65535`);
  const other = otherPorts[String(port)];
  if (other !== undefined)
    return expected(form, `${port} is ${other}; PD serves clients at ${pdPort} unless told otherwise`);
  const scheme = match[1] === undefined ? undefined : match[1] === 'https://' ? 'https' : 'http';
  return { value: { host: (match[2] ?? '').toLowerCase(), port, scheme } };
}

/** The list for br's `--pd`: hosts and ports without a scheme, comma between. */
export function pdListOf(urls: readonly string[]): string {
  return urls.map((url) => url.replace(/^https?:\/\//, '')).join(',');
}

/** Whether an address means the machine that asks. */
export function isLoopback(address: PdAddress): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(address.host);
}

/** Whether the address is a load balancer or an endpoint service: br replaces it by PD's own addresses. FACTS §2.1 */
export function isBalancer(address: PdAddress): boolean {
  return /\.(elb|vpce)\.[a-z0-9.-]*amazonaws\.com(\.cn)?$/.test(address.host);
}
