// What a role of a cluster has to be allowed, as questions for one place: the rights of backup-rights.ts with real names, and for each
// pattern an object that work would name. Asks nobody.

import type { RightQuestion } from '../domain/doctor/role-rights.ts';
import { type BackupPart, type BackupRight, rightsOf } from './backup-rights.ts';
import { stateActions } from './deployed-roles.ts';

export interface RightsPlace {
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  /** Without a slash at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** Of the log, below the prefix. */
  readonly logFolder: string;
  /** As the settings name it: ARN, id or alias. */
  readonly kmsKey: string | undefined;
}

/** Merged by the thing that they are about. `tableArn`: of the state, for a role that uses it. */
export function rightQuestions(
  parts: readonly BackupPart[],
  place: RightsPlace,
  tableArn?: string,
): readonly RightQuestion[] {
  const rights = parts.flatMap((part) => rightsOf(part, place.logFolder));
  const state =
    tableArn === undefined
      ? []
      : [{ actions: stateActions, resource: tableArn, named: tableArn, conditions: {} }];
  return merged([...rights.flatMap((right) => questionsOf(right, place)), ...state]);
}

function questionsOf(right: BackupRight, place: RightsPlace): readonly RightQuestion[] {
  const { partition, bucket, prefix } = place;
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const root = `${bucketArn}/${prefix === '' ? '' : `${prefix}/`}`;
  switch (right.on) {
    case 'bucket': {
      const conditions: RightQuestion['conditions'] =
        right.isListing && prefix !== '' ? { 's3:prefix': [`${prefix}/`] } : {};
      return [{ actions: right.actions, resource: bucketArn, named: bucketArn, conditions }];
    }
    case 'objects':
      return right.below.flatMap((pattern) =>
        examplesOf(pattern).map((example) => ({
          ...{ actions: right.actions, conditions: {} },
          ...{ resource: `${root}${example}`, named: `${root}${pattern}` },
        })),
      );
    case 'key':
      return place.kmsKey === undefined ? [] : [keyQuestion(right.actions, place.kmsKey, place)];
    default:
      return right satisfies never;
  }
}

/** Both halves of a backup, where a right is on all of it: a policy of somebody's own may have forgotten one. */
function examplesOf(pattern: string): readonly string[] {
  const [snapshot, ofLog] = ['snapshot-20261122000000', 'v1/backupmeta/doctor.meta'];
  const meta = `log-backup/${ofLog}`;
  if (pattern === '*') return [`${snapshot}/backupmeta`, meta];
  if (pattern === 'log-backup*') return [meta];
  if (pattern.endsWith('/*')) return [`${pattern.slice(0, -1)}${ofLog}`];
  return [pattern.replace('snapshot-*', snapshot).replaceAll('*', '')];
}

/** Policies take no alias as a resource: any key, as long as it has that alias. */
function keyQuestion(
  actions: readonly string[],
  kmsKey: string,
  { partition, region, account }: RightsPlace,
): RightQuestion {
  const arn = kmsKey.startsWith('arn:')
    ? kmsKey
    : `arn:${partition}:kms:${region}:${account}:${kmsKey.startsWith('alias/') ? '' : 'key/'}${kmsKey}`;
  const alias = /:(alias\/.+)$/.exec(arn)?.[1];
  if (alias === undefined) return { actions, resource: arn, named: arn, conditions: {} };
  const anyKey = arn.replace(/alias\/.+$/, 'key/');
  return {
    actions,
    resource: `${anyKey}00000000-0000-0000-0000-000000000000`,
    named: `${anyKey}*`,
    conditions: { 'kms:ResourceAliases': [alias] },
  };
}

function merged(questions: readonly RightQuestion[]): readonly RightQuestion[] {
  const found = new Map<string, RightQuestion>();
  for (const question of questions) {
    const key = `${question.resource}\n${question.named}`;
    const before = found.get(key);
    const actions = [...new Set([...(before?.actions ?? []), ...question.actions])];
    const conditions = { ...before?.conditions, ...question.conditions };
    found.set(key, { ...question, actions, conditions });
  }
  return [...found.values()];
}
