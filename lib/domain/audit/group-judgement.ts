// What a group of objects is, whether that is certain, and what to do about it: the words of every kind that needs no more than the
// group itself. A proof never rests on the age of an object alone.

import type { LogFacts } from '../facts.ts';
import { describeTs } from '../ts.ts';
import { type AuditFinding, type AuditLevel, findingId, type Proof } from './audit-finding.ts';
import type { ObjectGroup } from './object-groups.ts';

interface Words {
  readonly level: AuditLevel;
  readonly what: string;
  readonly proof: Proof;
  readonly advice: string;
}

/** `log`: whose folder the place is in, if it is in one's. */
export function groupFinding(group: ObjectGroup, log: LogFacts | undefined): AuditFinding {
  const { kind, place, count, bytes, keys, namedBy } = group;
  const words = wordsOf(group, log);
  return { id: findingId(kind, place), kind, place, ...words, count, bytes, keys, namedBy };
}

const proven = (text: string): Proof => ({ proven: true, text });
const open = (text: string): Proof => ({ proven: false, text });

function wordsOf(group: ObjectGroup, log: LogFacts | undefined): Words {
  switch (group.kind) {
    case 'missing-log-data':
    case 'missing-expired':
    case 'damaged-meta':
    case 'empty-metas':
      return metaWords(group, log);
    case 'unnamed-log-data':
    case 'expired-log-data':
    case 'under-way':
    case 'not-judged':
      return dataWords(group, log);
    case 'missing-snapshot-object':
    case 'unnamed-snapshot-object':
    case 'finished-checkpoint':
      return snapshotWords(group);
    default:
      return leftWords(group);
  }
}

function metaWords({ kind, namedBy }: ObjectGroup, log: LogFacts | undefined): Words {
  const begin = log === undefined ? 'the begin of the log' : `the begin of the log, ${describeTs(log.minTs)}`;
  switch (kind) {
    case 'missing-log-data':
      return {
        level: 'fail',
        what: 'changes that can still be asked for are named by metas, and their objects are gone',
        proof: proven(
          'asked for by name after they were missing in the listing, and the metas still name them',
        ),
        advice: `bring them back from an older version or a copy of the bucket; moments that need them are lost without (named by ${namedBy[0] ?? 'a meta'})`,
      };
    case 'missing-expired':
      return {
        level: 'warn',
        what: `metas name objects that are gone, all of them before ${begin}`,
        proof: proven(
          'asked for by name; a truncation deletes data first and metas last, and one was interrupted',
        ),
        advice: 'run the truncation with the same moment again: it removes what still names them',
      };
    case 'damaged-meta':
      return {
        level: 'fail',
        what: 'metas that cannot be read: what they name nobody knows',
        proof: proven('read just now'),
        advice:
          'bring them back from an older version or a copy of the bucket; look at one with pitr inspect',
      };
    default:
      return {
        level: 'info',
        what: 'metas of stores that had nothing to write: they name no object',
        proof: proven('their names or their contents say that they hold nothing'),
        advice:
          'br log truncate never removes them and reads them each time; the native truncation does away with those before its cut',
      };
  }
}

function dataWords({ kind }: ObjectGroup, log: LogFacts | undefined): Words {
  const begin = log === undefined ? 'the log begins' : `the log begins at ${describeTs(log.minTs)}`;
  switch (kind) {
    case 'expired-log-data':
      return {
        level: 'warn',
        what: 'log data that no meta names, older than the log: what a truncation lost',
        proof: proven(
          `listed before the metas were read, every meta was read and none names them, and ${begin}, after all that they can hold`,
        ),
        advice: 'they serve nothing and can be deleted',
      };
    case 'unnamed-log-data':
      return {
        level: 'warn',
        what: 'log data that no meta names',
        proof: open(
          'a flush that failed and was made again leaves such objects, and so does a meta that was lost: then they are the only place of their changes',
        ),
        advice:
          'keep them until the log is cut after them; pitr restore of a moment of that day tells whether their changes are elsewhere, too',
      };
    case 'under-way':
      return {
        level: 'info',
        what: 'log data that no meta names yet',
        proof: open(
          'a flush uploads its data first and its meta last, and these are so young that it may go on',
        ),
        advice: 'audit again in an hour',
      };
    default:
      return {
        level: 'warn',
        what: 'objects that nothing readable names',
        proof: open('what would name them cannot be read, so nobody knows'),
        advice: 'see to what cannot be read first; delete none of them before',
      };
  }
}

function snapshotWords({ kind }: ObjectGroup): Words {
  switch (kind) {
    case 'missing-snapshot-object':
      return {
        level: 'fail',
        what: 'objects that the backupmeta names are gone',
        proof: proven('asked for by name after they were missing in the listing'),
        advice:
          'bring them back from an older version or a copy of the bucket; without them tables of this snapshot are lost',
      };
    case 'unnamed-snapshot-object':
      return {
        level: 'warn',
        what: 'objects of a complete snapshot that its backupmeta does not name',
        proof: proven('br writes the backupmeta last, so that nobody will name them any more'),
        advice: 'they serve nothing and can be deleted; they go with their snapshot at the latest',
      };
    default:
      return {
        level: 'warn',
        what: 'the checkpoints of a snapshot that is complete',
        proof: proven('the backupmeta is there, and br resumes only where there is none'),
        advice: 'they serve nothing and can be deleted; br died right after it wrote the backupmeta',
      };
  }
}

function leftWords({ kind }: ObjectGroup): Words {
  switch (kind) {
    case 'unnamed-compaction':
      return {
        level: 'warn',
        what: 'the output of a compaction that no migration names',
        proof: open('a compaction writes its migration at its end: this one died, or goes on'),
        advice: 'when no tikv-ctl compact-log-backup runs, they serve nothing',
      };
    case 'unnamed-ext-backup':
      return {
        level: 'warn',
        what: 'SSTs that a restore into a backed-up cluster copied, and that no migration names',
        proof: open('the restore writes its migration at its end: it died, or goes on'),
        advice: 'when no restore runs, they serve nothing',
      };
    case 'restore-checkpoint':
      return {
        level: 'info',
        what: 'how far a restore came, as br keeps it in the bucket',
        proof: open(
          'a restore that failed goes on from them; nothing in the bucket says whether anybody will',
        ),
        advice: 'once that restore is given up or done they can be deleted',
      };
    case 'migration-temporary':
      return {
        level: 'warn',
        what: 'the unfinished copy of BASE, the sum of all migrations',
        proof: open(
          'br log truncate --clean-up-compactions died between writing and renaming it, or is at it',
        ),
        advice: 'run it again: it writes the copy anew',
      };
    case 'permission-check':
      return {
        level: 'info',
        what: 'what br writes to see whether it may',
        proof: proven('br removes it within the same second, and its age says that this one is left'),
        advice:
          'it serves nothing and can be deleted; a role that may write and not delete leaves one at each start',
      };
    default:
      return {
        level: 'warn',
        what: 'objects whose names are not of br, TiKV or TiDB',
        proof: open('nobody but their owner knows what they are; a newer version may have written them'),
        advice: 'keep other things out of the prefix of a backup',
      };
  }
}
