// Whose the log backup tasks in PD are, whatever their names and places: ours, to be adopted as they are, or somebody else's, and then
// what a person can do. One answer for the keeper and for all who look beside it. Decides; writes nothing.

import { isLogFolder } from '../keeper/epochs.ts';
import type { AdoptedTask, KeeperRecord } from '../state/keeper-record.ts';
import { type OurTask, plainUrl } from './log-task-decision.ts';
import type { LogBackupFacts, LogTaskFacts } from './log-task-facts.ts';

/** Of a task in PD, what says whose it is. */
export type NamedTask = Pick<LogTaskFacts, 'name'> & {
  readonly storage: Pick<LogTaskFacts['storage'], 'url' | 'endpoint'>;
};

/** What the settings say of our task. */
export interface TaskOwner {
  readonly cluster: string;
  /** undefined: the settings want no log backup, and no task is ours. `isNamed`: somebody chose the name. */
  readonly wanted: { readonly taskName: string; readonly isNamed: boolean } | undefined;
  /** The bucket with its prefix, as a task names it, without a slash at its end. */
  readonly root: string;
  /** Empty: AWS's own. */
  readonly endpoint: string;
  /** The folder of the first epoch, below which the others lie: `log-backup`. */
  readonly epochsIn: string;
  /** The folder that the settings name for the log. */
  readonly folder: string;
  /** Our roles may work in folders that begin as `epochsIn`, and in `folder`, alone: others the settings must name first. */
  readonly isBoundToFolders: boolean;
  /** False for 6.1. */
  readonly needsAdvancer: boolean;
}

/** What the keeper remembers of tasks of ours. */
export type TaskHistory = Pick<KeeperRecord, 'adopted' | 'epochs' | 'progress'>;

/** Why a task is none of ours, and what a person can do about it; sentences. */
export interface Strangeness {
  readonly reason: string;
  readonly todo: string;
}

export type TaskClaim =
  | { readonly kind: 'ours' | 'adopt'; readonly path: string }
  | ({ readonly kind: 'foreign' } & Strangeness);

export interface OwnTask {
  readonly own: OurTask;
  /** The folder of our task below the prefix; undefined: PD has none of ours. */
  readonly path: string | undefined;
  /** What is to be remembered of an adopted one. */
  readonly adopted: AdoptedTask | null;
}

/** Which task of PD is ours. A task that is adopted stays ours under its own name, also after it was stopped. `nowMs`: of the look. */
export function ownTaskOf(
  { task, otherTasks }: Pick<LogBackupFacts, 'task' | 'otherTasks'>,
  owner: TaskOwner,
  history: TaskHistory | undefined,
  nowMs: number,
): OwnTask {
  const all = task.kind === 'task' ? [task, ...otherTasks] : otherTasks;
  const claims = all.map((one) => ({ one, claim: claimOf(one, owner, history) }));
  const found =
    claims.find(({ claim }) => claim.kind === 'ours') ?? claims.find(({ claim }) => claim.kind === 'adopt');
  const common = { cluster: owner.cluster, needsAdvancer: owner.needsAdvancer };
  if (found !== undefined && found.claim.kind !== 'foreign') {
    const { name, storage } = found.one;
    const { path } = found.claim;
    const own = { ...common, taskName: name, places: [storage.url] };
    return { own, path, adopted: adoptedAs(name, path, owner, history, nowMs) };
  }
  const strange = claims.map(({ claim }) => claim).find((claim) => claim.kind === 'foreign');
  const adopted = history?.adopted ?? null;
  const taskName = owner.wanted === undefined ? undefined : (adopted?.name ?? owner.wanted.taskName);
  const paths = [history?.epochs.at(-1)?.path ?? owner.folder, owner.folder, owner.epochsIn];
  const places = [...new Set(paths)].map((path) => `${owner.root}/${path}`);
  const own = { ...common, taskName, places, ...(strange === undefined ? {} : { strange }) };
  return { own, path: undefined, adopted };
}

/**
 * Whose a task is. One of another name is adopted where nothing speaks against it: the keeper never had a task of its own, nobody chose
 * another name, and it writes to our very bucket. `isAsked`: a person wants this one, whatever its name was expected to be.
 */
export function claimOf(
  task: NamedTask,
  owner: TaskOwner,
  history: TaskHistory | undefined,
  isAsked = false,
): TaskClaim {
  const { wanted } = owner;
  if (wanted === undefined) {
    const reason = 'the settings want no log backup, so that no task is ours';
    return foreign(reason, 'Say log: on in the settings to have it watched.');
  }
  const path = pathBelow(task.storage.url, owner.root);
  const strange = strangePlace(task, path, owner, history);
  if (strange !== undefined || path === undefined)
    return { kind: 'foreign', ...(strange ?? elsewhere(task, owner)) };
  const { name } = task;
  if (isAsked || name === wanted.taskName || name === history?.adopted?.name) return { kind: 'ours', path };
  const ours = history?.adopted?.name ?? wanted.taskName;
  const reason = `its name is ${name}, ours is ${ours}`;
  const todo = `To take it over: pitr adopt --task ${name}. If it is not wanted: br log stop --task-name=${name}, and ours is started.`;
  if (wanted.isNamed) return foreign(`${reason}, as the settings say`, todo);
  // Epochs alone may come from the bucket: a task of ours was seen when its progress was.
  const hadOne = history !== undefined && history.progress !== null;
  if (hadOne) return foreign(`${reason}: it stands where a task of ours was`, todo);
  if (!isSameEndpoint(task.storage.endpoint, owner.endpoint)) {
    const where = task.storage.endpoint === '' ? 'at AWS itself' : `at ${task.storage.endpoint}`;
    return foreign(`${reason}, and its bucket is one ${where}`, `If that is our bucket: ${todo}`);
  }
  return { kind: 'adopt', path };
}

/**
 * By which name our task is known to those who look without the keeper's rules; undefined: whichever runs and writes to our place. `isChosen`:
 * a person named it, in the settings or for this look.
 */
export function expectedTaskName(
  taskName: string | undefined,
  isChosen: boolean,
  history: TaskHistory | undefined,
): string | undefined {
  if (history?.adopted !== undefined && history.adopted !== null) return history.adopted.name;
  return isChosen || (history !== undefined && history.progress !== null) ? taskName : undefined;
}

const foreign = (reason: string, todo: string): TaskClaim => ({ kind: 'foreign', reason, todo });

/** The folder of a storage URL below the root: empty for the root itself, undefined for another place. */
export function pathBelow(url: string, root: string): string | undefined {
  const [place, top] = [plainUrl(url), plainUrl(root)];
  if (place === top) return '';
  return place.startsWith(`${top}/`) ? place.slice(top.length + 1) : undefined;
}

function strangePlace(
  task: NamedTask,
  path: string | undefined,
  owner: TaskOwner,
  history: TaskHistory | undefined,
): Strangeness | undefined {
  if (path === undefined) return elsewhere(task, owner);
  const isKnown = history?.epochs.some((epoch) => epoch.path === path) === true;
  if (isKnown || path === owner.folder || isLogFolder(owner.epochsIn, path)) return undefined;
  const where = `it writes to ${task.storage.url}, ours to ${owner.root}/${owner.folder}`;
  if (path === '' || path.includes('/') || path.startsWith('snapshot-')) {
    return {
      reason: `${where}: a log is looked for one folder below the prefix of the bucket`,
      todo: `Set bucket.prefix so that its folder lies right below, to have it adopted; or stop it with br log stop --task-name=${task.name}, and ours is started.`,
    };
  }
  if (!owner.isBoundToFolders || path.startsWith(owner.epochsIn)) return undefined;
  return {
    reason: `${where}, and the roles of the stack may not work in ${path}/`,
    todo: `To have it adopted, say policy.logFolder: ${path} in the settings and deploy the stack; or stop it with br log stop --task-name=${task.name}, and ours is started.`,
  };
}

function elsewhere({ name, storage }: NamedTask, { root, folder }: TaskOwner): Strangeness {
  return {
    reason: `it writes to ${storage.url}, ours to ${root}/${folder}`,
    todo: `Its log is in another place than the backups of the settings: name that bucket and prefix in the settings to have it adopted, or stop it with br log stop --task-name=${name}, and ours is started.`,
  };
}

function isSameEndpoint(one: string, other: string): boolean {
  const plain = (text: string) => text.replace(/\/+$/, '');
  return plain(one) === plain(other);
}

/** null: its name is the one of the settings, and nothing is to be remembered. */
function adoptedAs(
  name: string,
  path: string,
  { wanted }: TaskOwner,
  history: TaskHistory | undefined,
  nowMs: number,
): AdoptedTask | null {
  const before = history?.adopted;
  if (before?.name === name) return { ...before, path };
  if (name === wanted?.taskName) return null;
  return { name, path, atMs: nowMs, who: 'observe' };
}
