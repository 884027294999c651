// br on Fargate: the task definitions, and the script by which br begins, run by a real shell.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { brEntryPoint } from '../../lib/stack/br-entry-point.ts';
import {
  clusterDocument,
  readable,
  resourceAt,
  resourcesOf,
  synthesize,
  type Template,
} from '../support/synthesized-stack.ts';

const roles = ['writer', 'deleter', 'restorer'];

describe('the tasks of br', () => {
  let template: Template;
  before(() => {
    const runner = { kind: 'fargate', cpu: 2, memory: '7GiB', image: 'registry.example:5000/tidb/br:v8.5.4' };
    const cluster = clusterDocument('shop', { tls: { secret: 'pitr/tls' }, runner });
    template = synthesize([cluster]).template;
  });
  const taskOf = (role: string) =>
    resourceAt(template, 'AWS::ECS::TaskDefinition', `shop/Runner/${role}`).Properties;

  test('are three that differ in their role only', () => {
    assert.equal(resourcesOf(template, 'AWS::ECS::TaskDefinition').size, roles.length);
    const alike = new Set(
      roles.map((role) => {
        const { TaskRoleArn, Family: _, ...rest } = taskOf(role);
        assert.equal(readable(template, TaskRoleArn), `<shop/Runner/${role}-role.Arn>`);
        return JSON.stringify(rest);
      }),
    );
    assert.equal(alike.size, 1);
  });

  test('have the size, the image and the log that the settings and the runner say', () => {
    const { Cpu, Memory, RequiresCompatibilities, RuntimePlatform, ContainerDefinitions } = taskOf('writer');
    assert.deepEqual([Cpu, Memory, RequiresCompatibilities], ['2048', '7168', ['FARGATE']]);
    assert.deepEqual(RuntimePlatform, { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' });
    assert.equal(ContainerDefinitions.length, 1);
    const [br] = ContainerDefinitions;
    assert.equal(br.Image, 'registry.example:5000/tidb/br:v8.5.4');
    assert.equal(br.LogConfiguration.LogDriver, 'awslogs');
    assert.equal(readable(template, br.LogConfiguration.Options['awslogs-group']), '<shop/Runner/Log>');
    assert.equal(br.LogConfiguration.Options['awslogs-stream-prefix'], 'br');
  });

  test('begin with our script and end with a SIGTERM that has time; one that is started by hand does no harm', () => {
    const [br] = taskOf('writer').ContainerDefinitions;
    assert.deepEqual(br.EntryPoint, brEntryPoint);
    assert.deepEqual(br.Command, ['/br', '--version']);
    assert.equal(br.StopTimeout, 120);
    assert.deepEqual(br.Environment, [
      { Name: 'TZ', Value: 'UTC' },
      { Name: 'BR_LOG_TO_TERM', Value: '1' },
    ]);
  });

  test('get the certificates as secrets, field by field, and none where there is no TLS', () => {
    const secrets = taskOf('restorer').ContainerDefinitions[0].Secrets;
    assert.deepEqual(
      secrets.map(({ Name, ValueFrom }: { readonly Name: string; readonly ValueFrom: unknown }) => [
        Name,
        String(readable(template, ValueFrom)).replace(/^.*:secret:/, ''),
      ]),
      [
        ['PITR_TLS_CA', 'pitr/tls:ca::'],
        ['PITR_TLS_CERT', 'pitr/tls:cert::'],
        ['PITR_TLS_KEY', 'pitr/tls:key::'],
      ],
    );
    const plain = synthesize([clusterDocument('shop')]).template;
    const task = resourceAt(plain, 'AWS::ECS::TaskDefinition', 'shop/Runner/writer').Properties;
    assert.equal(task.ContainerDefinitions[0].Secrets, undefined);
  });

  test('a secret by its ARN is asked for by that ARN, with or without the six characters of AWS', () => {
    for (const ending of ['', '-AbCdEf']) {
      const secret = `arn:aws:secretsmanager:eu-central-1:111122223333:secret:pitr/tls${ending}`;
      const { template: one } = synthesize([clusterDocument('shop', { tls: { secret } })]);
      const task = resourceAt(one, 'AWS::ECS::TaskDefinition', 'shop/Runner/writer').Properties;
      assert.equal(readable(one, task.ContainerDefinitions[0].Secrets[0].ValueFrom), `${secret}:ca::`);
    }
  });

  test('a runner that is a machine makes no tasks, no cluster of ECS and no log for them', () => {
    const runner = { kind: 'ssm', target: { tags: { role: 'br' } } };
    const one = synthesize([clusterDocument('shop', { runner })]).template;
    for (const type of ['AWS::ECS::TaskDefinition', 'AWS::ECS::Cluster']) {
      assert.equal(resourcesOf(one, type).size, 0);
    }
  });
});

describe('the script by which br begins', () => {
  const folder = '/tmp/pitr-tls';
  const [shell, ...words] = brEntryPoint;
  const run = (argv: readonly string[], env: Readonly<Record<string, string>>) =>
    spawnSync(shell ?? '', [...words, ...argv], { encoding: 'utf8', env });

  /** The script writes to one fixed place; nobody else's files are touched. */
  const isFree = () => !existsSync(folder);

  test('runs exactly the words of the command, whatever is in them', () => {
    const odd = ['two words', '$HOME', '`id`', '', '*', "a'b", 'a"b'];
    const { status, stdout } = run(
      [process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', ...odd],
      {},
    );
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout), odd);
    assert.equal(run(['/bin/sh', '-c', 'exit 7'], {}).status, 7);
  });

  test('lets br take the place of the shell, so that a stop reaches it', () => {
    const { stdout } = run(['/bin/sh', '-c', 'echo $$ $PPID'], {});
    const [own, parent] = stdout.trim().split(' ').map(Number);
    assert.equal(parent, process.pid);
    assert.ok(Number(own) > 0);
  });

  test('writes the certificates for nobody else to read, and keeps them from the environment of br', (t) => {
    if (!isFree()) return t.skip(`${folder} is there already, and is not ours`);
    try {
      const pem = '-----BEGIN X-----\\nabc\\n-----END X-----';
      const { status, stdout } = run(['/usr/bin/env'], {
        PITR_TLS_CA: pem,
        PITR_TLS_CERT: pem.replaceAll('\\n', '\n'),
        PITR_TLS_KEY: 'key',
        TZ: 'UTC',
      });
      assert.equal(status, 0);
      assert.doesNotMatch(stdout, /PITR_TLS/);
      assert.match(stdout, /^TZ=UTC$/m);
      // Escaped twice or not, it is the same file.
      for (const name of ['ca', 'cert']) {
        assert.equal(
          readFileSync(`${folder}/${name}.pem`, 'utf8'),
          '-----BEGIN X-----\nabc\n-----END X-----\n',
        );
      }
      assert.equal(statSync(`${folder}/key.pem`).mode & 0o777, 0o600);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('writes nothing without TLS', (t) => {
    if (!isFree()) return t.skip(`${folder} is there already, and is not ours`);
    assert.equal(run(['/bin/true'], {}).status, 0);
    assert.ok(isFree());
  });
});
