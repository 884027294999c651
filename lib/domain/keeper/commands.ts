// The commands of br that people are told to type, whole. Pure.

import type { KeeperSettings } from './keeper-facts.ts';

/** Ended with a period, so that it stands in a letter. */
export function commandOf(action: 'start' | 'stop' | 'resume' | 'hold', settings: KeeperSettings): string {
  const rest = `--task-name=${settings.taskName} --pd=${settings.pd.map(plain).join(',')}`;
  if (action === 'hold') {
    return `br log resume ${rest} && br log pause ${rest} --gc-ttl=86400`;
  }
  const storage = action === 'start' ? ` --storage=… (the folder ${settings.folder} of the bucket)` : '';
  return `br log ${action} ${rest}${storage}.`;
}

const plain = (address: string) => address.replace(/^https?:\/\//, '');
