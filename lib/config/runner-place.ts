// Where br of a cluster runs on AWS, as the stack tells it to the functions that start br (PITR_RUNNER): one line of JSON,
// typed at both ends. Must not call anything.

import * as z from 'zod';
import { PitrError } from '../domain/errors.ts';
import { nameForms } from './aws-names.ts';
import type { VariableName } from './functions.ts';
import type { BrProgram, SsmTarget } from './settings-types.ts';

const variable: VariableName = 'PITR_RUNNER';

/** Whose rights a run of br has on the bucket: br backup and log, br log truncate, br restore (FACTS §8.1). */
export type TaskRole = 'writer' | 'deleter' | 'restorer';

/** A task of its own for every run, in the stack's ECS cluster. */
export interface FargatePlace {
  readonly kind: 'fargate';
  /** Name or ARN. */
  readonly ecsCluster: string;
  /**
   * One for each role, alike but for it: `family:revision` or ARN. Its one container has an entry point that runs the words of
   * the command.
   */
  readonly taskDefinitions: Readonly<Record<TaskRole, string>>;
  readonly container: string;
  /** At least one. */
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  /** Without a NAT or endpoints the image is pulled over a public address. */
  readonly assignPublicIp: boolean;
  /** Of the container's awslogs driver, with its stream prefix; the runner's own records are there, too. */
  readonly logGroup: string;
  readonly logStreamPrefix: string;
}

/** A machine that Systems Manager reaches. */
export interface SsmPlace {
  readonly kind: 'ssm';
  readonly target: SsmTarget;
  /** Takes `commands` and `executionTimeout`, as AWS-RunShellScript does. */
  readonly document: string;
  /** What `argv` begins with; the runner itself does not look at it. */
  readonly program: BrProgram;
}

export type AwsRunnerPlace = FargatePlace | SsmPlace;

const text = z.string().min(1);
const formed = (form: { readonly pattern: string }) => z.string().regex(new RegExp(form.pattern));

const fargate = z.strictObject({
  kind: z.literal('fargate'),
  ecsCluster: text,
  taskDefinitions: z.strictObject({ writer: text, deleter: text, restorer: text }).readonly(),
  container: text,
  subnets: z.array(formed(nameForms.subnet)).min(1).max(16).readonly(),
  securityGroups: z.array(formed(nameForms.securityGroup)).max(5).readonly(),
  assignPublicIp: z.boolean(),
  logGroup: z.string().regex(/^[A-Za-z0-9_./#-]{1,512}$/),
  /** A stream's name has no colon and no asterisk. */
  logStreamPrefix: z.string().regex(/^[^:*]{1,128}$/),
});

const target = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('instances'),
    instanceIds: z.array(formed(nameForms.instance)).min(1).readonly(),
  }),
  z.strictObject({
    kind: z.literal('tags'),
    tags: z.record(text, z.string()).refine((tags) => Object.keys(tags).length > 0, 'at least one tag'),
  }),
]);

const program = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('br'), path: text }),
  z.strictObject({ kind: z.literal('tiup') }),
]);

const ssm = z.strictObject({
  kind: z.literal('ssm'),
  target,
  document: formed(nameForms.document),
  program,
});

const runnerPlace: z.ZodType<AwsRunnerPlace> = z.discriminatedUnion('kind', [fargate, ssm]);

/** One line of JSON. INVALID_INPUT for what `decodeRunnerPlace` would not take, so that it fails at deployment. */
export function encodeRunnerPlace(place: AwsRunnerPlace): string {
  return JSON.stringify(checked(place));
}

/** INVALID_INPUT, naming the field, for anything else than what the stack writes: also fields that nobody reads. */
export function decodeRunnerPlace(value: string): AwsRunnerPlace {
  return checked(jsonOf(value));
}

function checked(value: unknown): AwsRunnerPlace {
  const read = runnerPlace.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? 'the whole' : issue.path.join('.');
  throw new PitrError('INVALID_INPUT', `${variable}: ${path} is not as expected: ${issue?.message ?? ''}`, {
    hint: 'the stack writes this variable: deploy it again, and change nothing by hand',
    details: { variable },
  });
}

/** undefined, which fits no shape, for what is no JSON. */
function jsonOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
