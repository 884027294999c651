// IAM in the process of a test: HTTP on a loopback port, roles and their policies in memory.
//
// What it does: the query protocol of ListRoles (without tags, as AWS), ListRoleTags and SimulatePrincipalPolicy; pages; a
// statement allows its actions on patterns with `*`, and under its conditions only where the request tells them; a role that is not
// there is NoSuchEntity. A request without signature or of another action is refused.
// What it does not: check signatures, boundaries, policies of an organization, NotAction, NotResource.
// Faults: `fail()` puts an error before the next matching requests.

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeStatement {
  readonly effect?: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Condition key → patterns, one of which a value of the request has to fit. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
  /** A key that the request does not bring passes. */
  readonly ifExists?: boolean;
}

export interface FakeRole {
  readonly arn: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly statements?: readonly FakeStatement[];
}

type Form = Readonly<Record<string, string>>;

export class FakeIam {
  readonly requests: Form[] = [];
  readonly roles: FakeRole[] = [];
  /** How many roles, or decisions, an answer has at most. */
  pageSize = 100;
  readonly #faults: { readonly match: string; readonly code: string; readonly status: number }[] = [];
  #server: Server | undefined;

  async listen(): Promise<string> {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
      this.requests.push(form);
      const isSigned = /^AWS4-HMAC-SHA256 /.test(request.headers.authorization ?? '');
      this.#answer(form, isSigned, response);
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => this.#server!.close(() => resolve()));
  }

  /** The next request of this action (every part of it, when empty) is answered with this error. */
  fail(match: string, code: string, status = 403): void {
    this.#faults.push({ match, code, status });
  }

  #answer(form: Form, isSigned: boolean, response: ServerResponse): unknown {
    const action = form['Action'] ?? '';
    const index = this.#faults.findIndex(({ match }) => action.includes(match));
    const [fault] = index < 0 ? [] : this.#faults.splice(index, 1);
    if (fault !== undefined) return refuse(response, fault.status, fault.code);
    if (!isSigned) return refuse(response, 403, 'MissingAuthenticationToken');
    switch (action) {
      case 'ListRoles':
        return this.#list(form, response);
      case 'ListRoleTags':
        return this.#tagsOf(form, response);
      case 'SimulatePrincipalPolicy':
        return this.#simulate(form, response);
      default:
        return refuse(response, 400, 'InvalidAction');
    }
  }

  #list(form: Form, response: ServerResponse): unknown {
    const { items, more } = this.#page(this.roles, form);
    const roles = items.map(
      ({ arn, description }) =>
        `<member><Path>/</Path><RoleName>${nameOf(arn)}</RoleName><RoleId>id</RoleId><Arn>${arn}</Arn><CreateDate>2026-11-22T12:00:00Z</CreateDate>${description === undefined ? '' : `<Description>${description}</Description>`}</member>`,
    );
    return grant(response, 'ListRoles', `<Roles>${roles.join('')}</Roles>${more}`);
  }

  #tagsOf(form: Form, response: ServerResponse): unknown {
    const role = this.roles.find(({ arn }) => nameOf(arn) === form['RoleName']);
    if (role === undefined) return refuse(response, 404, 'NoSuchEntity');
    const tags = Object.entries(role.tags ?? {}).map(
      ([key, value]) => `<member><Key>${key}</Key><Value>${value}</Value></member>`,
    );
    return grant(response, 'ListRoleTags', `<Tags>${tags.join('')}</Tags><IsTruncated>false</IsTruncated>`);
  }

  #simulate(form: Form, response: ServerResponse): unknown {
    const role = this.roles.find(({ arn }) => arn === form['PolicySourceArn']);
    if (role === undefined) return refuse(response, 404, 'NoSuchEntity');
    const told = new Map(
      membersOf(form, 'ContextEntries', '.ContextKeyName').map((key, index) => [
        key,
        membersOf(form, `ContextEntries.member.${index + 1}.ContextKeyValues`),
      ]),
    );
    const asked = membersOf(form, 'ActionNames').flatMap((action) =>
      membersOf(form, 'ResourceArns').map((resource) => ({ action, resource })),
    );
    const { items, more } = this.#page(asked, form);
    const results = items.map(({ action, resource }) => {
      const { decision, missing } = decide(role.statements ?? [], action, resource, told);
      const keys = missing.map((key) => `<member>${key}</member>`).join('');
      return `<member><EvalActionName>${action}</EvalActionName><EvalResourceName>${resource}</EvalResourceName><EvalDecision>${decision}</EvalDecision><MissingContextValues>${keys}</MissingContextValues></member>`;
    });
    const body = `<EvaluationResults>${results.join('')}</EvaluationResults>${more}`;
    return grant(response, 'SimulatePrincipalPolicy', body);
  }

  #page<T>(all: readonly T[], form: Form): { readonly items: readonly T[]; readonly more: string } {
    const from = Number(form['Marker'] ?? 0);
    const until = from + this.pageSize;
    const isCut = until < all.length;
    const more = `<IsTruncated>${isCut}</IsTruncated>${isCut ? `<Marker>${until}</Marker>` : ''}`;
    return { items: all.slice(from, until), more };
  }
}

function decide(
  statements: readonly FakeStatement[],
  action: string,
  resource: string,
  told: ReadonlyMap<string, readonly string[]>,
): { readonly decision: string; readonly missing: readonly string[] } {
  const fitting = statements.filter(
    ({ actions, resources }) =>
      actions.some((one) => isLike(one, action)) && resources.some((one) => isLike(one, resource)),
  );
  const isMet = ({ conditions = {}, ifExists = false }: FakeStatement) =>
    Object.entries(conditions).every(
      ([key, patterns]) =>
        told.get(key)?.some((value) => patterns.some((one) => isLike(one, value))) ?? ifExists,
    );
  const met = fitting.filter(isMet);
  if (met.some(({ effect }) => effect === 'Deny')) return { decision: 'explicitDeny', missing: [] };
  if (met.length > 0) return { decision: 'allowed', missing: [] };
  const missing = fitting.flatMap(({ conditions = {} }) =>
    Object.keys(conditions).filter((key) => !told.has(key)),
  );
  return { decision: 'implicitDeny', missing };
}

function isLike(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text);
}

const nameOf = (arn: string) => arn.replace(/^.*\//, '');

/** `PREFIX.member.1`, `PREFIX.member.2` …, each with a suffix. */
function membersOf(form: Form, prefix: string, suffix = ''): readonly string[] {
  const found: string[] = [];
  for (;;) {
    const value = form[`${prefix}.member.${found.length + 1}${suffix}`];
    if (value === undefined) return found;
    found.push(value);
  }
}

function grant(response: ServerResponse, action: string, body: string): unknown {
  response.writeHead(200, { 'content-type': 'text/xml' });
  return response.end(
    `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${body}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
  );
}

function refuse(response: ServerResponse, status: number, code: string): unknown {
  response.writeHead(status, { 'content-type': 'text/xml' });
  return response.end(
    `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>told so</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  );
}
