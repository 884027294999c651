// `pitr doctor`: what would fail before it fails. Asks settings, br, bucket and cluster; changes nothing.

import { doctorOf } from '../cluster-request.ts';
import { type CommandContext, printReport } from '../command-context.ts';
import { doctorJson } from '../render/doctor-json.ts';
import { doctorText } from '../render/doctor-text.ts';

/** Gives the exit code: 1 when a finding is a failure, 0 also with warnings. Errors: those of cluster-request.ts. */
export async function run(context: CommandContext): Promise<number> {
  const request = await doctorOf(context);
  const operations = await context.operations();
  const report = await operations.checkCluster(request);
  await printReport(
    context,
    'pitr.doctor/v1',
    () => doctorJson(report),
    (page) => doctorText(report, page),
  );
  return report.findings.some(({ level }) => level === 'fail') ? 1 : 0;
}
