// br's errors as a closed table: each id (FACTS §1.13) and each known sentence → what it means for us, and what to do then.
// Decides nothing about how often: that is the flow's. An unknown error is BR_FAILED, and a bounded retry is right for it.
import { brErrorIds, type ErrorVerdict } from './error-ids.ts';
import { brErrorSentences, type ErrorSentence, transportSentences } from './error-sentences.ts';

export type { ErrorVerdict, Reaction } from './error-ids.ts';

export interface ErrorMeaning extends ErrorVerdict {
  /** The id or sentence that decided; empty when none is known. */
  readonly known: string;
  /** For `retry-after-lock`: how long until the lock ends by itself, when br said it. */
  readonly waitSeconds: number | undefined;
}

/** Ids that say only that something failed: another id, or a sentence, says more. */
const vague = new Set([
  'BR:Common:ErrUnknown',
  'BR:Common:ErrInvalidArgument',
  'BR:KV:ErrKVUnknown',
  'BR:ExternalStorage:ErrStorageUnknown',
]);

/** The ids in brackets, in order, each once. */
export function errorIdsOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\[(BR:[A-Za-z]+:[A-Za-z]+)\]/g)].map((match) => match[1] ?? ''))];
}

/**
 * What an error text of br means: known sentences first, since ids such as ErrInvalidArgument stand for ten things; then an
 * id that says something; then what the network says; last an id that says only that it failed.
 */
export function meaningOf(wholeText: string): ErrorMeaning {
  const text = bothEnds(wholeText);
  const waitSeconds = secondsToWait(text);
  const ids = errorIdsOf(text).filter((id) => Object.hasOwn(brErrorIds, id));
  const found =
    sentenceIn(brErrorSentences, text) ??
    verdictOf(ids.find((id) => !vague.has(id))) ??
    sentenceIn(transportSentences, text) ??
    verdictOf(ids[0]);
  return { ...(found ?? unknownError), waitSeconds };
}

/** The innermost cause stands last. Between the two ends of a huge text nothing is looked for: that keeps every line cheap. */
function bothEnds(text: string): string {
  return text.length <= 2 * endLength ? text : `${text.slice(0, endLength)} … ${text.slice(-endLength)}`;
}
const endLength = 4096;

type Found = Omit<ErrorMeaning, 'waitSeconds'>;

function sentenceIn(sentences: readonly ErrorSentence[], text: string): Found | undefined {
  const sentence = sentences.find(({ pattern }) => pattern.test(text));
  return sentence === undefined ? undefined : { ...sentence.verdict(text), known: sentence.name };
}

function verdictOf(id: string | undefined): Found | undefined {
  const verdict = id === undefined ? undefined : brErrorIds[id];
  return id === undefined || verdict === undefined ? undefined : { ...verdict, known: id };
}

const unknownError: Found = {
  known: '',
  code: 'BR_FAILED',
  reaction: 'retry',
  meaning: 'br failed with an error that is not in the catalogue',
};

/** `The existing lock will expire in 295 seconds.` */
export function secondsToWait(text: string): number | undefined {
  const seconds = /lock will expire in (\d{1,9}) seconds/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
