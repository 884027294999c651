// One restore in a process of its own, so that its memory can be told: prints a JSON line with times, sizes and the
// largest resident size. `node bench/restore-run.ts <storage> <kind> <target> <memory> <workers>`

import { openBackup } from '../lib/local/open-backup.ts';
import { openTarget, openWork } from '../lib/local/open-work.ts';
import { restoreEmbedded } from '../lib/operations/moment/restore-embedded.ts';

const [, , storage, kind, path, memory, workers] = process.argv;
const place = {
  storage,
  snapshots: undefined,
  log: undefined,
  keys: { snapshot: undefined, log: undefined },
};
await openBackup(place);
const deps = await openWork(place, {
  memoryBytes: Number(memory),
  workers: Number(workers),
  progress: () => {},
  signal: new AbortController().signal,
});
const target = await openTarget({ kind: kind as 'parquet', path, force: true }, deps);
const started = performance.now();
const cpuBefore = process.cpuUsage();
const report = await restoreEmbedded(deps, { at: 'latest' }, target);
const cpu = process.cpuUsage(cpuBefore);
console.log(
  JSON.stringify({
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    rows: Number(report.rows),
    bytesRead: Number(report.bytesRead),
    // resourceUsage counts kibibytes.
    rssBytes: process.resourceUsage().maxRSS * 1024,
  }),
);
