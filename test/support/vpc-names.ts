// Loaded into each function of the deploy test before its code: names of the cluster's network, which no resolver here knows,
// are this machine. What is asked by another name is looked up as ever.

import dns, { type LookupAddress } from 'node:dns';

export const vpcDomain = 'vpc.internal';

type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;
const lookup = dns.lookup as (host: string, options: object | Callback, callback?: Callback) => void;

function lookupInVpc(host: string, options: object | Callback, callback?: Callback): void {
  if (!host.endsWith(`.${vpcDomain}`)) {
    lookup(host, options, callback);
    return;
  }
  const done = callback ?? (options as Callback);
  const address = { address: '127.0.0.1', family: 4 };
  const wantsAll = typeof options === 'object' && 'all' in options && options.all === true;
  if (wantsAll) done(null, [address]);
  else done(null, address.address, address.family);
}

Object.assign(dns, { lookup: lookupInVpc });
