// The stage of the demo: a folder with the settings, a copy of the recorded bucket without its newest snapshot, a br that plays
// recordings back, two recorded PDs, and a clock that runs faster. Everything else is the program itself.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSettings } from '../../lib/config/settings.ts';
import type { Settings } from '../../lib/config/settings-types.ts';
import type { StandIns } from '../../lib/local/control/local-deps.ts';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import { type PdRecording, readPdRecording } from '../../lib/local/playback/pd-recording.ts';
import { PlaybackCluster } from '../../lib/local/playback/playback-cluster.ts';
import { writePlaybackBr } from '../../lib/local/playback-br.ts';
import { ScaledClock } from '../../lib/local/scaled-clock.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';

export const factor = 6;
/** Just before the schedule of the demo fires: two seconds for a slow machine to open its files. */
const startMs = Date.UTC(2026, 10, 22, 4, 25, 48);
/** As br and TiKV were told when the sample was recorded. */
const bucketUrl = 's3://tidb-pitr-bucket/backup-data';
const newestSnapshot = 'snapshot-20261122042552';
/** The id of the recorded cluster, and one for the empty cluster that is restored into. */
const clusterId = { recorded: '7710846925929674311', target: '7710846925929674399' };

export interface DemoStage {
  readonly settings: Settings;
  readonly stateFolder: string;
  readonly bucketFolder: string;
  readonly bucket: ObjectStore;
  readonly clock: ScaledClock;
  readonly standIns: StandIns;
}

/** Makes the folder anew: bucket, br, settings. */
export function makeFolder(folder: string, fixtures: string): { readonly settingsPath: string } {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const bucketFolder = join(folder, 'bucket');
  const sample = join(fixtures, 'shop/bucket/backup-data');
  cpSync(sample, bucketFolder, { recursive: true });
  rmSync(join(bucketFolder, newestSnapshot), { recursive: true });
  const br = writePlaybackBr(join(folder, 'bin'), {
    recordings: ['shop/br', 'shop/restore'].map((name) => join(fixtures, name)),
    speed: factor,
    storages: { [bucketUrl]: bucketFolder },
    rules: [
      {
        command: 'backup full',
        recording: '13-backup-full',
        effects: [{ kind: 'snapshot', from: join(sample, newestSnapshot) }],
      },
    ],
  });
  const settingsPath = join(folder, 'pitr.yaml');
  writeFileSync(settingsPath, settingsText(br));
  return { settingsPath };
}

/** Starts the clock. */
export async function openStage(folder: string, fixtures: string): Promise<DemoStage> {
  const bucketFolder = join(folder, 'bucket');
  const clock = new ScaledClock(startMs, factor);
  const own = readPdRecording(join(fixtures, 'shop/pd/5-before-end.json'));
  const target = renamed(readPdRecording(join(fixtures, 'shop/pd/0-no-task.json')));
  const bucket = await openFileObjectStore(bucketFolder);
  return {
    settings: parseSettings(readFileSync(join(folder, 'pitr.yaml'), 'utf8')),
    stateFolder: join(folder, 'state'),
    bucketFolder,
    bucket,
    clock,
    standIns: {
      openBucket: async () => bucket,
      openCluster: async (settings, pd) => {
        const isOwn = pd.join() === settings.pd.join();
        const cluster = new PlaybackCluster(isOwn ? 'shop' : 'the target', isOwn ? own : target, clock);
        cluster.settings.set('1 gc.ratio-threshold', { kind: 'value', value: '1.1' });
        return { cluster, close: () => undefined };
      },
    },
  };
}

function settingsText(br: string): string {
  return `# Settings of the demo. What a real one can say: pitr.example.yaml
version: 1
clusters:
  - name: shop
    tidbVersion: v9.0.0-beta.2
    pd: [127.0.0.1:2379]
    bucket: { name: tidb-pitr-bucket, prefix: backup-data, region: us-east-1, endpoint: 'http://127.0.0.1:9000' }
    runner: { kind: local, brPath: ${JSON.stringify(br)} }
    policy:
      snapshot: { schedule: cron(26 4 * * ? *), zone: UTC }
      retention: { window: 7d, minBases: 1 }
`;
}

function renamed({ keyValues, http }: PdRecording): PdRecording {
  const rename = (bytes: Uint8Array) =>
    new TextEncoder().encode(
      new TextDecoder().decode(bytes).replaceAll(clusterId.recorded, clusterId.target),
    );
  return { keyValues, http: new Map([...http].map(([path, body]) => [path, rename(body)])) };
}
