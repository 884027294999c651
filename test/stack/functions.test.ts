// The functions of a cluster as they are deployed: runtime, network, environment, and what becomes of a call that fails.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { decodeCluster } from '../../lib/config/cluster-env.ts';
import { factsOf, functionNames, readEnvironment } from '../../lib/config/functions.ts';
import { decodeFlows, decodeFunctions, decodeNotify } from '../../lib/config/launch-env.ts';
import { decodeRunnerPlace } from '../../lib/config/runner-place.ts';
import { stackTags } from '../../lib/config/stack-tags.ts';
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

const shop = clusterDocument('shop', { notifications: { webhook: { url: 'https://x.example/hook' } } });

/** The environment as the function will find it, references as text of the kind that AWS has there. */
function environmentOf(template: Template, name: string): Readonly<Record<string, string>> {
  const { Properties } = resourceAt(template, 'AWS::Lambda::Function', `shop/Functions/${name}`);
  const variables = Object.entries(Properties.Environment.Variables).map(([variable, value]) => [
    variable,
    typeof value === 'string' ? value : String(readable(template, value)).replace(/[<>]/g, ''),
  ]);
  return Object.fromEntries(variables);
}

describe('the functions of a cluster', () => {
  let template: Template;
  before(() => {
    template = synthesize([shop]).template;
  });
  const propertiesOf = (name: string) =>
    resourceAt(template, 'AWS::Lambda::Function', `shop/Functions/${name}`).Properties;

  test('are those of the list, and no helper of the CDK beside them', () => {
    const paths = [...resourcesOf(template, 'AWS::Lambda::Function').keys()];
    assert.deepEqual(paths.sort(), functionNames.map((name) => `shop/Functions/${name}`).sort());
  });

  test('run on Node 24 and arm64, with the memory and time of the list, and write one log that ends', () => {
    for (const name of functionNames) {
      const { Runtime, Architectures, MemorySize, Timeout, LoggingConfig, Handler } = propertiesOf(name);
      const { memoryMiB, timeoutSeconds } = factsOf(name);
      assert.deepEqual([Runtime, Architectures, Handler], ['nodejs24.x', ['arm64'], 'index.handler']);
      assert.deepEqual([MemorySize, Timeout], [memoryMiB, timeoutSeconds], name);
      assert.equal(readable(template, LoggingConfig.LogGroup), '<shop/Log>');
    }
    for (const [path, { Properties }] of resourcesOf(template, 'AWS::Logs::LogGroup')) {
      assert.equal(Properties.RetentionInDays, 90, path);
    }
  });

  test('are found by their tags: cluster and function', () => {
    for (const name of functionNames) {
      const tags = propertiesOf(name).Tags.map(
        ({ Key, Value }: { readonly Key: string; readonly Value: string }) => [Key, Value],
      );
      assert.deepEqual(Object.fromEntries(tags), {
        [stackTags.cluster]: 'shop',
        [stackTags.function]: name,
      });
    }
  });

  test('have the role of the list', () => {
    for (const name of functionNames) {
      const role = readable(template, propertiesOf(name).Role);
      assert.equal(role, `<shop/Roles/${factsOf(name).role}.Arn>`, name);
    }
  });

  test('are in the network exactly where the list says so: the subnets and the security group of the settings', () => {
    const { vpc } = shop as { readonly vpc: { readonly subnets: string[]; readonly securityGroup: string } };
    for (const name of functionNames) {
      assert.deepEqual(
        propertiesOf(name).VpcConfig,
        factsOf(name).isInVpc ? { SubnetIds: vpc.subnets, SecurityGroupIds: [vpc.securityGroup] } : undefined,
        name,
      );
    }
  });

  test('find their whole environment as they read it, and nothing that they do not read', () => {
    for (const name of functionNames) {
      const env = environmentOf(template, name);
      assert.deepEqual(readEnvironment(name, env), env, name);
      assert.deepEqual(decodeCluster(env['PITR_CLUSTER'] ?? '').name, 'shop');
      assert.equal(env['PITR_TABLE'], 'shop/State');
    }
  });

  test('that start br are told where it runs', () => {
    const place = decodeRunnerPlace(environmentOf(template, 'start-br')['PITR_RUNNER'] ?? '');
    assert.deepEqual(place, {
      kind: 'fargate',
      ecsCluster: 'shop/Runner/Cluster',
      taskDefinitions: {
        writer: 'shop/Runner/writer',
        deleter: 'shop/Runner/deleter',
        restorer: 'shop/Runner/restorer',
      },
      container: 'br',
      subnets: (shop['vpc'] as { readonly subnets: string[] }).subnets,
      securityGroups: [(shop['vpc'] as { readonly securityGroup: string }).securityGroup],
      assignPublicIp: false,
      logGroup: 'shop/Runner/Log',
      logStreamPrefix: 'br',
    });
  });

  test('that react to what happened are told the flows, the functions and who is to be told', () => {
    const env = environmentOf(template, 'react');
    assert.deepEqual(decodeFlows(env['PITR_FLOWS'] ?? ''), {
      snapshot: 'shop/Flows/snapshot',
      truncate: 'shop/Flows/truncate',
      'log-task': 'shop/Flows/log-task',
      'restore-to-point': 'shop/Flows/restore-to-point',
    });
    assert.deepEqual(decodeFunctions(env['PITR_FUNCTIONS'] ?? ''), {
      'take-snapshot': 'shop/Functions/take-snapshot',
      'truncate-log': 'shop/Functions/truncate-log',
      adopt: 'shop/Functions/adopt',
    });
    assert.deepEqual(decodeNotify(env['PITR_NOTIFY'] ?? ''), {
      snsTopics: [],
      eventBus: null,
      webhook: { url: 'https://x.example/hook' },
    });
  });

  test('that nobody waits for: kept calls are tried again and end in a queue, repeated ones are dropped for the next minute', () => {
    const configs = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig');
    for (const name of functionNames) {
      const config = configs.get(`shop/Functions/${name}/EventInvokeConfig`)?.Properties;
      const { call } = factsOf(name);
      if (call === 'answered') assert.equal(config, undefined, name);
      if (call === 'repeated') {
        assert.deepEqual([config.MaximumRetryAttempts, config.MaximumEventAgeInSeconds], [0, 60], name);
        assert.equal(config.DestinationConfig, undefined);
      }
      if (call === 'kept') {
        assert.equal(config.MaximumRetryAttempts, 2, name);
        assert.equal(
          readable(template, config.DestinationConfig.OnFailure.Destination),
          '<shop/Unheard.Arn>',
        );
        const rights = linesOf(rightsOf(template, `shop/Roles/${factsOf(name).role}`));
        assert.ok(rights.includes('sqs:SendMessage on <shop/Unheard.Arn>'), `${name} may not write there`);
      }
    }
  });

  test('the queue of failed calls is encrypted, takes TLS only and keeps them for two weeks', () => {
    const { Properties } = resourceAt(template, 'AWS::SQS::Queue', 'shop/Unheard');
    assert.equal(Properties.SqsManagedSseEnabled, true);
    assert.equal(Properties.MessageRetentionPeriod, 14 * 86_400);
    const policy = resourceAt(template, 'AWS::SQS::QueuePolicy', 'shop/Unheard/Policy');
    const [deny] = policy.Properties.PolicyDocument.Statement;
    assert.deepEqual([deny.Effect, deny.Condition], ['Deny', { Bool: { 'aws:SecureTransport': 'false' } }]);
  });
});

describe('the way to the certificates', () => {
  const tls = { tls: { secret: 'pitr/tls' } };
  const endpointsOf = (template: Template) => resourcesOf(template, 'AWS::EC2::VPCEndpoint');

  test('without TLS there is no endpoint, and no function is told of a secret', () => {
    const { template } = synthesize([shop]);
    assert.equal(endpointsOf(template).size, 0);
    assert.equal(resourcesOf(template, 'AWS::EC2::SecurityGroup').size, 0);
    for (const name of functionNames)
      assert.equal(environmentOf(template, name)['PITR_TLS_SECRET'], undefined);
  });

  test('with TLS the functions in the network reach Secrets Manager through an endpoint that only they are told of', () => {
    const { template } = synthesize([clusterDocument('shop', tls)]);
    const [endpoint] = [...endpointsOf(template).values()];
    assert.equal(endpoint?.Properties.PrivateDnsEnabled, false);
    assert.equal(endpoint?.Properties.VpcEndpointType, 'Interface');
    for (const name of functionNames) {
      const { PITR_TLS_SECRET, AWS_ENDPOINT_URL_SECRETS_MANAGER } = environmentOf(template, name);
      assert.equal(PITR_TLS_SECRET, factsOf(name).isInVpc ? 'pitr/tls' : undefined, name);
      assert.equal(AWS_ENDPOINT_URL_SECRETS_MANAGER !== undefined, factsOf(name).isInVpc, name);
    }
    const observe = resourceAt(template, 'AWS::Lambda::Function', 'shop/Functions/observe').Properties;
    const url = JSON.stringify(observe.Environment.Variables.AWS_ENDPOINT_URL_SECRETS_MANAGER);
    assert.match(url, /"https:\/\/".*"Fn::Select":\[1,\{"Fn::Split":\[":",\{"Fn::Select":\[0,.*DnsEntries/);
  });

  test('the endpoint is open to the security group of the functions, and to nobody else', () => {
    const { template } = synthesize([clusterDocument('shop', tls)]);
    const [group] = [...resourcesOf(template, 'AWS::EC2::SecurityGroup').values()];
    assert.equal(group?.Properties.SecurityGroupIngress, undefined);
    const rules = [...resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').values()];
    assert.deepEqual(
      rules.map(({ Properties }) => [
        Properties.FromPort,
        Properties.ToPort,
        Properties.SourceSecurityGroupId,
      ]),
      [[443, 443, (shop['vpc'] as { readonly securityGroup: string }).securityGroup]],
    );
  });

  test('it is in one subnet of each zone, and in one subnet when the zones are not known', () => {
    const vpc = {
      id: 'vpc-0a1b2c3d',
      subnets: ['subnet-0000000a', 'subnet-0000000b', 'subnet-0000000c'],
      securityGroup: 'sg-0a1b2c3d',
    };
    const subnetsOf = (zones: object) => {
      const { template } = synthesize([clusterDocument('shop', { ...tls, vpc: { ...vpc, ...zones } })]);
      return [...endpointsOf(template).values()][0]?.Properties.SubnetIds.toSorted();
    };
    assert.deepEqual(subnetsOf({}), ['subnet-0000000a']);
    assert.deepEqual(subnetsOf({ availabilityZones: ['eu-central-1a', 'eu-central-1a', 'eu-central-1b'] }), [
      'subnet-0000000a',
      'subnet-0000000c',
    ]);
  });

  test('two clusters of one VPC share it, and each security group may enter', () => {
    const vpc = (group: string) => ({
      vpc: { id: 'vpc-0a1b2c3d', subnets: ['subnet-0000000a'], securityGroup: group },
    });
    const { template } = synthesize([
      clusterDocument('shop', { ...tls, ...vpc('sg-0000000a') }),
      clusterDocument('billing', { ...tls, ...vpc('sg-0000000b') }),
    ]);
    assert.equal(endpointsOf(template).size, 1);
    const rules = [...resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').values()];
    assert.deepEqual(rules.map(({ Properties }) => Properties.SourceSecurityGroupId).sort(), [
      'sg-0000000a',
      'sg-0000000b',
    ]);
  });
});

describe('an environment that Lambda would refuse', () => {
  test('is refused at synth, with the function, the sizes and what to shorten', () => {
    const topics = Array.from(
      { length: 60 },
      (_, index) => `arn:aws:sns:eu-central-1:111122223333:a-topic-with-a-long-name-${index}`,
    );
    const cluster = clusterDocument('shop', { notifications: { sns: topics } });
    assert.throws(() => synthesize([cluster]), {
      code: 'INVALID_INPUT',
      message:
        /^the environment of take-snapshot of the cluster shop takes \d+ bytes \(PITR_CLUSTER \d+, .*\), expected at most 4096$/,
      hint: /shorten .*SNS topics/,
    });
  });

  test('counts what is known at deployment only at its longest', () => {
    const pd = Array.from({ length: 64 }, (_, index) => `pd-${10 + index}.cluster.internal:2379`);
    // The texts alone would fit; the ARNs and names that start-br is told of do not fit beside them.
    assert.throws(() => synthesize([clusterDocument('shop', { pd })]), {
      code: 'INVALID_INPUT',
      message: /^the environment of start-br of the cluster shop takes 4\d\d\d bytes/,
    });
  });
});
