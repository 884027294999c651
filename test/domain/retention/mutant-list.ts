// The guards of the planner of the retention, each with the way to break it: a text of its source that stands there once, and what is
// put in its place. A guard that is rewritten gets its entry rewritten.

export interface Mutant {
  /** `is caught when …`. */
  readonly title: string;
  /** In lib/domain/retention. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const of = (file: string, all: readonly (readonly [string, string, string])[]): readonly Mutant[] =>
  all.map(([title, from, to]) => ({ title, file, from, to }));

export const mutants: readonly Mutant[] = [
  ...of('verified.ts', [['a failed run with a BackupTS of zero counts', ' && backupTs > 0n', '']]),
  ...of('promise.ts', [
    ['a clock that runs ahead moves the window', 'msOfTs(minTs(now, latest))', 'msOfTs(now)'],
    ['the window is forgotten', 'endMs - settings.windowMs', 'endMs'],
    ['an empty window is a policy', 'windowMs > 0', 'windowMs >= 0'],
    ['no base at all is a policy', 'minBases >= 1', 'minBases >= 0'],
    ['logs that cannot be read are passed over', '    ...unreadable(state),\n', ''],
    ['clusters may be mixed', 'clusters.size <= 1', 'clusters.size <= 2'],
    ['a clock behind the backup is believed', '    ...clockRefusal(state.facts, nowMs),\n', ''],
    ['the clock is held against snapshots alone', ', ...logs.map((log) => log.maxTs ?? 0n)', ''],
    ['clocks may not differ at all', ' <= nowMs + clockSlackMs', ' <= nowMs'],
    ['the last base may go', '    ...lastBase(state),\n', ''],
  ]),
  ...of('needed-bases.ts', [
    ['the base of the window goes', 'if (first === undefined) return needed;', 'return needed;'],
    [
      'a base at the window’s very start is not the one',
      'find(({ chain }) => chain.endTs <= window.from)',
      'find(({ chain }) => chain.endTs < window.from)',
    ],
    ['what lies in the window may go', 'return [...needed, {', 'return [{'],
    ['the count of bases is forgotten', 'return [...counted].map', 'return [].map'],
    ['bases that the log has not reached fill the count', '...leading.slice(0, minBases)', ''],
    ['incremental snapshots fill the count', 'chain.snapshots.length === 1', 'chain.snapshots.length >= 1'],
    [
      'what a base is laid over may go',
      'for (const one of chain.snapshots) {',
      'for (const one of chain.snapshots.slice(-1)) {',
    ],
    [
      'pins of moments hold nothing',
      'moments === undefined ? [] : addingBases',
      'moments !== undefined ? [] : addingBases',
    ],
    ['a pinned moment of a snapshot holds its log', 'withLog: moments?.to !== chain.endTs', 'withLog: true'],
    [
      'a restore holds any base that would do',
      '    ...named.map(({ chain }) => ({ chain, code, sentence, withLog })),\n',
      '',
    ],
  ]),
  ...of('holds.ts', [
    ['pins never end', 'pins.filter((pin) => isHolding(pin, nowMs))', 'pins'],
    ['pins of snapshots hold their log', 'withLog: false', 'withLog: true'],
    [
      'a restore holds no log',
      'folder: folderName(run.base),\n          withLog: true',
      'folder: folderName(run.base),\n          withLog: false',
    ],
    ['restores hold nothing', '    ...restores.flatMap((run) => holdOfRestore(run)),\n', ''],
  ]),
  ...of('judge-snapshots.ts', [
    ['a folder that is pinned goes all the same', 'if (held === folder && ', 'if (held !== held && '],
    [
      'open work is passed over',
      "return state === 'planned' || state === 'running';",
      "return state === 'planned';",
    ],
    [
      'what cannot be laid over anything goes',
      '!question.baseNames.has(snapshot.name)',
      'question.baseNames.size < 0',
    ],
    ['the age of dead runs is forgotten', 'newestMs + settings.keepUnfinishedMs', 'newestMs'],
    ['a young object is no sign of life', '    state.contents.get(folder)?.newestMs,\n', ''],
    [
      'the rest of a deletion waits like a dead run',
      "snapshot.state.kind !== 'complete' && isRest",
      'isRest.length === 9 && isRest',
    ],
  ]),
  ...of('judge-logs.ts', [
    [
      'a log goes while nobody knows which goes on',
      "if (goingOn === undefined) return 'no log goes on",
      "if (goingOn === null) return 'no log goes on",
    ],
    ['a younger log is taken for an old one', 'log.startTs >= goingOn.startTs', 'log.startTs >= (1n << 64n)'],
    ['flushes inside the window are passed over', 'maxTs(end, log.lastFlushTs ?? 0n)', 'end'],
    ['locks are passed over', 'if (lock !== undefined) return', 'if (lock === null) return'],
    [
      'a pinned moment that nothing restores is forgotten',
      'if (hold !== undefined) return',
      'if (hold === null) return',
    ],
    ['a base loses the log that it leads on with', 'one.withLog && addsTo(one, log, rest)', 'false'],
    [
      'the log is cut without asking what stays',
      'minTs(allowed.untilTs, lowest.chain.endTs)',
      'allowed.untilTs',
    ],
    ['a base that needs the log is passed over', 'withLog && sameCluster', '!withLog && sameCluster'],
    [
      'the newest base decides about the cut',
      'one.chain.endTs < lowest.chain.endTs',
      'one.chain.endTs > lowest.chain.endTs',
    ],
    ['the log that goes on is an old one', '    if (log === goingOn) continue;\n', ''],
  ]),
  ...of('invariant.ts', [
    ['the window of the check is forgotten', '  return clip(union([', '  return ((all) => all)(union(['],
    ['lost moments are not seen', '...subtract(reachesBefore, reachesAfter), ', ''],
    ['lost tables are not seen', ', ...lost.flat()', ''],
    ['a cut is not counted', 'minTs: maxTs(log.minTs, step.untilTs)', 'minTs: log.minTs'],
  ]),
  ...of('check-step.ts', [
    [
      'a cut may go deeper than a plan of now',
      'found.untilTs >= step.untilTs',
      'found.untilTs <= step.untilTs',
    ],
    ['another snapshot in the folder is the same', 'found.backupTs === step.backupTs', 'true'],
    [
      'the plan of now is not asked',
      '!isPlanned && !isUnnamedRest',
      '!isPlanned && isPlanned && !isUnnamedRest',
    ],
    ['what is left after a crash counts as gone', '(state.contents.get(target)?.objects ?? 0) > 0', 'false'],
    ['a pinned rest is deleted on', 'return !holdsOf(state, nowMs)', 'return true || !holdsOf(state, nowMs)'],
    ['anybody’s rest is deleted on', ' || !isRest(state, targetOf(step))', ''],
  ]),
  ...of('fingerprint.ts', [
    ['another log that goes on changes no fact', 'folderName(state.currentLog)', "''"],
    ['a changed policy changes no fact', '    `policy window', '    nowhere || `policy window'],
    [
      'contents are not held against the plan',
      '    ...[...targets].map((name) => `contents',
      '    ...[].map((name) => `contents',
    ],
    ['vanished bases change no fact', 'isVerified(one) || targets', 'targets'],
  ]),
  ...of('retention-state.ts', [
    ['a rest is whatever has no head', 'return isOurs && ', 'return '],
    ['a rest may have its head', ' && contents.get(folder)?.hasHead === false', ''],
  ]),
  ...of('plan-retention.ts', [
    [
      'the oldest snapshot goes first',
      'compareTs(b.backupTs, a.backupTs)',
      'compareTs(a.backupTs, b.backupTs)',
    ],
  ]),
];
