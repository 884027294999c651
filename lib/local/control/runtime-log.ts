// What the local runtime says while it works: one event per thing that happened, for a person's terminal or a log file.

/** Fields are plain values; `atMs` is Unix milliseconds by the runtime's clock. */
export type RuntimeEvent =
  /** An operation ran and did something. */
  | {
      readonly kind: 'operation';
      readonly cluster: string;
      readonly operation: string;
      readonly answer: Readonly<Record<string, unknown>>;
      readonly atMs: number;
    }
  /** Something could not be done now, and is tried again. */
  | {
      readonly kind: 'trouble';
      readonly cluster: string;
      readonly what: string;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
      readonly atMs: number;
    }
  | {
      readonly kind: 'flow';
      readonly flow: string;
      readonly name: string;
      readonly state: string;
      readonly atMs: number;
    }
  | {
      readonly kind: 'message';
      readonly cluster: string;
      readonly topic: string;
      readonly title: string;
      readonly text: string;
      readonly atMs: number;
    };

export type RuntimeLog = (event: RuntimeEvent) => void;

/** One line of text, `12:00:03 shop take-snapshot planned …`. */
export function formatEvent(event: RuntimeEvent): string {
  const clock = new Date(event.atMs).toISOString().slice(0, 19).replace('T', ' ');
  switch (event.kind) {
    case 'operation':
      return `${clock} ${event.cluster} ${event.operation}: ${wordsOf(event.answer)}`;
    case 'trouble':
      return `${clock} ${event.cluster} ${event.what}: ${event.code}: ${event.message}${event.hint === '' ? '' : ` (${event.hint})`}`;
    case 'flow':
      return `${clock} ${event.flow} ${event.name}: ${event.state}`;
    case 'message':
      return `${clock} ${event.cluster} ${event.title}`;
    default:
      return event satisfies never;
  }
}

/** What a person reads of an answer; all of it is in the state and, with --json, in the line. */
const toldFields = [
  'decision',
  'id',
  'state',
  'task',
  'lagMs',
  'ended',
  'running',
  'restarted',
  'problems',
  'reason',
];

function wordsOf(answer: Readonly<Record<string, unknown>>): string {
  const words = toldFields.flatMap((name) => {
    const value = answer[name];
    if (Array.isArray(value)) return value.length === 0 ? [] : [`${name}: ${value.join('; ')}`];
    const isWord = typeof value === 'string' || typeof value === 'number';
    if (!isWord || value === '' || value === 0) return [];
    return [name === 'decision' || name === 'id' ? String(value) : `${name} ${String(value)}`];
  });
  return words.join(', ');
}
