// Sizes as a person writes them in settings: `16GiB`, `512MiB`. Bytes inside. Binary units only: with Fargate and br the
// decimal ones would be other sizes than the person means.

import { expected, type Reading } from './reading.ts';

const unitBytes = { TiB: 2 ** 40, GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10 } as const;

/** For the JSON schema; the same language as {@link readSize}. */
export const sizePattern = '^\\d{1,6}(\\.\\d{1,3})?(KiB|MiB|GiB|TiB)$';

/** `16GiB`, `512MiB`, `0.5GiB`. Gives whole bytes. */
export function readSize(text: string): Reading<number> {
  const form = 'a size such as 16GiB or 512MiB';
  const match = new RegExp(sizePattern).exec(text);
  const unit = Object.entries(unitBytes).find(([name]) => name === match?.[2]);
  const amount = Number.parseFloat(text);
  if (match !== null && unit !== undefined) return { value: Math.floor(amount * unit[1]) };
  const close = /^(\d{1,6}(?:\.\d{1,3})?)\s*([kmgt])(?:i?b)?$/i.exec(text);
  const hint =
    close === null ? 'the units are KiB, MiB, GiB and TiB' : `write ${close[1]}${close[2]?.toUpperCase()}iB`;
  return expected(form, hint);
}

/** The text that {@link readSize} reads back to the same, for whole KiB. */
export function formatSizeSetting(bytes: number): string {
  for (const [unit, factor] of Object.entries(unitBytes)) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes / unitBytes.KiB}KiB`;
}
