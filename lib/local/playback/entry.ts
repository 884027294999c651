// The program behind `writePlaybackBr`: node entry.ts SETTINGS ARGV…. It is not br; it plays a recording of br back.
// Must end as the recording did, also by a signal.

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { toPitrError } from '../../domain/errors.ts';
import { nothingToPlay, type PlaybackProcess, type PlaybackSettings, playBack } from '../playback-br.ts';

let signals = 0;
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) {
  process.on(name, () => {
    signals += 1;
    // br's second signal exits at once (FACTS §1.1).
    if (signals > 1) process.exit(1);
  });
}

const print: PlaybackProcess['print'] = (stream, text) =>
  new Promise((resolve, reject) =>
    process[stream].write(text, (error) =>
      error === undefined || error === null ? resolve() : reject(error),
    ),
  );

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  for (;;) await setTimeout(1000);
}

const [settingsPath = '', ...argv] = process.argv.slice(2);
try {
  // Written by writePlaybackBr, whose argument has this type.
  const settings: PlaybackSettings = JSON.parse(readFileSync(settingsPath, 'utf8'));
  process.exitCode = await playBack(settings, argv, { print, signals: () => signals, die });
} catch (error) {
  const { code, message, hint } = toPitrError(error);
  await print(
    'stderr',
    `playback-br, which is not br: ${code} ${message}${hint === undefined ? '' : ` (${hint})`}\n`,
  );
  process.exitCode = nothingToPlay;
}
