// The state machines as they are deployed: the files of lib/flows with the functions put in, and nothing they may do besides.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { deployedFlows } from '../../lib/config/launch-env.ts';
import { stackTags } from '../../lib/config/stack-tags.ts';
import { functionsOfFlow, placeholderOf } from '../../lib/stack/flows.ts';
import {
  clusterDocument,
  linesOf,
  readable,
  resourceAt,
  resourcesOf,
  rightsOf,
  synthesize,
  type Template,
} from '../support/synthesized-stack.ts';

const fileOf = (flow: string) => readFileSync(`lib/flows/${flow}.asl.json`, 'utf8');

/** What Step Functions needs for logs and traces; it takes no resource. */
const watching = [
  ...['Create', 'Delete', 'Get', 'Update'].map((verb) => `logs:${verb}LogDelivery on *`),
  'logs:DescribeLogGroups on *',
  'logs:DescribeResourcePolicies on *',
  'logs:ListLogDeliveries on *',
  'logs:PutResourcePolicy on *',
  ...['GetSamplingRules', 'GetSamplingTargets', 'PutTelemetryRecords', 'PutTraceSegments'].map(
    (action) => `xray:${action} on *`,
  ),
];

/** AWS, "IAM policies for using Distributed Map states". */
const itemsOf = (flow: string) => [
  `states:StartExecution on <shop/Flows/${flow}>`,
  ...['DescribeExecution', 'StopExecution'].map(
    (action) =>
      `states:${action} on arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<shop/Flows/${flow}.Name>:*`,
  ),
];

describe('the flows of a cluster', () => {
  let template: Template;
  before(() => {
    template = synthesize([clusterDocument('shop')]).template;
  });
  const machine = (flow: string) =>
    resourceAt(template, 'AWS::StepFunctions::StateMachine', `shop/Flows/${flow}`).Properties;

  test('are the files of lib/flows, state by state', () => {
    assert.equal(resourcesOf(template, 'AWS::StepFunctions::StateMachine').size, deployedFlows.length);
    for (const flow of deployedFlows) {
      assert.deepEqual(JSON.parse(machine(flow).DefinitionString), JSON.parse(fileOf(flow)), flow);
    }
  });

  test('have a function for each name in their file, and for no other', () => {
    for (const flow of deployedFlows) {
      const wanted = functionsOfFlow(fileOf(flow)).map((name) => [
        placeholderOf(name),
        `<shop/Functions/${name}.Arn>`,
      ]);
      assert.deepEqual(
        readable(template, machine(flow).DefinitionSubstitutions),
        Object.fromEntries(wanted),
        flow,
      );
    }
  });

  test('may call exactly the functions that their file names', () => {
    const called = deployedFlows.flatMap((flow) =>
      functionsOfFlow(fileOf(flow)).map((name) => `lambda:InvokeFunction on <shop/Functions/${name}.Arn>`),
    );
    const items = deployedFlows.flatMap((flow) =>
      fileOf(flow).includes('"DISTRIBUTED"') ? itemsOf(flow) : [],
    );
    assert.deepEqual(
      linesOf(rightsOf(template, 'shop/Flows/Role')),
      [...new Set([...called, ...items, ...watching])].sort(),
    );
  });

  test('are traced, and log every step without its data, in which there are tokens', () => {
    for (const flow of deployedFlows) {
      const { LoggingConfiguration, TracingConfiguration } = machine(flow);
      assert.deepEqual(TracingConfiguration, { Enabled: true });
      assert.deepEqual(
        [LoggingConfiguration.Level, LoggingConfiguration.IncludeExecutionData],
        ['ALL', false],
      );
    }
  });

  test('are found by their tags: cluster, flow and state table', () => {
    for (const flow of deployedFlows) {
      const tags = machine(flow).Tags.map(
        ({ Key, Value }: { readonly Key: string; readonly Value: unknown }) => [
          Key,
          readable(template, Value),
        ],
      );
      assert.deepEqual(Object.fromEntries(tags), {
        [stackTags.cluster]: 'shop',
        [stackTags.flow]: flow,
        [stackTags.table]: '<shop/State>',
      });
    }
  });

  test('restore-to-point begins by an event of this cluster, whose detail is its input', () => {
    const { EventPattern, Targets } = resourceAt(
      template,
      'AWS::Events::Rule',
      'shop/RestoreRequest',
    ).Properties;
    assert.deepEqual(EventPattern, {
      source: ['tidb-pitr'],
      'detail-type': ['restore requested'],
      detail: { cluster: ['shop'] },
    });
    assert.equal(Targets.length, 1);
    assert.equal(readable(template, Targets[0].Arn), '<shop/Flows/restore-to-point>');
    assert.equal(Targets[0].InputPath, '$.detail');
    assert.equal(readable(template, Targets[0].DeadLetterConfig.Arn), '<shop/Unheard.Arn>');
  });
});

test('a flow that names a function which is not there is refused', () => {
  assert.throws(() => functionsOfFlow(`{"FunctionName":"\${StratBr}"}`), {
    code: 'INTERNAL',
    message: /\$\{StratBr\}/,
  });
});
