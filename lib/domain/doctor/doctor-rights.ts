// A doctor's findings about the rights of roles: which of them are deployed, and whether each may do what its work asks for.
// Decides and changes nothing.

import { type DoctorFinding, ok } from './doctor-finding.ts';
import type { AnsweredRight, RightsLook, RoleLook } from './role-rights.ts';

/** A row for the stack, where one is expected, and one for each role. */
export function rightsFindings(look: RightsLook, cluster: string): readonly DoctorFinding[] {
  if (look.kind === 'not-asked') return [];
  const isDeployed = look.kind === 'untold' || look.expected.length > 0;
  return [...(isDeployed ? [stackFinding(look, cluster)] : []), ...look.roles.map(roleFinding)];
}

function stackFinding(look: Exclude<RightsLook, { kind: 'not-asked' }>, cluster: string): DoctorFinding {
  const check = 'stack';
  const expected = `the roles of ${cluster}, each once`;
  if (look.kind === 'untold') {
    return { check, level: 'warn', found: `not known: ${look.problem}`, expected, hint: look.hint };
  }
  const ours = look.roles.filter(({ isOurs }) => isOurs).map(({ role }) => role);
  const missing = look.expected.filter((role) => !ours.includes(role));
  if (ours.length === 0) {
    const found = `nothing of ${cluster} is deployed in this account`;
    const hint = 'deploy it with npx cdk deploy; where it is, look with the credentials of its account';
    return { check, level: 'warn', found, expected, hint };
  }
  if (missing.length > 0) {
    const found = `there is no role ${missing.join(', ')}`;
    return { check, level: 'fail', found, expected, hint: 'deploy the stack of this version again' };
  }
  const twice = ours.find((role, index) => ours.indexOf(role) !== index);
  if (twice !== undefined) {
    const arns = look.roles.filter(({ role }) => role === twice).map(({ arn }) => arn);
    const found = `two stacks have ${cluster}: ${arns.join(', ')}`;
    const hint =
      'let one stack run the backups of a cluster, and destroy the other; its bucket and table stay';
    return { check, level: 'fail', found, expected, hint };
  }
  return ok(check, `${ours.length} roles`, expected);
}

function roleFinding({ role, arn, isOurs, answers }: RoleLook): DoctorFinding {
  const check = 'rights';
  const about = role;
  if (answers.kind === 'untold') {
    const expected = 'a role whose rights can be asked for';
    return {
      ...{ check, about, level: 'warn', expected, hint: answers.hint },
      found: `not known: ${answers.problem}`,
    };
  }
  const { allowed, denied, unknown } = answers;
  const all = allowed + countOf(denied) + countOf(unknown);
  const expected = `every right that its work asks for (${all})`;
  if (denied.length > 0) {
    const found = `${arn} may not ${wordsOf(denied)}`;
    return { check, about, level: 'fail', found, expected, hint: whatToAdd(isOurs, denied) };
  }
  if (unknown.length > 0) {
    const found = `not known whether ${arn} may ${wordsOf(unknown)}`;
    const hint = 'its policies depend on what only a real request tells: look at their conditions';
    return { check, about, level: 'warn', found, expected, hint };
  }
  return { ...ok(check, `all ${allowed}`, expected), about };
}

const countOf = (rights: readonly AnsweredRight[]) =>
  rights.reduce((sum, { actions }) => sum + actions.length, 0);

function wordsOf(rights: readonly AnsweredRight[]): string {
  return rights.map(({ actions, named }) => `${actions.join(', ')} on ${named}`).join('; ');
}

function whatToAdd(isOurs: boolean, denied: readonly AnsweredRight[]): string {
  const statements = denied.map(({ actions, named }) =>
    JSON.stringify({ Effect: 'Allow', Action: actions, Resource: named }),
  );
  const policy = statements.join(',');
  return isOurs
    ? `deploy the stack again; if it stays, a boundary or a policy of the organization denies it. it has to allow ${policy}`
    : `add to its policy: ${policy}`;
}
