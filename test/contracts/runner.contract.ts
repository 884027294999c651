// The contract of lib/ports/runner.ts as one suite, run on every adapter. Each test gets a runner of its own; the runs are
// small programs of `sh` and Node. Where a platform departs from the contract, the title says why.

import { describe, test } from 'node:test';
import { runnerEndings } from './runner-endings.contract.ts';
import { runnerHandles } from './runner-handles.contract.ts';
import { runnerOutputs } from './runner-outputs.contract.ts';
import { runnerStarts } from './runner-starts.contract.ts';
import type { Departures, OpenedRunner, WithRunner } from './runner-steps.ts';
import { runnerStops } from './runner-stops.contract.ts';

export function runnerContract(
  name: string,
  open: () => Promise<OpenedRunner>,
  departures: Departures = {},
): void {
  const withRunner: WithRunner = (title, run) => {
    test(title, { timeout: 60_000 }, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await opened.close();
      }
    });
  };
  describe(`${name} as a runner`, { concurrency: 4 }, () => {
    runnerEndings(withRunner, departures);
    runnerStarts(withRunner, departures);
    runnerOutputs(withRunner, departures);
    runnerStops(withRunner);
    runnerHandles(withRunner);
  });
}
