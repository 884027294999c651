// Settings as a person would type them, as short as a test can say them, and what the check says of them.

import { checkSettings } from '../../lib/config/settings.ts';

const network = 'vpc: {id: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d], securityGroup: sg-0a1b2c3d}';

/** A file with one cluster of these lines; what every cluster needs is there unless a line gives it. */
export function cluster(...lines: readonly string[]): string {
  const given = (key: string): boolean => lines.some((line) => line.startsWith(`${key}:`));
  const all = [
    ...(given('name') ? [] : ['name: shop']),
    ...(given('tidbVersion') ? [] : ['tidbVersion: v8.5.4']),
    ...(given('pd') ? [] : ['pd: [10.0.0.1]']),
    ...(given('vpc') || lines.includes('runner: {kind: local}') ? [] : [network]),
    ...lines,
  ];
  return `version: 1\nclusters:\n  - ${all.join('\n    ')}\n`;
}

/** The problems as `severity path message | hint`, and their place for those who ask. */
export function told(text: string): readonly string[] {
  return checkSettings(text).problems.map(
    ({ severity, message, hint }) => `${severity}: ${message}${hint === undefined ? '' : ` | ${hint}`}`,
  );
}
