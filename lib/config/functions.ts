// Every function that the stack deploys for a cluster: its rights, whether it sits in the cluster's network, how it is called,
// and its environment, typed for the stack that writes it and for the code that reads it. Each is a file `lambdas/NAME.ts`.

import { PitrError } from '../domain/errors.ts';

/** Whose rights a function has; lib/stack/roles.ts says which these are. */
export const functionRoles = ['planner', 'observer', 'launcher', 'reactor', 'remover', 'cutter'] as const;
export type FunctionRole = (typeof functionRoles)[number];

/** Every variable that any function reads. */
export const variableNames = [
  /** Settings of the one cluster: lib/config/cluster-env.ts. */
  'PITR_CLUSTER',
  /** Name of the state table. */
  'PITR_TABLE',
  /** Name of the bucket; the prefix is in the settings. */
  'PITR_BUCKET',
  /** Where br runs: lib/config/runner-place.ts. */
  'PITR_RUNNER',
  /** ARNs of the cluster's state machines: lib/config/launch-env.ts. */
  'PITR_FLOWS',
  /** Names of the functions that react begins: lib/config/launch-env.ts. */
  'PITR_FUNCTIONS',
  /** Who is told: lib/config/launch-env.ts. */
  'PITR_NOTIFY',
  /** Name or ARN of the secret with the certificates for PD. */
  'PITR_TLS_SECRET',
  /** Read by the SDK itself: how Secrets Manager is reached from a network without a way out. */
  'AWS_ENDPOINT_URL_SECRETS_MANAGER',
] as const;
export type VariableName = (typeof variableNames)[number];

export interface FunctionFacts {
  readonly role: FunctionRole;
  /** In the subnets of the cluster, from where only PD, S3 and DynamoDB are reached. */
  readonly isInVpc: boolean;
  /**
   * `answered`: a flow or a person waits for the answer and sees the error. `kept`: nobody waits; AWS tries again twice, and
   * what still fails is kept in a queue. `repeated`: nobody waits, and the next minute does the same again: no second try.
   */
  readonly call: 'answered' | 'kept' | 'repeated';
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  /** Variables that are always there. */
  readonly environment: readonly VariableName[];
  /** Variables that are there when the cluster has TLS. */
  readonly withTls?: readonly VariableName[];
}

const state = ['PITR_CLUSTER', 'PITR_TABLE', 'PITR_BUCKET'] as const;
const withRunner = [...state, 'PITR_RUNNER'] as const;
const tls = ['PITR_TLS_SECRET', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'] as const;

/** Reads all metas of the log: memory for a long one, and the longest time that Lambda has. */
const reading = { memoryMiB: 2048, timeoutSeconds: 900 } as const;
/** A few requests each. */
const quick = { memoryMiB: 512, timeoutSeconds: 120 } as const;
/** Over before the next minute begins. */
const minutely = { memoryMiB: 512, timeoutSeconds: 55 } as const;

/** test/stack/lists-agree.test.ts holds this against `lambdas/`, `lib/operations/` and the names in `lib/flows/`. */
export const functions = {
  'take-snapshot': { role: 'planner', isInVpc: false, call: 'kept', ...quick, environment: state },
  'truncate-log': { role: 'planner', isInVpc: false, call: 'kept', ...reading, environment: state },
  observe: {
    ...{ role: 'observer', isInVpc: true, call: 'repeated', ...minutely },
    environment: state,
    withTls: tls,
  },
  'start-br': { role: 'launcher', isInVpc: false, call: 'answered', ...quick, environment: withRunner },
  'br-ended': { role: 'launcher', isInVpc: false, call: 'repeated', ...minutely, environment: withRunner },
  'cut-log': { role: 'cutter', isInVpc: false, call: 'answered', ...reading, environment: state },
  'settle-run': { role: 'launcher', isInVpc: false, call: 'answered', ...reading, environment: withRunner },
  react: {
    ...{ role: 'reactor', isInVpc: false, call: 'repeated', ...minutely },
    environment: ['PITR_CLUSTER', 'PITR_TABLE', 'PITR_FLOWS', 'PITR_FUNCTIONS', 'PITR_NOTIFY'],
  },
  'plan-restore': { role: 'planner', isInVpc: false, call: 'answered', ...reading, environment: state },
  'check-target': {
    ...{ role: 'observer', isInVpc: true, call: 'answered', ...quick },
    environment: state,
    withTls: tls,
  },
  'run-restore': { role: 'launcher', isInVpc: false, call: 'answered', ...quick, environment: withRunner },
  'verify-restore': {
    ...{ role: 'observer', isInVpc: true, call: 'answered', ...reading },
    environment: state,
    withTls: tls,
  },
  'settle-restore': {
    ...{ role: 'launcher', isInVpc: false, call: 'answered', ...reading },
    environment: withRunner,
  },
  adopt: { role: 'planner', isInVpc: false, call: 'kept', ...reading, environment: state },
  rebuild: { role: 'planner', isInVpc: false, call: 'answered', ...reading, environment: state },
  'retention-plan': { role: 'planner', isInVpc: false, call: 'kept', ...reading, environment: state },
  'retention-apply': { role: 'remover', isInVpc: false, call: 'kept', ...reading, environment: state },
  hold: { role: 'planner', isInVpc: false, call: 'answered', ...reading, environment: state },
} as const satisfies Readonly<Record<string, FunctionFacts>>;

export type FunctionName = keyof typeof functions;

/** In the order of the list above. */
export const functionNames = Object.keys(functions) as readonly FunctionName[];

/** What people ask of the function `hold`, in the field `action` of its input. */
export const holdActions = ['veto', 'pin', 'bookmark', 'unpin', 'list-pins'] as const;
export type HoldAction = (typeof holdActions)[number];

type FactsOf<N extends FunctionName> = (typeof functions)[N];
type TlsVariables<N extends FunctionName> =
  FactsOf<N> extends { readonly withTls: readonly (infer V)[] } ? V : never;

/** The environment of a function: `EnvironmentOf<'observe'>` has PITR_TABLE, and perhaps PITR_TLS_SECRET. */
export type EnvironmentOf<N extends FunctionName> = {
  readonly [V in FactsOf<N>['environment'][number]]: string;
} & { readonly [V in Extract<TlsVariables<N>, VariableName>]?: string };

/** The facts of a function without its own literal types, for whoever goes through all of them. */
export function factsOf(name: FunctionName): FunctionFacts {
  return functions[name];
}

/** The variables of a function out of a process's environment. Errors: INVALID_INPUT naming what is missing. */
export function readEnvironment<N extends FunctionName>(
  name: N,
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentOf<N> {
  const { environment, withTls = [] } = factsOf(name);
  const missing = environment.filter((variable) => (env[variable] ?? '') === '');
  if (missing.length > 0) {
    throw new PitrError('INVALID_INPUT', `${missing.join(', ')} of the function ${name} is not set`, {
      hint: 'the stack sets the environment of its functions: deploy it again',
      details: { function: name, missing },
    });
  }
  const read = [...environment, ...withTls.filter((variable) => (env[variable] ?? '') !== '')];
  return Object.fromEntries(read.map((variable) => [variable, env[variable]])) as EnvironmentOf<N>;
}
