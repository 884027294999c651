// The shape of `policy`: what is backed up, when, how long it is kept, what happens when it fails. Part of settings-schema.ts.

import * as z from 'zod';
import { nameForms } from './aws-names.ts';
import { readSchedule, schedulePattern } from './schedule.ts';
import { choiceField, countField, durationField, mapField, nameField, textField } from './settings-fields.ts';
import { readZone } from './zone.ts';

function onOff(description: string) {
  return z
    .union([z.enum(['on', 'off']), z.boolean()], { error: () => 'on or off' })
    .transform((value) => value === 'on' || value === true)
    .meta({ description });
}

/** Of the log task, where the settings name none. */
export const usualTaskName = 'pitr';
export const usualLogFolder = 'log-backup';

const snapshot = mapField(
  {
    schedule: textField('a schedule such as every 2 days at 00:00', readSchedule, {
      description:
        'When snapshots are taken: every N days at HH:MM, rate(12 hours), or cron(…) with the six fields of AWS',
      examples: ['every 2 days at 00:00', 'cron(0 3 ? * SUN,WED *)', 'rate(12 hours)'],
      pattern: schedulePattern,
    }).prefault('every 2 days at 00:00'),
    zone: textField('an IANA time zone such as Europe/Berlin', readZone, {
      description: 'Time zone of the schedule, an IANA name',
      examples: ['Europe/Berlin', 'Asia/Shanghai'],
    }).prefault('UTC'),
    onOverlap: choiceField(
      ['skip', 'wait'],
      'What happens when the snapshot before is still running: skip this one, and say so, or take it afterwards',
    ).prefault('skip'),
  },
  'Snapshots: the bases that a restore starts from',
);

const retention = mapField(
  {
    window: durationField('1h', '3650d', 'How far back every moment can be brought back', '30d').prefault(
      '30d',
    ),
    minBases: countField(1, 1000, 'Complete snapshots that are kept whatever their age', 2).prefault(2),
    coolOff: durationField(
      '0s',
      '30d',
      'How long a plan to delete something is there to be seen, and to be vetoed, before it is carried out; 0h: at once',
      '24h',
    ).prefault('24h'),
    keepUnfinished: durationField(
      '1h',
      '365d',
      'How long what a dead run left is kept after its last sign of life',
      '7d',
    ).prefault('7d'),
    engine: choiceField(
      ['br', 'native'],
      'What cuts the log: br log truncate, or our own engine, which does the same with fewer requests, many at once',
    ).prefault('br'),
  },
  'What is kept. The snapshot that the oldest moment needs is always kept with its log',
);

const onFailure = mapField(
  {
    retries: countField(0, 20, 'Tries after a failed one; br continues where it can', 3).prefault(3),
    backoff: durationField('10s', '6h', 'Wait before the first retry; doubles with each', '5m').prefault(
      '5m',
    ),
    maxBackoff: durationField('10s', '12h', 'Longest wait between two tries', '1h').prefault('1h'),
  },
  'What happens when a snapshot fails',
);

const keeper = mapField(
  {
    heal: onOff('Resume the log task after errors, and start it again; off: only watch and tell').prefault(
      'on',
    ),
    attemptsPerHour: countField(
      1,
      12,
      'Starts and resumes in any hour, at most; some causes are tried less often',
      6,
    ).prefault(6),
    onStop: choiceField(
      ['restart', 'tell'],
      'A log task that somebody stopped: start it again after three minutes, while its history is there, or only tell',
    ).prefault('restart'),
    onLoss: choiceField(
      ['epoch', 'tell'],
      'History that was collected before it was saved: begin a new epoch in a folder of its own with a snapshot, or only tell',
    ).prefault('epoch'),
  },
  'What is done by itself to keep the log task alive. A person’s pause is never undone',
);

export const policy = mapField(
  {
    log: onOff('Log backup, which makes every moment restorable; off: only the snapshots’ own').prefault(
      'on',
    ),
    logTaskName: nameField(
      nameForms.taskName,
      'Name of the log backup task. A task of another name that runs before ours is adopted, unless this says otherwise than `pitr`',
      usualTaskName,
    ).prefault(usualTaskName),
    logFolder: nameField(
      nameForms.logFolder,
      'Folder of the log below the prefix: where a task that is to be adopted writes. Later epochs lie in `log-backup/` all the same',
      usualLogFolder,
    ).prefault(usualLogFolder),
    snapshot: snapshot.prefault({}),
    firstSnapshot: choiceField(
      ['now', 'scheduled'],
      'The first snapshot: at once, or when the schedule first fires',
    ).prefault('now'),
    retention: retention.prefault({}),
    onFailure: onFailure.prefault({}),
    keeper: keeper.prefault({}),
  },
  'What is backed up, when, and how long it is kept',
);
