// The alarms that wake people: what each looks at, what silence does to it, whom it tells, and that its words lead to the runbook.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseSettings } from '../../lib/config/settings.ts';
import { criticalLagFactor } from '../../lib/domain/keeper/alarms.ts';
import { alarmNames } from '../../lib/domain/state/keeper-record.ts';
import { alarmsOfCluster } from '../../lib/stack/alarm-list.ts';
import {
  clusterDocument,
  type Resource,
  readable,
  resourceAt,
  resourcesOf,
  synthesize,
  type Template,
} from '../support/synthesized-stack.ts';

const topic = 'arn:aws:sns:eu-central-1:111122223333:pitr';
const full = { objectives: { rpo: '20m', rto: '4h' }, notifications: { sns: [topic] } };
const { template } = synthesize([clusterDocument('shop', full)]);
const alarmAt = (id: string, of: Template = template) =>
  resourceAt(of, 'AWS::CloudWatch::Alarm', `shop/Alarms/${id}`).Properties;
const idsOf = (of: Template) =>
  [...resourcesOf(of, 'AWS::CloudWatch::Alarm').keys()].map((path) => path.split('/').at(-1) ?? '');
const planned = (more: object) => {
  const [cluster] = parseSettings(
    JSON.stringify({ version: 1, clusters: [clusterDocument('shop', more)] }),
  ).clusters;
  return cluster === undefined ? [] : alarmsOfCluster(cluster);
};

describe('the alarms of a cluster', () => {
  test('are one for each that the keeper knows, two where warning and critical differ, the dead man’s, and that of failed calls', () => {
    assert.deepEqual(idsOf(template).sort(), [
      'error',
      'frozen',
      'fuse',
      'gc-passed',
      'lag-critical',
      'lag-warning',
      'observe-silent',
      'paused-critical',
      'paused-warning',
      'restore',
      'restore-time',
      'snapshot',
      'truncation',
      'unheard',
    ]);
    const entries = new Set(planned(full).map(({ entry }) => entry));
    assert.deepEqual([...entries].sort(), [...alarmNames, 'observe-silent', 'unheard'].sort());
  });

  test('are fewer where nobody promised a time of restore, or wants a log', () => {
    assert.ok(!planned({}).some(({ entry }) => entry === 'restore-time'));
    assert.deepEqual(
      planned({ ...full, policy: { log: 'off' } }).map(({ id }) => id),
      ['snapshot', 'restore', 'observe-silent', 'unheard'],
    );
  });

  test('lead each to its entry in the runbook, which has no other', () => {
    const headings = readFileSync('docs/runbook.md', 'utf8').matchAll(/^### (alarm [a-z-]+)$/gm);
    const anchors = [...headings].map(([, heading = '']) => heading.replaceAll(' ', '-'));
    const told = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').values()].map(({ Properties }) => {
      const [, anchor] = /docs\/runbook\.md#([a-z-]+)$/.exec(Properties.AlarmDescription) ?? [];
      return anchor ?? Properties.AlarmDescription;
    });
    assert.deepEqual([...new Set(told)].sort(), anchors.sort());
  });

  test('say in words of people which cluster and what it means, within what CloudWatch takes', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::CloudWatch::Alarm').values()) {
      assert.match(Properties.AlarmDescription, /^TiDB cluster shop: [a-z].+\. What to do: /);
      assert.ok(Properties.AlarmDescription.length <= 1024);
    }
    assert.match(alarmAt('lag-critical').AlarmDescription, /more than 1h behind/);
    assert.match(alarmAt('restore-time').AlarmDescription, /objectives\.rto, 4h/);
  });

  test('are named by stack, cluster and alarm, so that two stacks are in nobody’s way', () => {
    assert.equal(readable(template, alarmAt('fuse').AlarmName), '<AWS::StackName>-shop-fuse');
  });
});

describe('the lag', () => {
  test('rises at objectives.rpo, and is critical at as many times that as the keeper says', () => {
    const { MetricName, Namespace, Dimensions, Statistic, ComparisonOperator } = alarmAt('lag-warning');
    assert.deepEqual([Namespace, MetricName, Statistic], ['TidbPitr', 'lagSeconds', 'Maximum']);
    assert.deepEqual(Dimensions, [{ Name: 'Cluster', Value: 'shop' }]);
    assert.equal(ComparisonOperator, 'GreaterThanThreshold');
    assert.equal(alarmAt('lag-warning').Threshold, 20 * 60);
    assert.equal(alarmAt('lag-critical').Threshold, criticalLagFactor * 20 * 60);
  });

  test('is 10 and 30 minutes unless the settings say otherwise', () => {
    const plain = synthesize([clusterDocument('shop')]).template;
    assert.equal(alarmAt('lag-warning', plain).Threshold, 600);
    assert.equal(alarmAt('lag-critical', plain).Threshold, 1800);
  });
});

describe('a level of the keeper', () => {
  test('is taken out of the one metric that has all of them, which is one paid metric an alarm', () => {
    for (const id of idsOf(template).filter((one) => !/^(?:lag-|observe-|unheard)/.test(one))) {
      const { Metrics, Threshold, ComparisonOperator } = alarmAt(id);
      const [level, code, ...more] = Metrics;
      assert.deepEqual([level.ReturnData, code.ReturnData, more], [true, false, []], id);
      assert.match(level.Expression, /code.* - 3 \* FLOOR\(code \/ \d+\)$/, id);
      assert.equal(code.MetricStat.Metric.MetricName, 'alarmCode', id);
      assert.equal(code.MetricStat.Stat, 'Maximum', id);
      assert.equal(ComparisonOperator, 'GreaterThanOrEqualToThreshold', id);
      assert.equal(Threshold, id === 'paused-critical' ? 2 : 1, id);
    }
  });

  test('is that of its own alarm: no two look at one digit, but for the levels of one', () => {
    const looked = idsOf(template).flatMap((id) => {
      const expression = alarmAt(id).Metrics?.[0].Expression;
      return expression === undefined || id === 'paused-critical' ? [] : [expression];
    });
    assert.equal(new Set(looked).size, looked.length);
  });
});

describe('silence', () => {
  test('raises the dead man’s alarm after ten minutes without a look', () => {
    const silent = alarmAt('observe-silent');
    assert.equal(silent.TreatMissingData, 'breaching');
    assert.equal(silent.Statistic, 'SampleCount');
    assert.deepEqual([silent.ComparisonOperator, silent.Threshold], ['LessThanThreshold', 1]);
    assert.deepEqual([silent.Period, silent.EvaluationPeriods, silent.DatapointsToAlarm], [60, 10, 10]);
  });

  test('neither raises nor ends any other', () => {
    for (const id of idsOf(template).filter((one) => !['observe-silent', 'unheard'].includes(one))) {
      assert.equal(alarmAt(id).TreatMissingData, 'ignore', id);
    }
  });
});

test('a call that failed to the last raises an alarm until its message is taken from the queue', () => {
  const { Namespace, MetricName, Dimensions, ...unheard } = alarmAt('unheard');
  assert.deepEqual([Namespace, MetricName], ['AWS/SQS', 'ApproximateNumberOfMessagesVisible']);
  const queue = template.Resources[Dimensions[0].Value['Fn::GetAtt'][0]];
  assert.equal(queue?.Metadata?.['aws:cdk:path'], 'Test/Pitr/shop/Unheard/Resource');
  assert.deepEqual(
    [unheard.Statistic, unheard.ComparisonOperator],
    ['Maximum', 'GreaterThanOrEqualToThreshold'],
  );
  assert.deepEqual([unheard.Threshold, unheard.Period, unheard.EvaluationPeriods], [1, 60, 1]);
  assert.equal(unheard.TreatMissingData, 'notBreaching', 'an idle queue sends no numbers');
});

describe('people', () => {
  const actions = (resource: Resource['Properties']) => [resource.AlarmActions, resource.OKActions];

  test('are told when an alarm rises and when it is over, on every topic of the settings', () => {
    for (const id of idsOf(template)) {
      for (const list of actions(alarmAt(id))) {
        assert.deepEqual(
          list.map((action: { readonly 'Fn::If': readonly unknown[] }) => action['Fn::If'][1]),
          [topic],
          id,
        );
      }
    }
  });

  test('are told by topics of the stack’s own region alone, since CloudWatch refuses others at deployment', () => {
    const elsewhere = 'arn:aws:sns:eu-west-1:111122223333:pitr';
    const sns = [topic, elsewhere];
    const two = synthesize([clusterDocument('shop', { notifications: { sns } })]).template;
    const conditions = (two as unknown as { readonly Conditions: Record<string, unknown> }).Conditions;
    for (const { 'Fn::If': parts } of alarmAt('fuse', two).AlarmActions) {
      const [condition, arn, otherwise] = parts;
      assert.deepEqual(conditions[condition], {
        'Fn::Equals': [{ Ref: 'AWS::Region' }, arn.split(':')[3]],
      });
      assert.deepEqual(otherwise, { Ref: 'AWS::NoValue' });
    }
    assert.equal(alarmAt('fuse', two).AlarmActions.length, 2);
  });

  test('are not told by an alarm on a FIFO topic, whose group no alarm can name', () => {
    const sns = [`${topic}.fifo`];
    const fifo = synthesize([clusterDocument('shop', { notifications: { sns } })]).template;
    assert.deepEqual(actions(alarmAt('fuse', fifo)), [undefined, undefined]);
  });
});
