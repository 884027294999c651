// The shape of `runner`: a Fargate task, a machine by Run Command, or this machine. Part of settings-schema.ts.

import * as z from 'zod';
import { nameForms } from './aws-names.ts';
import { listField, mapField, nameField, textField } from './settings-fields.ts';
import { readSize, sizePattern } from './size.ts';

const brPath = nameField(nameForms.path, 'Path of br on that machine', '/usr/local/bin/br').optional();
const tiup = z
  .boolean({ error: () => 'true or false' })
  .meta({ description: 'Run br through tiup, in the version of the cluster' })
  .optional();

const fargate = mapField(
  {
    kind: z.literal('fargate'),
    cpu: z
      .number({ error: () => 'a number of vCPUs such as 4' })
      .meta({ description: 'vCPUs: 0.25, 0.5, 1, 2, 4, 8 or 16', examples: [4] })
      .prefault(4),
    memory: textField('a size such as 16GiB', readSize, {
      description: 'Memory of the task; one of those that Fargate has for the vCPUs',
      examples: ['16GiB', '30GiB'],
      pattern: sizePattern,
    }).prefault('16GiB'),
    image: nameField(
      nameForms.image,
      'Image with br at /br. Left out: pingcap/br of the cluster’s version',
      'pingcap/br:v8.5.4',
    ).optional(),
  },
  'br runs as a Fargate task',
);

const target = mapField(
  {
    instanceIds: listField(
      nameField(nameForms.instance, 'Id of an instance', 'i-0a1b2c3d4e5f60718'),
      1,
      'Instances by id',
      ['i-0a1b2c3d4e5f60718'],
    ).optional(),
    tags: z
      .record(z.string().min(1).max(128), z.string({ error: () => 'the value of a tag as text' }).max(256), {
        error: () => 'tags as key: value',
      })
      .meta({
        description: 'Instances by their tags; one that is online is taken',
        examples: [{ role: 'br' }],
      })
      .optional(),
  },
  'Which machine runs br',
  { oneOf: [{ required: ['instanceIds'] }, { required: ['tags'] }] },
);

const ssm = mapField(
  {
    kind: z.literal('ssm'),
    target,
    document: nameField(
      nameForms.document,
      'SSM document that runs a shell script',
      'AWS-RunShellScript',
    ).prefault('AWS-RunShellScript'),
    brPath,
    tiup,
  },
  'br runs on a machine of yours, by Run Command',
);

const local = mapField(
  { kind: z.literal('local'), brPath, tiup },
  'br runs on the machine of `pitr local up`',
);

export const runner = z
  .discriminatedUnion('kind', [fargate, ssm, local], {
    error: () => 'a mapping with kind: fargate, ssm or local',
  })
  .meta({ description: 'What runs br' });
