// The template against CloudFormation's own schemas, by cfn-lint where it is installed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { clusterDocument, synthesize } from '../support/synthesized-stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** How it is called: the program named by PITR_CFN_LINT, or what the script installed. */
function findCfnLint(): readonly string[] | undefined {
  const named = process.env['PITR_CFN_LINT'];
  if (named !== undefined) return [named];
  const python = resolve('.cache/cfn-lint-1.58.0/bin/python');
  return existsSync(python) ? [python, '-c', 'from cfnlint.runner import main; main()'] : undefined;
}

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
}

/** What it says of templates that are right. */
const known: readonly { readonly id: string; readonly message: RegExp; readonly reason: string }[] = [
  {
    id: 'W3005',
    message: /dependency already enforced/,
    reason: 'the CDK lets a function wait for its role, which the function names anyway',
  },
  {
    id: 'E3601',
    message: /'OutputPath' was unexpected\) at 'States\/Succeeded\/OutputPath'/,
    reason: 'the language knows OutputPath in a Succeed state; the schema of cfn-lint does not',
  },
];

test('cfn-lint finds nothing in the template of clusters of every kind', async (t) => {
  const cfnLint = findCfnLint();
  if (cfnLint === undefined) return t.skip('cfn-lint is not here: node scripts/get-cfn-lint.ts installs it');
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const { template } = synthesize([
    clusterDocument('shop', {
      tls: { secret: 'pitr/tls' },
      bucket: { kmsKey: 'alias/x', objectLock: { retention: '3d' }, region: 'us-east-1' },
      policy: { snapshot: { schedule: 'cron(0 3 ? * SUN,WED *)', zone: 'Europe/Berlin' } },
    }),
    clusterDocument('billing', {
      bucket: { name: 'billing-backup' },
      tikvRole: 'arn:aws:iam::111122223333:role/tikv',
      policy: { snapshot: { schedule: 'rate(12 hours)' } },
      runner: { kind: 'ssm', target: { tags: { role: 'br' } } },
    }),
  ]);
  const file = join(folder.path, 'template.json');
  writeFileSync(file, JSON.stringify(template));
  const [program = '', ...words] = cfnLint;
  const run = spawnSync(program, [...words, '--format', 'json', '--template', file], { encoding: 'utf8' });
  const matches: readonly Match[] = JSON.parse(run.stdout);
  const isKnown = ({ Rule, Message }: Match) =>
    known.some(({ id, message }) => id === Rule.Id && message.test(Message));
  assert.deepEqual(
    matches.filter((match) => !isKnown(match)).map(({ Rule, Message }) => `${Rule.Id} ${Message}`),
    [],
  );
  // It did look: what is known of it was said.
  for (const { id } of known)
    assert.ok(
      matches.some(({ Rule }) => Rule.Id === id),
      `${id} is not said any more`,
    );
});
