// The runner of a cluster: which br, where, and whether Fargate has a task of that size. Starts nothing.

import { isSameRelease, parseVersion, type Version } from '../domain/versions.ts';
import type { Refuse } from './settings-build.ts';
import type { ClusterShape } from './settings-schema.ts';
import type { BrProgram, RunnerSettings, SsmTarget } from './settings-types.ts';
import { formatSizeSetting } from './size.ts';

type RunnerShape = ClusterShape['runner'];
type ShapeOf<K extends RunnerShape['kind']> = Extract<RunnerShape, { readonly kind: K }>;

const GiB = 2 ** 30;

interface TaskSize {
  readonly leastGiB: number;
  readonly mostGiB: number;
  readonly stepGiB: number;
}

/** vCPUs → memory that Fargate has for them, by the AWS page "task CPU and memory". */
const fargateSizes: ReadonlyMap<number, TaskSize> = new Map([
  [0.25, { leastGiB: 0.5, mostGiB: 2, stepGiB: 0.5 }],
  [0.5, { leastGiB: 1, mostGiB: 4, stepGiB: 1 }],
  [1, { leastGiB: 2, mostGiB: 8, stepGiB: 1 }],
  [2, { leastGiB: 4, mostGiB: 16, stepGiB: 1 }],
  [4, { leastGiB: 8, mostGiB: 30, stepGiB: 1 }],
  [8, { leastGiB: 16, mostGiB: 60, stepGiB: 4 }],
  [16, { leastGiB: 32, mostGiB: 120, stepGiB: 8 }],
]);

/** undefined when something was refused. */
export function buildRunner(
  shape: RunnerShape,
  version: Version,
  refuse: Refuse,
): RunnerSettings | undefined {
  switch (shape.kind) {
    case 'fargate':
      return buildFargate(shape, version, refuse);
    case 'ssm': {
      const target = buildTarget(shape.target, refuse);
      const program = buildProgram(shape, { kind: 'tiup' }, refuse);
      return target && program && { kind: 'ssm', target, document: shape.document, program };
    }
    case 'local': {
      const program = buildProgram(shape, { kind: 'br', path: 'br' }, refuse);
      return program && { kind: 'local', program };
    }
    default: {
      const unknown: never = shape;
      return unknown;
    }
  }
}

function buildFargate(
  shape: ShapeOf<'fargate'>,
  version: Version,
  refuse: Refuse,
): RunnerSettings | undefined {
  const { cpu, memory } = shape;
  const size = fargateSizes.get(cpu);
  if (size === undefined) {
    return refuse(
      ['runner', 'cpu'],
      `runner.cpu is ${cpu}, expected one of ${[...fargateSizes.keys()].join(', ')} vCPUs`,
    );
  }
  const gib = memory / GiB;
  // The smallest tasks have 0.5, 1 and 2 GiB.
  const fits =
    gib >= size.leastGiB &&
    gib <= size.mostGiB &&
    Number.isInteger(gib / size.stepGiB) &&
    !(cpu === 0.25 && gib === 1.5);
  if (!fits) {
    const { leastGiB, mostGiB, stepGiB } = size;
    const range = `${formatSizeSetting(leastGiB * GiB)} to ${mostGiB}GiB in steps of ${formatSizeSetting(stepGiB * GiB)}`;
    const form = cpu === 0.25 ? '512MiB, 1GiB or 2GiB' : range;
    return refuse(
      ['runner', 'memory'],
      `runner.memory is ${formatSizeSetting(memory)}, expected ${form}: what Fargate has for ${cpu} vCPUs`,
    );
  }
  const image = shape.image ?? `pingcap/br:${version.text}`;
  const tag = /:([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@sha256:[0-9a-f]+)?$/.exec(
    image.replace(/^[^/]*\//, ''),
  )?.[1];
  if (tag !== undefined && /^v?\d+\.\d+\.\d+/.test(tag) && !isRelease(tag, version)) {
    return refuse(
      ['runner', 'image'],
      `runner.image has the tag ${tag} and the cluster is ${version.text}, expected br of the cluster's version`,
      'leave image out to have the right one',
    );
  }
  return { kind: 'fargate', cpuUnits: cpu * 1024, memoryBytes: memory, image };
}

function isRelease(tag: string, version: Version): boolean {
  try {
    return isSameRelease(parseVersion(tag), version);
  } catch {
    return true;
  }
}

function buildTarget({ instanceIds, tags }: ShapeOf<'ssm'>['target'], refuse: Refuse): SsmTarget | undefined {
  if (instanceIds !== undefined && tags === undefined) return { kind: 'instances', instanceIds };
  if (tags !== undefined && instanceIds === undefined && Object.keys(tags).length > 0)
    return { kind: 'tags', tags };
  return refuse(
    ['runner', 'target'],
    'runner.target needs one of instanceIds and tags',
    'instanceIds: [i-…], or tags: { role: br }',
  );
}

function buildProgram(
  { brPath, tiup }: { readonly brPath?: string | undefined; readonly tiup?: boolean | undefined },
  usual: BrProgram,
  refuse: Refuse,
): BrProgram | undefined {
  if (brPath !== undefined && tiup === true) {
    return refuse(
      ['runner', 'tiup'],
      'runner.tiup is true and runner.brPath is given, expected one of the two',
    );
  }
  if (brPath !== undefined) return { kind: 'br', path: brPath };
  if (tiup === true) return { kind: 'tiup' };
  return tiup === false ? { kind: 'br', path: 'br' } : usual;
}
