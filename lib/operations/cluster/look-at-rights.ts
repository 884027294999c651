// The doctor's look at the rights of a cluster's roles: which the stack made, and what IAM says to the questions of each. What cannot
// be asked is part of the look and no error.

import { deployedRoles, roleFacts, taskRoles } from '../../config/deployed-roles.ts';
import { type RightsPlace, rightQuestions } from '../../config/right-questions.ts';
import type { ClusterSettings } from '../../config/settings-types.ts';
import type {
  AnsweredRight,
  RightAnswer,
  RightQuestion,
  RightsLook,
  RoleLook,
} from '../../domain/doctor/role-rights.ts';
import { PitrError } from '../../domain/errors.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { FoundRole, Rights } from '../../ports/rights.ts';

export interface RightsSeen {
  readonly look: RightsLook;
  /** The name of the bucket, as the roles of the stack have it. */
  readonly bucket: string | undefined;
}

/** Questions under way at once: the simulator lets few through in a second. */
const parallel = 4;

/** `rights` undefined: nobody of AWS can be asked. Never fails with a PitrError. */
export async function lookAtRights(
  rights: Rights | undefined,
  cluster: ClusterSettings,
): Promise<RightsSeen> {
  const { runner, bucket, tikvRole } = cluster;
  if (rights === undefined || bucket.kind === 'folder') return notAsked;
  const isDeployed = runner.kind !== 'local';
  if (!isDeployed && tikvRole === undefined) return notAsked;
  const found = isDeployed ? await orProblem(() => rights.findRoles(cluster.name)) : [];
  const ours = 'problem' in found ? [] : found;
  const name = bucket.name ?? ours.find((role) => role.bucket !== undefined)?.bucket;
  const wanted = [...ours, ...(tikvRole === undefined ? [] : [roleOfTikv(tikvRole)])];
  const roles: RoleLook[] = [];
  for (const role of wanted) roles.push(await lookAtRole(rights, role, { cluster, bucket: name }));
  if ('problem' in found) return { look: { kind: 'untold', ...found, roles }, bucket: name };
  const expected = deployedRoles.filter((role) => runner.kind === 'fargate' || !isTaskRole(role));
  return { look: { kind: 'told', expected: isDeployed ? expected : [], roles }, bucket: name };
}

const notAsked: RightsSeen = { look: { kind: 'not-asked' }, bucket: undefined };

const isTaskRole = (role: string) => taskRoles.some((one) => one === role);

/** It is somebody's own: no tag tells what it is for. */
function roleOfTikv(arn: string): FoundRole {
  return { purpose: 'TiKV', arn, bucket: undefined, tableArn: undefined };
}

async function lookAtRole(
  rights: Rights,
  { purpose, arn, tableArn }: FoundRole,
  { cluster, bucket }: { readonly cluster: ClusterSettings; readonly bucket: string | undefined },
): Promise<RoleLook> {
  const about = { role: purpose, arn, isOurs: purpose !== 'TiKV' };
  if (bucket === undefined || cluster.bucket.kind === 'folder') {
    const hint = 'deploy the stack, which chooses the name, or write it into the settings: bucket.name';
    return { ...about, answers: { kind: 'untold', problem: 'the name of the bucket is not known', hint } };
  }
  const known = deployedRoles.find((role) => role === purpose);
  const parts = known === undefined ? (['tikv'] as const) : roleFacts[known].parts;
  const told = await orProblem(async () => {
    const region = regionOf(cluster) ?? (await rights.region());
    const { logFolder } = cluster.policy;
    const place = placeOf(arn, { region, bucket, logFolder, ...keyAndPrefix(cluster) });
    return await ask(rights, arn, rightQuestions(parts, place, tableArn));
  });
  return { ...about, answers: 'problem' in told ? { kind: 'untold', ...told } : told };
}

const regionOf = ({ bucket }: ClusterSettings) => (bucket.kind === 'folder' ? undefined : bucket.region);

function keyAndPrefix({ bucket }: ClusterSettings): Pick<RightsPlace, 'prefix' | 'kmsKey'> {
  return bucket.kind === 'folder'
    ? { prefix: '', kmsKey: undefined }
    : { prefix: bucket.prefix, kmsKey: bucket.kmsKey };
}

function placeOf(roleArn: string, place: Omit<RightsPlace, 'partition' | 'account'>): RightsPlace {
  const [, partition = 'aws', , , account = ''] = roleArn.split(':');
  return { partition, account, ...place };
}

async function ask(
  rights: Rights,
  arn: string,
  questions: readonly RightQuestion[],
): Promise<Extract<RoleLook['answers'], { readonly kind: 'told' }>> {
  const answers: (readonly [RightQuestion, ReadonlyMap<string, RightAnswer>])[] = [];
  const put = async (question: RightQuestion) => [question, await rights.simulate(arn, question)] as const;
  for await (const answered of mapBounded(questions, parallel, put)) answers.push(answered);
  const of = (wanted: RightAnswer) => answeredAs(answers, wanted);
  const allowed = of('allowed').reduce((sum, { actions }) => sum + actions.length, 0);
  return { kind: 'told', allowed, denied: of('denied'), unknown: of('unknown') };
}

/** Examples of one pattern count once: what one of them was denied is missing. */
function answeredAs(
  answers: readonly (readonly [RightQuestion, ReadonlyMap<string, RightAnswer>])[],
  wanted: RightAnswer,
): readonly AnsweredRight[] {
  const worst = new Map<string, RightAnswer>();
  const keyOf = (named: string, action: string) => `${named}\n${action}`;
  const rank = { allowed: 0, unknown: 1, denied: 2 } as const;
  for (const [{ named }, of] of answers) {
    for (const [action, answer] of of) {
      const before = worst.get(keyOf(named, action)) ?? 'allowed';
      worst.set(keyOf(named, action), rank[answer] >= rank[before] ? answer : before);
    }
  }
  const patterns = [...new Set(answers.map(([{ named }]) => named))];
  return patterns.flatMap((named) => {
    const asked = answers.flatMap(([question]) => (question.named === named ? question.actions : []));
    const actions = [...new Set(asked)].filter((action) => worst.get(keyOf(named, action)) === wanted);
    return actions.length === 0 ? [] : [{ actions, named }];
  });
}

async function orProblem<T extends object>(
  work: () => Promise<T>,
): Promise<T | { readonly problem: string; readonly hint: string }> {
  try {
    return await work();
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return { problem: caught.message, hint: caught.hint ?? '' };
  }
}
