// A stack of the settings, as the JSON that CloudFormation would get, and questions about it that read like intent. Functions are
// stand-ins that are bundled already, so that no test waits for a bundler.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type StackProps } from 'aws-cdk-lib';
import { functionNames } from '../../lib/config/functions.ts';
import { PitrStack } from '../../lib/stack/pitr-stack.ts';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read as the JSON it is
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
  readonly Metadata?: { readonly 'aws:cdk:path'?: string };
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown; readonly Description: string }>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
}

const folder = mkdtempSync(join(tmpdir(), 'pitr-stack-test-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** A folder of functions that are bundled already. */
export const bundledLambdas = join(folder, 'lambdas');
for (const name of functionNames) {
  mkdirSync(join(bundledLambdas, name), { recursive: true });
  writeFileSync(join(bundledLambdas, name, 'index.mjs'), `export const handler = () => '${name}';\n`);
}

/** The least that a cluster has, and what a test adds to it. */
export function clusterDocument(name: string, more: object = {}): Readonly<Record<string, unknown>> {
  const hex = Buffer.from(name).toString('hex').padEnd(8, '0').slice(0, 8);
  return {
    name,
    tidbVersion: 'v8.5.4',
    pd: [`${name}-pd.internal:2379`],
    vpc: { id: `vpc-${hex}`, subnets: [`subnet-${hex}`, `subnet-${hex}1`], securityGroup: `sg-${hex}` },
    ...more,
  };
}

export interface Synthesized {
  readonly app: App;
  readonly stack: PitrStack;
  readonly template: Template;
}

export function synthesize(
  clusters: readonly Readonly<Record<string, unknown>>[],
  props: StackProps = {},
): Synthesized {
  const outdir = mkdtempSync(join(folder, 'out-'));
  // By their paths the resources are known; the command line of the CDK asks for them, too.
  const context = { 'aws:cdk:enable-path-metadata': true };
  const app = new App({ outdir, analyticsReporting: false, context });
  const stack = new PitrStack(app, 'Test', {
    ...props,
    settings: { version: 1, clusters },
    lambdaFolder: bundledLambdas,
  });
  app.synth();
  const text = readFileSync(join(outdir, 'Test.template.json'), 'utf8');
  return { app, stack, template: JSON.parse(text) as Template };
}

/** Resources of a type, by their path below the construct: `shop/Functions/observe`. */
export function resourcesOf(template: Template, type: string): ReadonlyMap<string, Resource> {
  return new Map(
    Object.values(template.Resources)
      .filter((resource) => resource.Type === type)
      .map((resource) => [pathOf(resource), resource]),
  );
}

function pathOf({ Metadata }: Resource): string {
  return (Metadata?.['aws:cdk:path'] ?? '').replace(/^Test\/Pitr\//, '').replace(/\/Resource$/, '');
}

/** The one resource of a type at a path. */
export function resourceAt(template: Template, type: string, path: string): Resource {
  const found = resourcesOf(template, type);
  const resource = found.get(path);
  assert.ok(resource, `no ${type} at ${path}, there are ${[...found.keys()].join(', ')}`);
  return resource;
}

/** A value with its references by the path of what they name: `<shop/State.Arn>`. */
export function readable(template: Template, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => readable(template, item));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': att, 'Fn::Join': join_ } = value as Record<string, unknown>;
  const nameOf = (id: unknown) => {
    const resource = template.Resources[String(id)];
    return resource === undefined ? String(id) : pathOf(resource);
  };
  if (Ref !== undefined) return `<${nameOf(Ref)}>`;
  if (Array.isArray(att)) return `<${nameOf(att[0])}.${att[1]}>`;
  if (Array.isArray(join_)) return (readable(template, join_[1]) as unknown[]).join(String(join_[0]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(template, item)]));
}

export interface Right {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: unknown;
}

/** Everything that a role may do: its own policies and those attached to it. */
export function rightsOf(template: Template, rolePath: string): readonly Right[] {
  const role = resourceAt(template, 'AWS::IAM::Role', rolePath);
  const id = Object.entries(template.Resources).find(([, resource]) => resource === role)?.[0];
  assert.deepEqual(role.Properties.ManagedPolicyArns ?? [], [], `${rolePath} has a policy of AWS`);
  const attached = [...resourcesOf(template, 'AWS::IAM::Policy').values()].filter(({ Properties }) =>
    (Properties.Roles ?? []).some((one: { readonly Ref?: string }) => one.Ref === id),
  );
  const documents = [
    ...(role.Properties.Policies ?? []).map(
      (policy: { readonly PolicyDocument: unknown }) => policy.PolicyDocument,
    ),
    ...attached.map(({ Properties }) => Properties.PolicyDocument),
  ];
  return documents.flatMap((document) => statementsOf(template, document));
}

/** The statements of a policy document; all of ours allow. */
export function statementsOf(
  template: Template,
  document: { readonly Statement: readonly Readonly<Record<string, unknown>>[] },
): readonly Right[] {
  return document.Statement.map((statement) => {
    assert.equal(statement['Effect'], 'Allow');
    return {
      actions: [statement['Action']].flat().map(String).sort(),
      resources: [readable(template, statement['Resource'])].flat().map(String).sort(),
      condition: readable(template, statement['Condition']),
    };
  });
}

/** `action on resource`, one line for each pair, sorted. */
export function linesOf(rights: readonly Right[]): readonly string[] {
  const lines = rights.flatMap(({ actions, resources }) =>
    actions.flatMap((action) => resources.map((resource) => `${action} on ${resource}`)),
  );
  return [...new Set(lines)].sort();
}
