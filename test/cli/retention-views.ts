// Answers of the retention's operations with every field filled, for renderers and documents.

import type { CallReport, CallRequest } from '../../lib/cli/control-operations.ts';
import { callReport } from './control-views.ts';
import { firstTs, latestTs } from './sample-views.ts';

const interval = { from: `${firstTs}`, to: `${latestTs}` };

export const plannedRetention: CallReport = {
  ...{
    cluster: 'shop',
    operation: 'retention-plan',
    dryRun: false,
    place: 'this machine, state in /srv/.pitr',
  },
  answer: {
    ...{ decision: 'planned', id: '20261122120000-retention', usableAt: '2026-11-23T12:00:00.000Z' },
    reasons: ['one\u0007'],
    refusals: [{ code: 'LAST_BASE', message: 'there is none', hint: 'take one' }],
    ...{ windowStartTs: `${firstTs}`, windowBefore: [interval], windowAfter: [interval], holes: [interval] },
    steps: [
      {
        ...{ kind: 'delete-snapshot', target: 'snapshot-1\u001b[2J', backupTs: `${firstTs}` },
        ...{ reasons: ['it is old'], objects: 12, bytes: '4096' },
      },
      {
        ...{ kind: 'cut-log', target: 'log-backup', untilTs: `${latestTs}`, base: 'snapshot-2' },
        ...{ reasons: ['no base needs it'], objects: null, bytes: null },
      },
    ],
    kept: [
      {
        ...{ of: 'snapshot', target: 'snapshot-2', objects: 3, bytes: '300' },
        reasons: [{ code: 'WINDOW_BASE', sentence: 'the window begins there' }],
      },
      {
        ...{ of: 'log', target: 'log-backup', objects: null, bytes: null },
        reasons: [{ code: 'LOG_GOES_ON', sentence: 'snapshot-2 goes on with it' }],
      },
    ],
    total: { objects: 12, bytes: '4096', isPartial: true, monthlyUsd: 0.5 },
    price: 'a table of 2026-11-22',
    facts: [],
  },
  notes: ['no pitr local up has /srv/.pitr'],
};

const pin = { reason: 'an audit', madeAt: '2026-11-22T12:00:00.000Z', madeBy: 'ann', state: 'held' };

export const pinsReport: CallReport = {
  ...{ cluster: 'shop', operation: 'list-pins', dryRun: false, place: 'this machine, state in /srv/.pitr' },
  answer: {
    pins: [
      {
        ...{ id: '20261122120000-pin-1', name: 'before v42', what: 'moment', folder: '', ...pin },
        ...{ fromTs: `${firstTs}`, toTs: `${firstTs}`, until: '2027-01-31T00:00:00.000Z' },
      },
      {
        ...{ id: '20261122120000-pin-2', name: '', what: 'snapshot', folder: 'snapshot-1', ...pin },
        ...{ fromTs: `${firstTs}`, toTs: `${firstTs}`, until: null },
      },
    ],
  },
  notes: [],
};

/** The sample answer of each operation. */
export async function sampleAnswer({ operation }: CallRequest): Promise<CallReport> {
  if (operation === 'retention-plan') return plannedRetention;
  return operation === 'list-pins' ? pinsReport : callReport;
}
