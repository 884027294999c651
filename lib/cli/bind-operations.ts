// The real operations behind the command line: opens what they need, calls one, and turns its report into the view.
// Each operation is loaded when it is asked for, so that `pitr window` does not wait for the engine.

import { PitrError } from '../domain/errors.ts';
import type { BackupSource } from '../operations/deps.ts';
import type { Operations, SourceRequest } from './operations.ts';
import { snapshotViews, windowView } from './view-window.ts';

/** What bin/pitr.ts gives: how this machine opens a backup. */
export interface Hands {
  readonly openBackup: (request: SourceRequest) => Promise<BackupSource>;
}

export function bindOperations(hands: Hands): Operations {
  const readWindow = async (request: SourceRequest) => {
    const [{ describeWindow }, backup] = await Promise.all([
      import('../operations/describe-window.ts'),
      hands.openBackup(request),
    ]);
    return { report: await describeWindow({ backup }), storage: urlsOf(backup) };
  };
  return {
    async describeWindow(request) {
      const { report, storage } = await readWindow(request);
      return windowView(report, storage);
    },
    // The same facts as the window's: it says of each snapshot why it is no base, too.
    async listSnapshots(request) {
      const { report, storage } = await readWindow(request);
      return { storage, snapshots: snapshotViews(report) };
    },
    listTables: notYet,
    restore: notYet,
    query: notYet,
    inspect: notYet,
  };
}

async function notYet(): Promise<never> {
  throw new PitrError('UNSUPPORTED', 'this command is not built yet');
}

function urlsOf({ snapshots, log }: BackupSource): readonly string[] {
  const urls = [snapshots?.url, log?.url].filter((url) => url !== undefined);
  return [...new Set(urls)];
}
