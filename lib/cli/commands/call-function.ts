// `pitr take-snapshot`, `pitr truncate-log`, `pitr adopt`, `pitr rebuild`: one operation of the control plane, now, because a person says so. It
// plans and writes down; br is begun by the control plane itself.

import type { Facts } from '../../domain/state/run-identity.ts';
import { type CommandContext, type CommandRun, printNotes, printReport } from '../command-context.ts';
import type { CallableOperation } from '../control-operations.ts';
import { controlOf } from '../control-request.ts';
import { callJson } from '../render/call-json.ts';
import { callText } from '../render/call-text.ts';

/** The operations that have no page of their own. */
export type PlainFunction = Extract<
  CallableOperation,
  'take-snapshot' | 'truncate-log' | 'adopt' | 'rebuild'
>;

/** Errors: INVALID_INPUT for wrong usage; those of the operation. */
export function runOf(operation: PlainFunction): CommandRun {
  return async (context: CommandContext): Promise<void> => {
    const control = await controlOf(context);
    const operations = await context.operations();
    const report = await operations.callFunction({
      ...control,
      operation,
      input: inputOf(operation, context),
    });
    await printReport(
      context,
      'pitr.operation/v1',
      () => callJson(report),
      (page) => callText(report, page),
    );
    await printNotes(context, report.notes);
  };
}

function inputOf(operation: PlainFunction, context: CommandContext): Facts {
  const who = whoAsks(context);
  if (operation === 'take-snapshot') return { trigger: 'person', who };
  if (operation === 'adopt') {
    const { task } = context.options;
    return { who, ...(task === undefined ? {} : { task }) };
  }
  return { who, ...(context.options.dryRun === true ? { dryRun: true } : {}) };
}

/** For the audit: who says so. */
export function whoAsks({ host }: CommandContext): string {
  const user = host.env['USER'] ?? host.env['USERNAME'] ?? '';
  return user === '' ? 'a person' : user;
}
