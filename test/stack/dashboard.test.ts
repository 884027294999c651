// The dashboards: CloudWatch's shows every cluster of a stack, Grafana's is what the list of panels says, and both show only what
// there is.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { deployedFlows } from '../../lib/config/launch-env.ts';
import { numberNames, paceOf } from '../../lib/domain/metrics.ts';
import { grafanaDashboard } from '../../lib/stack/grafana.ts';
import { panels } from '../../lib/stack/panels.ts';
import { PitrStack } from '../../lib/stack/pitr-stack.ts';
import {
  bundledLambdas,
  clusterDocument,
  readable,
  resourcesOf,
  synthesize,
} from '../support/synthesized-stack.ts';

const { template } = synthesize([clusterDocument('shop'), clusterDocument('billing')]);

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  // biome-ignore lint/suspicious/noExplicitAny: a dashboard is read as the JSON it is
  readonly properties: any;
}

function bodyOf(of = template): {
  readonly widgets: readonly Widget[];
  readonly variables: readonly object[];
} {
  const [dashboard, ...more] = resourcesOf(of, 'AWS::CloudWatch::Dashboard').values();
  assert.deepEqual(more, [], 'one is enough: each costs');
  return JSON.parse(String(readable(of, dashboard?.Properties.DashboardBody)));
}

const widgets = (type: string) => bodyOf().widgets.filter((one) => one.type === type);

describe('the dashboard of CloudWatch', () => {
  test('is one for all clusters, to be chosen by their names', () => {
    assert.deepEqual(bodyOf().variables, [
      {
        type: 'property',
        property: 'Cluster',
        inputType: 'select',
        id: 'cluster',
        label: 'TiDB cluster',
        defaultValue: 'shop',
        visible: true,
        values: [{ value: 'shop' }, { value: 'billing' }],
      },
    ]);
  });

  test('shows every alarm of every cluster', () => {
    const shown = widgets('alarm').flatMap(({ properties }) => properties.alarms as readonly string[]);
    const made = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').keys()].map((path) => `<${path}.Arn>`);
    assert.deepEqual([...shown].sort(), made.sort());
  });

  test('shows every metric that there is, of the cluster that is chosen', () => {
    const shown = widgets('metric').flatMap(({ properties }) =>
      properties.metrics
        .filter((line: readonly unknown[]) => line[0] === 'TidbPitr')
        .map(([, name, dimension, cluster]: readonly string[]) => `${name} ${dimension} ${cluster}`),
    );
    const metrics = numberNames.filter((name) => paceOf(name) !== 'log');
    assert.deepEqual([...new Set(shown)].sort(), metrics.map((name) => `${name} Cluster shop`).sort());
  });

  test('shows the flows of each cluster by name, and what became of their executions', () => {
    for (const cluster of ['shop', 'billing']) {
      const flows = widgets('metric').filter(({ properties }) =>
        properties.title.startsWith(`Flows of ${cluster}`),
      );
      assert.equal(flows.length, 1, cluster);
      const machines = new Set(flows[0]?.properties.metrics.map((line: readonly string[]) => line[3]));
      assert.deepEqual(
        [...machines].sort(),
        deployedFlows.map((flow) => `<${cluster}/Flows/${flow}>`).sort(),
      );
    }
  });

  test('lays nothing over anything else', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of bodyOf().widgets) {
      assert.ok(x + width <= 24);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          assert.ok(!taken.has(`${column},${row}`), `${column},${row} is taken twice`);
          taken.add(`${column},${row}`);
        }
      }
    }
  });

  test('is left out where somebody does not want to pay for it', () => {
    const stack = new PitrStack(new App({ analyticsReporting: false }), 'Plain', {
      settings: { version: 1, clusters: [clusterDocument('shop')] },
      lambdaFolder: bundledLambdas,
      dashboard: false,
    });
    assert.equal(stack.node.findAll().filter(({ node }) => node.id === 'Dashboard').length, 0);
  });
});

describe('docs/grafana/tidb-pitr.json', () => {
  const stored = JSON.parse(readFileSync('docs/grafana/tidb-pitr.json', 'utf8'));

  test('is what node scripts/generate-grafana.ts makes of the list of panels', () => {
    assert.deepEqual(stored, JSON.parse(JSON.stringify(grafanaDashboard())));
  });

  test('has the panels of CloudWatch’s dashboard, and the flows', () => {
    const titles = stored.panels.map(({ title }: { readonly title: string }) => title);
    assert.deepEqual(titles, [...panels.map(({ title }) => title), 'Flows']);
    for (const title of panels.map((panel) => panel.title)) {
      assert.ok(
        widgets('metric').some(({ properties }) => properties.title.startsWith(`${title}: `)),
        title,
      );
    }
  });

  test('has what Grafana asks of a dashboard: ids and places of panels, queries with ids of their own', () => {
    assert.equal(typeof stored.schemaVersion, 'number');
    assert.match(stored.uid, /^[a-zA-Z0-9_-]{1,40}$/);
    const ids = stored.panels.map(({ id }: { readonly id: number }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const { type, gridPos, datasource, targets, title } of stored.panels) {
      assert.deepEqual([type, datasource], ['timeseries', { type: 'cloudwatch', uid: '$datasource' }]);
      assert.ok(gridPos.x + gridPos.w <= 24 && gridPos.h > 0);
      const names = targets.map(({ id }: { readonly id: string }) => id);
      assert.equal(new Set(names).size, names.length, title);
      // What metric math takes as an id.
      for (const name of names) assert.match(name, /^[a-z][a-zA-Z0-9_]*$/, title);
    }
  });

  test('asks only for variables that it has', () => {
    const names = stored.templating.list.map(({ name }: { readonly name: string }) => name);
    const used = [...JSON.stringify(stored).matchAll(/"\$(\w+)"/g)].map((match) => match[1] ?? '');
    assert.deepEqual([...new Set(used)].sort(), [...names].sort());
  });

  test('finds the flows by the names that CloudFormation gives them', () => {
    const { regex } = stored.templating.list.find(({ name }: { readonly name: string }) => name === 'flow');
    const pattern = new RegExp(regex.slice(1, -1));
    const ids = Object.entries(template.Resources).flatMap(([id, { Type }]) =>
      Type === 'AWS::StepFunctions::StateMachine' ? [id] : [],
    );
    assert.equal(ids.length, 2 * deployedFlows.length);
    for (const id of ids) {
      assert.match(`arn:aws:states:eu-central-1:111122223333:stateMachine:${id}-x1Y2`, pattern);
    }
  });
});

describe('an expression of a panel', () => {
  test('speaks only of metrics of its panel', () => {
    for (const { metrics, lines, title } of panels) {
      const known = new Set<string>([...metrics.map(({ id }) => id), 'FLOOR', 'FILL', 'REPEAT']);
      for (const { expression } of lines) {
        const words = expression.match(/[A-Za-z_]\w*/g) ?? [];
        assert.deepEqual(
          words.filter((word) => !known.has(word)),
          [],
          title,
        );
      }
    }
  });
});
