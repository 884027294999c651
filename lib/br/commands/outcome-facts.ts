// The facts of one run, gathered from its events: what counts at the end, without the lines in between. Judges nothing.
import type {
  BrEvent,
  CheckpointLockEvent,
  ErrorEvent,
  LockBlockedEvent,
  OperationEvent,
  SafePointEvent,
  SummaryEvent,
} from './br-events.ts';
import type { TaskStatus } from './task-status.ts';

export interface BrFacts {
  /** BackupTS of a snapshot that was taken, or that was restored. */
  readonly backupTs: bigint | undefined;
  readonly sizeBytes: bigint | undefined;
  /** Where restored data begins to be visible on the target's clock. */
  readonly targetTs: bigint | undefined;
  /** The moment that a log restore came to. */
  readonly restoredTs: bigint | undefined;
  readonly logMinTs: bigint | undefined;
  readonly logMaxTs: bigint | undefined;
  readonly tasks: readonly TaskStatus[] | undefined;
  readonly filesToTruncate: bigint | undefined;
  /** Objects a truncation could not delete, as text; undefined when it could. */
  readonly undeletedItems: string | undefined;
  readonly abortSkipped: 'running' | 'not-found' | undefined;
  readonly snapshotSkipped: boolean;
  /** As it was set last. */
  readonly gcRatio: string | undefined;
  readonly restoreId: bigint | undefined;
  /** What became of its row in the registry last. */
  readonly registry: 'created' | 'resumed' | 'removed' | undefined;
  readonly operation: OperationEvent | undefined;
  readonly safePoint: SafePointEvent | undefined;
  readonly version: string | undefined;
  readonly lock: CheckpointLockEvent | LockBlockedEvent | undefined;
  readonly succeededSummaries: readonly string[];
  readonly failedSummaries: readonly string[];
  readonly signal: string | undefined;
  readonly crashed: boolean;
  /** The last word of a run that failed. */
  readonly finalError: ErrorEvent | undefined;
  readonly lastError: ErrorEvent | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Goes once over the events. */
export function collectFacts(events: Iterable<BrEvent>): BrFacts {
  const facts: Writable<BrFacts> = { ...noFacts };
  for (const event of events) collect(facts, event);
  return facts;
}

const noFacts: BrFacts = {
  backupTs: undefined,
  sizeBytes: undefined,
  targetTs: undefined,
  restoredTs: undefined,
  logMinTs: undefined,
  logMaxTs: undefined,
  tasks: undefined,
  filesToTruncate: undefined,
  undeletedItems: undefined,
  abortSkipped: undefined,
  snapshotSkipped: false,
  gcRatio: undefined,
  restoreId: undefined,
  registry: undefined,
  operation: undefined,
  safePoint: undefined,
  version: undefined,
  lock: undefined,
  succeededSummaries: [],
  failedSummaries: [],
  signal: undefined,
  crashed: false,
  finalError: undefined,
  lastError: undefined,
};

function collect(facts: Writable<BrFacts>, event: BrEvent): void {
  switch (event.kind) {
    case 'summary':
      collectSummary(facts, event);
      break;
    case 'error':
      facts.lastError = event;
      if (event.isFinal) facts.finalError ??= event;
      break;
    case 'metadata':
    case 'restore-range':
      facts.logMinTs = event.logMinTs;
      facts.logMaxTs = event.logMaxTs;
      break;
    case 'status':
      facts.tasks = event.tasks;
      break;
    case 'truncate-plan':
      facts.filesToTruncate = event.files;
      break;
    case 'undeleted':
      facts.undeletedItems = event.items === undefined ? (facts.undeletedItems ?? 'some') : `${event.items}`;
      break;
    case 'abort-skipped':
      facts.abortSkipped = event.because;
      break;
    case 'snapshot-skipped':
      facts.snapshotSkipped = true;
      break;
    case 'gc-ratio':
      facts.gcRatio = event.ratio;
      break;
    case 'registry':
      facts.restoreId = event.restoreId;
      facts.registry = event.state;
      break;
    case 'operation':
      facts.operation = event;
      break;
    case 'safe-point':
      facts.safePoint = event;
      break;
    case 'version':
      facts.version = event.version;
      break;
    case 'checkpoint-lock':
    case 'lock-blocked':
      facts.lock = event;
      break;
    case 'signal':
      facts.signal = event.name;
      break;
    case 'crash':
      facts.crashed = true;
      break;
    case 'progress':
    case 'task':
    case 'registry-wait':
    case 'lock-released':
    case 'already-truncated':
    case 'effects':
    case 'line':
      break;
    default:
      event satisfies never;
  }
}

function collectSummary(facts: Writable<BrFacts>, event: SummaryEvent): void {
  if (!event.succeeded) {
    facts.failedSummaries = [...facts.failedSummaries, event.name];
    return;
  }
  facts.succeededSummaries = [...facts.succeededSummaries, event.name];
  facts.backupTs = event.backupTs ?? facts.backupTs;
  facts.sizeBytes = event.sizeBytes ?? facts.sizeBytes;
  facts.restoredTs = event.sourceEndTs ?? facts.restoredTs;
  facts.targetTs = event.targetEndTs ?? event.restoreTs ?? facts.targetTs;
}
