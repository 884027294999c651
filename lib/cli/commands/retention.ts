// `pitr retention apply`, `pitr retention veto`, `pitr pin …` and `pitr unpin`: one operation of the control plane each, because a person says so.

import { PitrError } from '../../domain/errors.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { type CommandContext, type CommandRun, printNotes, printReport } from '../command-context.ts';
import type { CallableOperation } from '../control-operations.ts';
import { controlOf } from '../control-request.ts';
import { required } from '../option-values.ts';
import type { CommandName } from '../program.ts';
import { callJson } from '../render/call-json.ts';
import { callText } from '../render/call-text.ts';
import { whoAsks } from './call-function.ts';

export type KeepingCommand = Extract<
  CommandName,
  'retention apply' | 'retention veto' | 'pin snapshot' | 'pin moment' | 'pin range' | 'unpin'
>;

/** Exit code 1 for a plan that was not carried out to its end. Errors: INVALID_INPUT for wrong usage; those of the operation. */
export function runOf(command: KeepingCommand): CommandRun {
  return async (context: CommandContext): Promise<number> => {
    const { operation, input } = callOf(command, context);
    const control = await controlOf(context);
    const operations = await context.operations();
    const report = await operations.callFunction({ ...control, operation, input });
    await printReport(
      context,
      'pitr.operation/v1',
      () => callJson(report),
      (page) => callText(report, page),
    );
    await printNotes(context, report.notes);
    const { decision } = report.answer;
    return decision === 'stopped' || decision === 'stale' ? 1 : 0;
  };
}

interface Call {
  readonly operation: CallableOperation;
  readonly input: Facts;
}

function callOf(command: KeepingCommand, context: CommandContext): Call {
  const { options } = context;
  const who = whoAsks(context);
  switch (command) {
    case 'retention apply':
      return { operation: 'retention-apply', input: { planId: wordOf(context), who } };
    case 'retention veto':
      return { operation: 'veto', input: { planId: wordOf(context), who, reason: reasonOf(context) } };
    case 'pin snapshot':
      return pinCall(context, { what: 'snapshot', folder: wordOf(context) });
    case 'pin moment':
      return pinCall(context, { what: 'moment', at: momentOf('--at', options.at) });
    case 'pin range': {
      const [from, to] = [momentOf('--from', options.from), momentOf('--to', options.to)];
      return pinCall(context, { what: 'range', from, to });
    }
    case 'unpin':
      return { operation: 'unpin', input: { id: wordOf(context), who } };
    default:
      return command satisfies never;
  }
}

function pinCall(context: CommandContext, target: Facts): Call {
  const { until, name } = context.options;
  const words = { ...(until === undefined ? {} : { until }), ...(name === undefined ? {} : { name }) };
  return {
    operation: 'pin',
    input: { ...target, ...words, reason: reasonOf(context), who: whoAsks(context) },
  };
}

function wordOf({ words }: CommandContext): string {
  const [word] = words;
  if (word !== undefined) return word;
  throw new PitrError('INTERNAL', 'the grammar let a command pass without its word');
}

function reasonOf({ options }: CommandContext): string {
  return required('--reason', options.reason, 'a few words', 'who reads it later will want to know why');
}

function momentOf(option: string, value: string | undefined): string {
  return required(option, value, 'a moment', 'pitr window shows the moments there are');
}
