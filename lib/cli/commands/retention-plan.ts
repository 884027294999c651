// `pitr retention plan`: what the retention would delete and what it keeps, made into a plan that can be applied or vetoed.

import type { Facts } from '../../domain/state/run-identity.ts';
import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import { controlOf } from '../control-request.ts';
import { retentionPlanJson } from '../render/retention-plan-json.ts';
import { retentionPlanText } from '../render/retention-plan-text.ts';
import { retentionPlanView } from '../render/retention-plan-view.ts';
import { whoAsks } from './call-function.ts';

/** Exit code 1 when nothing may be deleted. Errors: INVALID_INPUT for wrong usage; those of the operation. */
export async function run(context: CommandContext): Promise<number> {
  const control = await controlOf(context);
  const operations = await context.operations();
  const dryRun: Facts = context.options.dryRun === true ? { dryRun: true } : {};
  const input = { who: whoAsks(context), ...dryRun };
  const report = await operations.callFunction({ ...control, operation: 'retention-plan', input });
  const view = retentionPlanView(report);
  await printReport(
    context,
    'pitr.retention-plan/v1',
    () => retentionPlanJson(view),
    (page) => retentionPlanText(view, page),
  );
  await printNotes(context, report.notes);
  return view.decision === 'refused' ? 1 : 0;
}
