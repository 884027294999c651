// The stored shapes of plans and pins: a part of the list in shapes.ts.

import type { PinRecord } from '../../domain/state/pin-record.ts';
import type { PlanRecord } from '../../domain/state/plan-record.ts';
import { kindsOfWork } from '../../domain/state/run-identity.ts';
import { clusterName, facts, ms, nullable, oneOf, runIdText, text, u64 } from './fields.ts';
import { type Shape, shapeOfStates } from './shape.ts';

export const work = oneOf(...kindsOfWork);

const plan = {
  cluster: clusterName,
  id: runIdText,
  work,
  madeMs: ms,
  madeBy: text,
  expiresMs: ms,
  plan: facts,
};
const usedPlan = { ...plan, usedMs: ms, usedBy: text, usedFor: text };
/** A plan that may be carried out once. */
export const planShape: Shape<PlanRecord> = shapeOfStates<PlanRecord>('plan/v1', {
  open: plan,
  used: usedPlan,
  done: { ...usedPlan, endedMs: ms, result: facts },
  vetoed: { ...plan, vetoedMs: ms, vetoedBy: text, why: text },
});

const pin = {
  cluster: clusterName,
  id: runIdText,
  name: text,
  what: oneOf('snapshot', 'moment', 'range'),
  folder: text,
  fromTs: u64,
  toTs: u64,
  untilMs: nullable(ms),
  reason: text,
  madeMs: ms,
  madeBy: text,
};
/** What somebody wants kept. */
export const pinShape: Shape<PinRecord> = shapeOfStates<PinRecord>('pin/v1', {
  held: pin,
  released: { ...pin, releasedMs: ms, releasedBy: text },
});
