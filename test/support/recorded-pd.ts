// What PD held and answered in the recorded situations, by their names.

import { type PdRecording, readPdRecording } from '../../lib/local/playback/pd-recording.ts';
import { fixtures } from './recorded-backups.ts';

export type RecordedPd = PdRecording;

/** `shop/pd/3-paused`, `error-state/pd/7-error`, `faults/pd/frozen-1-healthy` … */
export function recordedPd(name: string): RecordedPd {
  return readPdRecording(`${fixtures}${name}.json`);
}

export const recordedSituations: readonly string[] = [
  ...[
    '0-no-task',
    '1-running',
    '2-running-after-flush',
    '3-paused',
    '4-resumed',
    '5-before-end',
    '6-stopped',
  ].map((name) => `shop/pd/${name}`),
  'variants/pd/encrypted-task',
  ...['7-error', '8-resumed-still-broken', '9-after-fix'].map((name) => `error-state/pd/${name}`),
  'faults/pd/frozen-1-healthy',
  ...[20, 40, 60, 80, 100, 120].map((seconds) => `faults/pd/frozen-2-no-tidb-${seconds}s`),
  ...['backup-1-pd', 'restore-1-left-pd', 'restore-1-left-after-lease-pd', 'restore-3-end-pd'].map(
    (name) => `faults/pd/${name}`,
  ),
];
