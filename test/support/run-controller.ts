// A controller in a process of its own, so that a test can kill it: starts a run, and then waits to be killed.
// Usage: node test/support/run-controller.ts FOLDER RUN-ID ARGV-AS-JSON

import { openProcessRunner } from '../../lib/local/process-runner.ts';
import { encodeRunHandle } from '../../lib/ports/runner.ts';

const [folder = '', runId = '', argv = '[]'] = process.argv.slice(2);
const runner = openProcessRunner(folder);
const handle = await runner.start({ runId, argv: JSON.parse(argv), env: {} });
process.stdout.write(`${encodeRunHandle(handle)}\n`);
setInterval(() => undefined, 1_000);
