// `pitr`: the command line with the dependencies of one machine.

import { bindOperations } from '../lib/cli/bind-operations.ts';
import { main } from '../lib/cli/main.ts';
import { processHost } from '../lib/cli/process-host.ts';

const host = processHost(import.meta.url, async () =>
  bindOperations({
    openBackup: async (request) => (await import('../lib/local/open-backup.ts')).openBackup(request),
  }),
);
process.exit(await main(host));
