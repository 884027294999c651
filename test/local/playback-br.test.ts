// The stand-in for br: what it prints is the recording after a line that says so, what it does stays in its folder, and the
// runner sees it end, hang or die as a real br would.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { joinUrl } from '../../lib/config/storage-url.ts';
import { openStore } from '../../lib/local/open-store.ts';
import { chooseRecording, parseBrCommand, readRecordings } from '../../lib/local/playback/recordings.ts';
import { type PlaybackSettings, writePlaybackBr } from '../../lib/local/playback-br.ts';
import { openProcessRunner } from '../../lib/local/process-runner.ts';
import { outputStart, type RunHandle, type Runner } from '../../lib/ports/runner.ts';
import { allOutput, request, rest, waitFor } from '../contracts/runner-steps.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const fixtures = resolve('test/fixtures');
const recordedFolders = ['shop/br', 'shop/restore', 'shop/truncate', 'faults', 'variants/br'].map((name) =>
  join(fixtures, name),
);
const shop = recordedFolders.slice(0, 3);
const snapshotFolder = join(fixtures, 'shop/bucket/backup-data/snapshot-20261122042442');

interface Stage {
  readonly folder: string;
  readonly runner: Runner;
  readonly play: (settings: Partial<PlaybackSettings>, ...argv: readonly string[]) => Promise<RunHandle>;
}

function withStage(title: string, run: (stage: Stage) => Promise<void>): void {
  test(title, { timeout: 60_000 }, async () => {
    const temporary = await temporaryFolder();
    const runner = openProcessRunner(join(temporary.path, 'runs'));
    let runs = 0;
    const play: Stage['play'] = (settings, ...argv) => {
      runs += 1;
      const br = writePlaybackBr(join(temporary.path, `bin-${runs}`), {
        recordings: shop,
        speed: 0,
        ...settings,
      });
      return runner.start(request(`run-${runs}`, [br, ...argv]));
    };
    try {
      await run({ folder: temporary.path, runner, play });
    } finally {
      await temporary.remove();
    }
  });
}

const keysBelow = (folder: string): readonly string[] =>
  globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

async function textOf(runner: Runner, handle: RunHandle, stream: string): Promise<string> {
  const { lines } = await allOutput(runner, handle);
  return lines
    .filter((line) => line.stream === stream)
    .map((line) => `${line.text}${line.isCut ? '' : '\n'}`)
    .join('');
}

describe('the choice of a recording', () => {
  const choose = (folders: readonly string[], ...argv: readonly string[]) =>
    chooseRecording(folders.flatMap(readRecordings), parseBrCommand(argv))?.name;

  test('every recorded command finds a recording of its own words, and of its own result where that tells', () => {
    for (const folder of recordedFolders) {
      const recordings = readRecordings(folder);
      assert.ok(recordings.length > 0, folder);
      for (const one of recordings) {
        const found = chooseRecording(recordings, one.command);
        assert.deepEqual(found?.command.words, one.command.words, one.name);
        assert.equal(found?.command.flags.get('json'), one.command.flags.get('json'), one.name);
      }
    }
  });

  test('the subject of a command chooses among recordings of the same words', () => {
    assert.equal(
      choose(shop, 'backup', 'full', '--storage=local:///x/snapshot-20261122042455'),
      '05-backup-full',
    );
    assert.equal(choose(shop, 'backup', 'full', '--storage=local:///x/another'), '04-backup-full');
    assert.equal(choose(shop, 'log', 'start', '--task-name=pitr'), '02-log-start');
    assert.equal(choose(shop, 'log', 'start', '--task-name=pitr2'), '03-log-start-again');
    assert.equal(choose(shop, 'log', 'status', '--task-name=nope', '--json'), '16-log-status-unknown');
    assert.equal(choose(shop, 'log', 'truncate', '--dry-run', '--until=1'), '14-log-truncate-dry');
    assert.equal(
      choose(shop, 'log', 'truncate', '-y', '--until=470632766374150149'),
      'until-470632766374150149',
    );
    assert.equal(
      choose(
        shop,
        'restore',
        'point',
        '--restored-ts=470699999999999999',
        '--full-backup-storage=s3://b/snapshot-20261122042455',
      ),
      '1-beyond-log',
    );
    assert.equal(choose(shop, 'log', 'unheard-of'), undefined);
  });
});

describe('a played back br', { concurrency: 4 }, () => {
  withStage(
    'it prints the recording, byte by byte, after a line that says that it is none of br',
    async ({ runner, play }) => {
      for (const [name, ...argv] of [
        ['07-log-status', 'log', 'status', '--task-name=pitr', '--log-format=json'],
        ['15-log-resume-running', 'log', 'resume', '--task-name=pitr', '--log-format=json'],
      ] as const) {
        const handle = await play(
          { rules: [{ command: `${argv[0]} ${argv[1]}`, recording: name }] },
          ...argv,
        );
        const state = await rest(runner, handle);
        assert.ok(state.state === 'ended');
        const recorded = JSON.parse(readFileSync(join(fixtures, `shop/br/${name}.json`), 'utf8'));
        assert.deepEqual(state.end, { exitCode: recorded.exit });
        const [first = '', ...rest_] = (await textOf(runner, handle, 'stdout')).split(/(?<=\n)/);
        assert.match(JSON.parse(first).message, /not br/);
        assert.equal(rest_.join(''), readFileSync(join(fixtures, `shop/br/${name}.stdout`), 'utf8'));
        assert.equal(
          await textOf(runner, handle, 'stderr'),
          readFileSync(join(fixtures, `shop/br/${name}.stderr`), 'utf8'),
        );
      }
    },
  );

  withStage('it takes the time that the recording took, divided by its speed', async ({ runner, play }) => {
    const handle = await play({ speed: 5 }, 'backup', 'full', '--storage=local:///x/snapshot-20261122042442');
    const state = await rest(runner, handle);
    assert.ok(state.state === 'ended');
    const begun = JSON.parse(readFileSync(join(handle.place, 'started.json'), 'utf8')).atMs;
    assert.ok(state.endedMs - begun >= 1000, `${state.endedMs - begun} ms for 5.05 s at speed 5`);
  });

  withStage('a snapshot appears at its storage, whole', async ({ folder, runner, play }) => {
    const target = join(folder, 'bucket/snapshot-20300101000000');
    const handle = await play(
      {
        storages: { 's3://shop': join(folder, 'bucket') },
        rules: [{ command: 'backup full', effects: [{ kind: 'snapshot', from: snapshotFolder }] }],
      },
      ...['backup', 'full', '--storage=s3://shop/snapshot-20300101000000'],
    );
    assert.ok((await rest(runner, handle)).state === 'ended');
    assert.deepEqual(keysBelow(target), keysBelow(snapshotFolder));
    assert.deepEqual(
      readFileSync(join(target, 'backupmeta')),
      readFileSync(join(snapshotFolder, 'backupmeta')),
    );
  });

  test('a snapshot appears in a bucket, when one was named for its storage', {
    timeout: 60_000,
  }, async () => {
    useTestCredentials();
    const folder = await temporaryFolder();
    const s3 = new FakeS3({ buckets: ['copy'] });
    try {
      const copy = `s3://copy/backup?endpoint=${await s3.listen()}&force-path-style=true`;
      const br = writePlaybackBr(folder.path, {
        recordings: shop,
        speed: 0,
        storages: { 's3://shop': copy },
        rules: [{ command: 'backup full', effects: [{ kind: 'snapshot', from: snapshotFolder }] }],
      });
      const run = promisify(execFile);
      await run(br, ['backup', 'full', '--storage=s3://shop/snapshot-20300101000000'], { env: process.env });
      const store = await openStore(joinUrl(copy, 'snapshot-20300101000000'));
      const keys: string[] = [];
      for await (const { key } of store.list('')) keys.push(key);
      assert.deepEqual(keys, keysBelow(snapshotFolder));
    } finally {
      await s3.close();
      await folder.remove();
    }
  });

  withStage(
    'a backup that dies leaves its lock and checkpoint, no backupmeta, and a signal as its end',
    async ({ folder, runner, play }) => {
      const target = join(folder, 'snapshot-20261122060000');
      const leave = join(fixtures, 'faults/backup-1-left/f/snapshot-20261122060000');
      for (const kind of ['die', 'half-line'] as const) {
        const handle = await play(
          {
            rules: [
              {
                command: 'backup full',
                effects: [{ kind: 'snapshot', from: snapshotFolder }],
                fault: { kind, afterLines: 30, leave },
              },
            ],
          },
          ...['backup', 'full', `--storage=${target}`],
        );
        const state = await rest(runner, handle);
        assert.ok(state.state === 'ended');
        assert.deepEqual(state.end, { signal: 'SIGKILL' });
        assert.deepEqual(keysBelow(target), keysBelow(leave));
        const { lines } = await allOutput(runner, handle);
        assert.equal(lines.filter((line) => !line.isCut).length, 31);
        assert.equal(
          lines.some((line) => line.isCut),
          kind === 'half-line',
        );
      }
    },
  );

  withStage(
    'a truncation deletes what the recorded one deleted, and nothing else',
    async ({ folder, runner, play }) => {
      const log = join(folder, 'log-backup');
      cpSync(join(fixtures, 'shop/bucket/backup-data/log-backup'), log, { recursive: true });
      const before = keysBelow(log);
      const record = join(fixtures, 'shop/truncate/until-470632766374150149.json');
      const { deleted } = JSON.parse(readFileSync(record, 'utf8'));
      const handle = await play(
        { rules: [{ command: 'log truncate', effects: [{ kind: 'truncate', record }] }] },
        ...['log', 'truncate', '-y', '--until=470632766374150149', `--storage=local://${log}`],
      );
      assert.ok((await rest(runner, handle)).state === 'ended');
      const expected = [
        ...before.filter((key) => !deleted.includes(key)),
        'v1_stream_trancate_safepoint.txt',
      ];
      assert.deepEqual(keysBelow(log), [...new Set(expected)].sort());
      assert.equal(deleted.length, 8);
    },
  );

  withStage(
    'a truncation whose rewritten metas were not recorded is refused, and nothing is touched',
    async ({ folder, runner, play }) => {
      const log = join(folder, 'log-backup');
      const record = join(fixtures, 'shop/truncate/until-470632761065996290.json');
      const handle = await play(
        { rules: [{ command: 'log truncate', effects: [{ kind: 'truncate', record }] }] },
        ...['log', 'truncate', '--until=470632761065996290', `--storage=${log}`],
      );
      const state = await rest(runner, handle);
      assert.ok(state.state === 'ended');
      assert.deepEqual(state.end, { exitCode: 70 });
      assert.match(await textOf(runner, handle, 'stderr'), /not br: UNSUPPORTED/);
      assert.deepEqual(keysBelow(log), []);
    },
  );

  withStage(
    'told to stop it says so as br does and ends with 1, without the effect of the end',
    async ({ folder, runner, play }) => {
      const target = join(folder, 'snapshot');
      const handle = await play(
        {
          rules: [
            {
              command: 'backup full',
              effects: [{ kind: 'snapshot', from: snapshotFolder }],
              fault: { kind: 'hang', afterLines: 5 },
            },
          ],
        },
        ...['backup', 'full', `--storage=${target}`],
      );
      await waitFor(async () => (await runner.output(handle, outputStart)).lines.length >= 6, 'six lines');
      await runner.stop(handle, { graceMs: 20_000 });
      const state = await rest(runner, handle);
      assert.ok(state.state === 'ended' && state.wasStopped);
      assert.deepEqual(state.end, { exitCode: 1 });
      assert.match(await textOf(runner, handle, 'stdout'), /Got signal terminated to exit/);
      assert.deepEqual(keysBelow(target), ['backup.lock']);
    },
  );

  withStage('a deaf one is killed after the grace', async ({ runner, play }) => {
    const handle = await play(
      { rules: [{ command: 'log status', fault: { kind: 'deaf', afterLines: 1 } }] },
      ...['log', 'status', '--json'],
    );
    await waitFor(async () => (await runner.output(handle, outputStart)).lines.length >= 2, 'two lines');
    await runner.stop(handle, { graceMs: 300 });
    const state = await rest(runner, handle);
    assert.ok(state.state === 'ended');
    assert.deepEqual(state.end, { signal: 'SIGKILL' });
  });

  withStage('the n-th call of a command plays what its rule says', async ({ folder, runner, play }) => {
    const settings: Partial<PlaybackSettings> = {
      countFolder: join(folder, 'calls'),
      rules: [
        { command: 'log status', call: 1, recording: '06-log-status-json' },
        { command: 'log status', call: 2, recording: '10-log-status-paused' },
      ],
    };
    const names: string[] = [];
    for (let call = 1; call <= 3; call++) {
      const handle = await play(settings, 'log', 'status', '--task-name=pitr', '--json', '--log-format=json');
      await rest(runner, handle);
      names.push(JSON.parse((await allOutput(runner, handle)).lines[0]!.text).recording);
    }
    assert.deepEqual(names, ['06-log-status-json', '10-log-status-paused', '06-log-status-json']);
  });

  withStage(
    'a storage without a folder, and a command without a recording, are refused with a code that br has not',
    async ({ runner, play }) => {
      const effects = [{ kind: 'snapshot', from: snapshotFolder }] as const;
      for (const handle of [
        await play(
          { rules: [{ command: 'backup full', effects }] },
          'backup',
          'full',
          '--storage=s3://real/bucket',
        ),
        await play({}, 'debug', 'unheard-of'),
      ]) {
        const state = await rest(runner, handle);
        assert.ok(state.state === 'ended');
        assert.deepEqual(state.end, { exitCode: 70 });
        assert.equal(await textOf(runner, handle, 'stdout'), '');
      }
      assert.equal(existsSync('s3:'), false);
    },
  );
});
