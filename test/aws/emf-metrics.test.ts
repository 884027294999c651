// A line of the log in CloudWatch's embedded metric format, held against the rules of its specification.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emfMetrics } from '../../lib/aws/emf-metrics.ts';
import type { Metric } from '../../lib/domain/metrics.ts';
import { faultsOfSchema } from '../support/json-schema.ts';

const atMs = Date.UTC(2026, 10, 22, 12, 5);
const metrics: readonly Metric[] = [
  { name: 'lagSeconds', unit: 'Seconds', value: 95, isMetric: true },
  { name: 'alarmCode', unit: 'None', value: 0, isMetric: true },
  { name: 'windowSeconds', unit: 'Seconds', value: 604_800, isMetric: false },
  { name: 'alarmLevel.fuse', unit: 'None', value: 0, isMetric: false },
];

/** The rules of "Embedded metric format document structure" for what a line of ours may hold. */
const text = (pattern: string) => ({ type: 'string', pattern });
const directive = {
  type: 'object',
  additionalProperties: false,
  required: ['Namespace', 'Dimensions', 'Metrics'],
  properties: {
    Namespace: text('^[0-9A-Za-z.\\-_/#:]{1,255}$'),
    Dimensions: {
      type: 'array',
      minItems: 1,
      items: { type: 'array', minItems: 1, items: text('^.{1,250}$') },
    },
    Metrics: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['Name'],
        properties: {
          Name: text('^.{1,255}$'),
          Unit: { type: 'string', enum: ['Seconds', 'Bytes', 'Count', 'None'] },
          StorageResolution: { type: 'integer', enum: [1, 60] },
        },
      },
    },
  },
};
const metadata = {
  type: 'object',
  additionalProperties: false,
  required: ['Timestamp', 'CloudWatchMetrics'],
  properties: {
    Timestamp: { type: 'integer' },
    CloudWatchMetrics: { type: 'array', minItems: 1, items: directive },
  },
};

function linesOf(given: readonly Metric[]): readonly string[] {
  const lines: string[] = [];
  emfMetrics((line) => lines.push(line)).put('shop', atMs, given);
  return lines;
}

test('the line is of the form that CloudWatch makes metrics of, each target a number at its top', () => {
  const [line = '', ...more] = linesOf(metrics);
  assert.deepEqual(more, []);
  assert.ok(!line.includes('\n'));
  const document = JSON.parse(line);
  assert.deepEqual(faultsOfSchema(metadata, document._aws), []);
  const [{ Dimensions, Metrics }] = document._aws.CloudWatchMetrics;
  for (const { Name } of Metrics) assert.equal(typeof document[Name], 'number');
  for (const name of Dimensions.flat()) assert.equal(typeof document[name], 'string');
});

test('metrics are paid for, so that only those that are metrics now are named; all numbers are in the line', () => {
  assert.deepEqual(JSON.parse(linesOf(metrics)[0] ?? ''), {
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [
        {
          Namespace: 'TidbPitr',
          Dimensions: [['Cluster']],
          Metrics: [
            { Name: 'lagSeconds', Unit: 'Seconds', StorageResolution: 60 },
            { Name: 'alarmCode', Unit: 'None', StorageResolution: 60 },
          ],
        },
      ],
    },
    Cluster: 'shop',
    lagSeconds: 95,
    alarmCode: 0,
    windowSeconds: 604_800,
    'alarmLevel.fuse': 0,
  });
});

test('a look without a metric is a plain line of the log, and one without numbers none', () => {
  assert.deepEqual(JSON.parse(linesOf(metrics.slice(2))[0] ?? ''), {
    Cluster: 'shop',
    windowSeconds: 604_800,
    'alarmLevel.fuse': 0,
  });
  assert.deepEqual(linesOf([]), []);
});
