// What roles may do, as questions to whoever knows their policies and the answers: the words that port, doctor and configuration
// share. Judges nothing.

/** One question: may a role do these with one thing? */
export interface RightQuestion {
  readonly actions: readonly string[];
  /** One object, bucket, key or table, as an ARN without a pattern. */
  readonly resource: string;
  /** What a policy would name for it: the ARN with its pattern. */
  readonly named: string;
  /** What a request would tell with it: condition key → values. */
  readonly conditions: Readonly<Record<string, readonly string[]>>;
}

/** `unknown`: nobody can tell without knowing more of the request. */
export type RightAnswer = 'allowed' | 'denied' | 'unknown';

/** Actions on one pattern that were answered alike. */
export interface AnsweredRight {
  readonly actions: readonly string[];
  readonly named: string;
}

/** A role, and what came of its questions. */
export interface RoleLook {
  /** `writer`, `planner` …; `TiKV` for the role of the settings. */
  readonly role: string;
  readonly arn: string;
  /** Made by the stack, whose policies it has; otherwise somebody's own. */
  readonly isOurs: boolean;
  readonly answers:
    | {
        readonly kind: 'told';
        readonly allowed: number;
        readonly denied: readonly AnsweredRight[];
        readonly unknown: readonly AnsweredRight[];
      }
    | { readonly kind: 'untold'; readonly problem: string; readonly hint: string };
}

export type RightsLook =
  /** Nothing of the cluster runs on AWS, or nobody named it. */
  | { readonly kind: 'not-asked' }
  /** The roles of the stack could not be looked for; `roles` is at most that of TiKV. */
  | {
      readonly kind: 'untold';
      readonly problem: string;
      readonly hint: string;
      readonly roles: readonly RoleLook[];
    }
  | {
      readonly kind: 'told';
      /** Those that the stack makes for these settings; none where no stack is expected. */
      readonly expected: readonly string[];
      /** That were found and asked; two of one name are of two stacks. */
      readonly roles: readonly RoleLook[];
    };
