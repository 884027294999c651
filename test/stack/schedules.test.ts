// What calls functions: the clock, the table's stream, and the end of br.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  clusterDocument,
  readable,
  resourceAt,
  resourcesOf,
  synthesize,
  type Template,
} from '../support/synthesized-stack.ts';

const schedulesOf = (template: Template) => resourcesOf(template, 'AWS::Scheduler::Schedule');
const scheduleAt = (template: Template, name: string) =>
  resourceAt(template, 'AWS::Scheduler::Schedule', `shop/Schedules/${name}`).Properties;
const withPolicy = (policy: object) => synthesize([clusterDocument('shop', { policy })]).template;

describe('schedules', () => {
  test('call their functions at the time itself, by one role', () => {
    const template = withPolicy({});
    assert.deepEqual([...schedulesOf(template).keys()].sort(), [
      'shop/Schedules/br-ended',
      'shop/Schedules/observe',
      'shop/Schedules/react',
      'shop/Schedules/retention-apply',
      'shop/Schedules/retention-plan',
      'shop/Schedules/take-snapshot',
    ]);
    for (const [path, { Properties }] of schedulesOf(template)) {
      assert.deepEqual(Properties.FlexibleTimeWindow, { Mode: 'OFF' }, path);
      assert.equal(Properties.State, 'ENABLED');
      const name = path.replace('shop/Schedules/', '');
      assert.equal(readable(template, Properties.Target.Arn), `<shop/Functions/${name}.Arn>`);
      assert.equal(readable(template, Properties.Target.RoleArn), '<shop/Schedules/Role.Arn>');
    }
  });

  test('snapshots follow the policy by the clock of its zone, and are told the time of their firing', () => {
    for (const [schedule, expression] of [
      ['every 2 days at 00:30', 'cron(30 0 * * ? *)'],
      ['cron(0 3 ? * SUN,WED *)', 'cron(0 3 ? * SUN,WED *)'],
      ['rate(12 hours)', 'rate(12 hours)'],
    ] as const) {
      const found = scheduleAt(
        withPolicy({ snapshot: { schedule, zone: 'Asia/Shanghai' } }),
        'take-snapshot',
      );
      assert.equal(found.ScheduleExpression, expression);
      assert.equal(found.ScheduleExpressionTimezone, 'Asia/Shanghai');
      assert.deepEqual(JSON.parse(found.Target.Input), {
        cluster: 'shop',
        trigger: 'schedule',
        dueAt: '<aws.scheduler.scheduled-time>',
      });
    }
  });

  test('what may go is planned daily by UTC, which leaves no hour out, and what has cooled off is deleted within the hour', () => {
    const template = withPolicy({ snapshot: { zone: 'Europe/Berlin' }, log: 'off' });
    const plan = scheduleAt(template, 'retention-plan');
    assert.deepEqual(
      [plan.ScheduleExpression, plan.ScheduleExpressionTimezone],
      ['cron(0 1 * * ? *)', 'UTC'],
    );
    const apply = scheduleAt(template, 'retention-apply');
    assert.equal(apply.ScheduleExpression, 'cron(30 * * * ? *)');
    assert.deepEqual(JSON.parse(apply.Target.Input), { cluster: 'shop' });
  });

  test('the cluster is looked at every minute, and so is what events may have lost', () => {
    const template = withPolicy({});
    for (const name of ['observe', 'br-ended', 'react']) {
      const { ScheduleExpression, Target } = scheduleAt(template, name);
      assert.equal(ScheduleExpression, 'rate(1 minute)');
      assert.deepEqual(JSON.parse(Target.Input), { cluster: 'shop' });
    }
  });

  test('a firing that is not delivered: the next minute is soon, a snapshot is tried for hours and then kept', () => {
    const template = withPolicy({});
    const observe = scheduleAt(template, 'observe').Target;
    assert.deepEqual(observe.RetryPolicy, { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 });
    assert.equal(observe.DeadLetterConfig, undefined);
    for (const name of ['take-snapshot', 'retention-plan']) {
      const { RetryPolicy, DeadLetterConfig } = scheduleAt(template, name).Target;
      assert.equal(RetryPolicy.MaximumEventAgeInSeconds, 6 * 3600);
      assert.equal(readable(template, DeadLetterConfig.Arn), '<shop/Unheard.Arn>');
    }
  });
});

describe('the stream of the table', () => {
  const mappingOf = (template: Template, cluster: string) =>
    resourceAt(template, 'AWS::Lambda::EventSourceMapping', `${cluster}/Wishes`).Properties;

  test('calls react for new wishes of its own cluster only, so that what react writes calls nobody', () => {
    const { template } = synthesize([clusterDocument('shop'), clusterDocument('billing')]);
    for (const cluster of ['shop', 'billing']) {
      const { EventSourceArn, FunctionName, FilterCriteria, StartingPosition } = mappingOf(template, cluster);
      assert.equal(readable(template, EventSourceArn), `<${cluster}/State.StreamArn>`);
      assert.equal(readable(template, FunctionName), `<${cluster}/Functions/react>`);
      assert.equal(StartingPosition, 'TRIM_HORIZON');
      assert.deepEqual(
        FilterCriteria.Filters.map(({ Pattern }: { readonly Pattern: string }) => JSON.parse(Pattern)),
        [
          {
            eventName: ['INSERT'],
            dynamodb: { Keys: { pk: { S: [`cluster/${cluster}`] }, sk: { S: [{ prefix: 'waiting/' }] } } },
          },
        ],
      );
    }
  });

  test('a wish that cannot be carried out holds up no other: it is set apart, tried again, and kept', () => {
    const { template } = synthesize([clusterDocument('shop')]);
    const mapping = mappingOf(template, 'shop');
    assert.equal(mapping.BisectBatchOnFunctionError, true);
    assert.equal(mapping.MaximumRetryAttempts, 5);
    assert.equal(mapping.MaximumRecordAgeInSeconds, 3600);
    assert.equal(readable(template, mapping.DestinationConfig.OnFailure.Destination), '<shop/Unheard.Arn>');
  });

  test('has one reader: AWS allows two, so clusters share no table', () => {
    const clusters = ['shop', 'billing', 'crm'].map((name) => clusterDocument(name));
    const { template } = synthesize(clusters);
    const streams = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping').values()].map(
      ({ Properties }) => JSON.stringify(Properties.EventSourceArn),
    );
    assert.equal(new Set(streams).size, clusters.length);
  });
});

describe('the end of br', () => {
  test('on Fargate is a task of its own ECS cluster that stopped: a reason to look at all runs', () => {
    const { template } = synthesize([clusterDocument('shop')]);
    const rule = resourceAt(template, 'AWS::Events::Rule', 'shop/BrEnds').Properties;
    assert.deepEqual(readable(template, rule.EventPattern), {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: ['<shop/Runner/Cluster.Arn>'], lastStatus: ['STOPPED'] },
    });
    assert.equal(readable(template, rule.Targets[0].Arn), '<shop/Functions/br-ended.Arn>');
    // Whatever the event says: what counts is what the runner answers.
    assert.deepEqual(JSON.parse(rule.Targets[0].Input), { cluster: 'shop' });
  });

  test('on a machine is no event: each look at br is a command that ends, and would make us look again', () => {
    const runner = { kind: 'ssm', target: { instanceIds: ['i-0a1b2c3d4e5f60718'] } };
    const { template } = synthesize([clusterDocument('shop', { runner })]);
    assert.deepEqual([...resourcesOf(template, 'AWS::Events::Rule').keys()], ['shop/RestoreRequest']);
  });
});
