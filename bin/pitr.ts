// `pitr`: the command line with the dependencies of one machine, or of a stack on AWS.

import { enableCompileCache } from 'node:module';

// What was compiled once is kept for the next start; everything else is loaded after that is said.
enableCompileCache();
const [{ bindOperations }, { main }, { processHost }] = await Promise.all([
  import('../lib/cli/bind-operations.ts'),
  import('../lib/cli/main.ts'),
  import('../lib/cli/process-host.ts'),
]);
const backups = () => import('../lib/local/open-backup.ts');
const works = () => import('../lib/local/open-work.ts');
const machine = () => import('../lib/local/control/this-machine.ts');

const host = processHost(import.meta.url, async () =>
  bindOperations({
    openBackup: async (request) => (await backups()).openBackup(request),
    openWork: async (request) => (await works()).openWork(request, request),
    openTarget: async (into, deps) => (await works()).openTarget(into, deps),
    openQuery: async (sql, reader, deps) => (await works()).openQuery(sql, reader, deps),
    openObject: async ({ url, keys }) => ({
      place: await (await import('../lib/local/open-object.ts')).openObject(url),
      keys: (await backups()).keysOf(keys),
    }),
    openCluster: async (request) => (await import('../lib/local/open-cluster.ts')).openCluster(request),
    openBr: async (name) => (await import('../lib/local/open-cluster.ts')).openBr(name),
    openCleanupPlans: async (folder) =>
      (await import('../lib/local/cleanup-plan-files.ts')).openCleanupPlans(folder),
    openUploads: async (url) => (await import('../lib/local/open-store.ts')).openUploads(url),
    openRights: async (region) =>
      (await import('../lib/aws/iam-rights.ts')).openIamRights(region === undefined ? {} : { region }),
    openBucketConfig: async (url) => (await import('../lib/local/open-store.ts')).openBucketConfig(url),
    openFirings: async () => (await import('../lib/local/firings.ts')).nextFiring,
    openFlowConsole: async ({ place, cluster }, trouble) =>
      place.kind === 'local'
        ? (await machine()).openConsole(place, cluster, trouble)
        : (await import('../lib/aws/sfn-flow-console.ts')).openSfnFlowConsole({ cluster }),
    callFunction: async ({ place, ...call }) =>
      place.kind === 'local'
        ? (await machine()).callHere(place, call)
        : (await import('../lib/aws/lambda-caller.ts')).callLambda(call),
    forceFlush: async ({ place, ...request }) => (await machine()).flushHere(place, request),
    lockHolder: async (detail) => (await import('../lib/local/lock-holder.ts')).lockHolder(detail),
    openState: async (folder) => (await machine()).openState(folder),
    openDeployedState: async (cluster) =>
      (await import('../lib/aws/deployed-state.ts')).openDeployedState(cluster),
    localUp: async ({ place, ...request }) => (await machine()).upHere(place, request),
    wallMs: Date.now,
    random: Math.random,
  }),
);
process.exit(await main(host));
