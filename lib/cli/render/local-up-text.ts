// What `pitr local up` says when it begins: the clusters that it keeps, where their backup and the state are, and what fires next.

import type { TextPage } from '../command-context.ts';
import type { LocalUpView } from '../control-operations.ts';
import { oneLine, padEndTo } from './text-width.ts';

export interface LocalUpBanner extends LocalUpView {
  /** Clusters whose runner is not local. */
  readonly leftOut: readonly string[];
  readonly once: boolean;
}

/** The lines, with an empty one at the end. */
export function localUpText(
  { folder, clusters, leftOut, once }: LocalUpBanner,
  { style }: TextPage,
): readonly string[] {
  return [
    `${style.strong('The control plane runs on this machine')}, state in ${oneLine(folder)}`,
    ...clusters.flatMap(({ name, bucket, schedules }) => [
      '',
      style.strong(oneLine(name)),
      `  ${style.faint(padEndTo('backup in', 13))}  ${oneLine(bucket)}`,
      ...schedules.map((one) => `  ${style.faint(padEndTo(one.name, 13))}  ${scheduleText(one)}`),
    ]),
    ...(leftOut.length === 0 ? [] : ['', style.faint(`not of this machine: ${leftOut.join(', ')}`)]),
    '',
    style.faint(
      once ? 'it ends when nothing is due and nothing runs' : 'Ctrl-C ends it; a br that runs goes on',
    ),
    '',
  ];
}

function scheduleText({
  schedule,
  zone,
  nextMs,
}: LocalUpView['clusters'][number]['schedules'][number]): string {
  const at = nextMs === undefined ? '' : new Date(nextMs).toISOString().slice(0, 16).replace('T', ' ');
  return `${schedule} (${zone})${at === '' ? '' : `, next ${at} UTC`}`;
}
