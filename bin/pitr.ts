// `pitr`: the command line with the dependencies of one machine.

import { enableCompileCache } from 'node:module';

// What was compiled once is kept for the next start; everything else is loaded after that is said.
enableCompileCache();
const [{ bindOperations }, { main }, { processHost }] = await Promise.all([
  import('../lib/cli/bind-operations.ts'),
  import('../lib/cli/main.ts'),
  import('../lib/cli/process-host.ts'),
]);

const host = processHost(import.meta.url, async () =>
  bindOperations({
    openBackup: async (request) => (await import('../lib/local/open-backup.ts')).openBackup(request),
    openWork: async (request) => (await import('../lib/local/open-work.ts')).openWork(request, request),
    openTarget: async (into, deps) => (await import('../lib/local/open-work.ts')).openTarget(into, deps),
  }),
);
process.exit(await main(host));
