// When functions are called by the clock: snapshots by the policy and its zone, the retention daily, and every minute the
// look at the cluster and the two sweeps that find what an event lost. Knows no clock itself.

import { Duration, TimeZone } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../config/functions.ts';
import { awsExpression } from '../config/schedule.ts';
import type { ClusterSettings } from '../config/settings-types.ts';
import { allow, roleOf } from './statements.ts';

interface Firing {
  readonly expression: string;
  readonly zone: string;
  readonly input: Readonly<Record<string, string>>;
  /** `kept`: a firing that cannot be delivered is tried for hours and then kept; `dropped`: the next one comes soon. */
  readonly ifLost: 'kept' | 'dropped';
}

/** By UTC, which has no hour that is left out. */
const dailyPlan = 'cron(0 1 * * ? *)';
/** A plan that has cooled off waits no longer than an hour. */
const hourly = 'cron(30 * * * ? *)';
const everyMinute = 'rate(1 minute)';

/** Which function is called when, and with what; the inputs are those that the operations read. */
export function firingsOf({ name, policy }: ClusterSettings): ReadonlyMap<FunctionName, Firing> {
  const dueAt = ContextAttribute.scheduledTime;
  const { schedule, zone } = policy.snapshot;
  const sweep: Firing = {
    expression: everyMinute,
    zone: 'UTC',
    input: { cluster: name },
    ifLost: 'dropped',
  };
  const plan: Firing = {
    expression: dailyPlan,
    zone: 'UTC',
    input: { cluster: name, dueAt },
    ifLost: 'kept',
  };
  return new Map<FunctionName, Firing>([
    [
      'take-snapshot',
      {
        expression: awsExpression(schedule),
        zone,
        input: { cluster: name, trigger: 'schedule', dueAt },
        ifLost: 'kept',
      },
    ],
    ['retention-plan', plan],
    ['retention-apply', { ...sweep, expression: hourly }],
    ['observe', sweep],
    ['br-ended', sweep],
    ['react', sweep],
  ]);
}

export class Schedules extends Construct {
  constructor(
    scope: Construct,
    cluster: ClusterSettings,
    functions: ReadonlyMap<FunctionName, IFunction>,
    unheard: IQueue,
  ) {
    super(scope, 'Schedules');
    const called = [...firingsOf(cluster)].flatMap(([name, firing]) => {
      const target = functions.get(name);
      return target === undefined ? [] : [{ name, firing, target }];
    });
    const role = roleOf(this, 'Role', {
      service: 'scheduler.amazonaws.com',
      description: 'schedules: call their functions',
      statements: [
        allow(
          ['lambda:InvokeFunction'],
          called.map(({ target }) => target.functionArn),
        ),
        allow(['sqs:SendMessage'], [unheard.queueArn]),
      ],
    }).withoutPolicyUpdates();
    for (const { name, firing, target } of called) {
      new Schedule(this, name, {
        description: `${name} of the TiDB cluster ${cluster.name}`,
        schedule: ScheduleExpression.expression(firing.expression, TimeZone.of(firing.zone)),
        timeWindow: TimeWindow.off(),
        target: new LambdaInvoke(target, {
          role,
          input: ScheduleTargetInput.fromObject(firing.input),
          ...(firing.ifLost === 'kept'
            ? { maxEventAge: Duration.hours(6), deadLetterQueue: unheard }
            : { maxEventAge: Duration.minutes(1), retryAttempts: 0 }),
        }),
      });
    }
  }
}
