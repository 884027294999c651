// The panels of panels.ts as a dashboard of Grafana over its CloudWatch data source, for docs/grafana/tidb-pitr.json. Plain data;
// asks neither.

import { clusterDimension, metricNamespace } from '../config/metric-place.ts';
import { flowPanel, type Panel, type PanelUnit, panels } from './panels.ts';

/** The schema of Grafana 10.4, which later ones read. */
const schemaVersion = 39;
const datasource = { type: 'cloudwatch', uid: '$datasource' } as const;
const region = '$region';
const [halfWidth, height] = [12, 8];

/** Grafana's words for units. */
const units: Readonly<Record<PanelUnit, string>> = {
  seconds: 's',
  bytes: 'decbytes',
  level: 'short',
  count: 'short',
};

/** The dashboard, as it is imported: it asks for a data source, a region and a cluster. */
export function grafanaDashboard(): object {
  const all = [...panels.map(panelOf), flowsOf(panels.length)];
  return {
    title: 'TiDB point-in-time recovery',
    uid: 'tidb-pitr',
    description: 'Log backup, window and restores of TiDB clusters that tidb-pitr keeps.',
    tags: ['tidb', 'backup'],
    schemaVersion,
    version: 1,
    editable: true,
    refresh: '1m',
    time: { from: 'now-24h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    templating: { list: variables },
    panels: all,
  };
}

const variables: readonly object[] = [
  { name: 'datasource', label: 'CloudWatch', type: 'datasource', query: 'cloudwatch', refresh: 1 },
  {
    ...{ name: 'region', label: 'Region', type: 'query', datasource, refresh: 1 },
    query: { queryType: 'regions', refId: 'regions' },
  },
  {
    ...{ name: 'cluster', label: 'TiDB cluster', type: 'query', datasource, refresh: 2 },
    query: {
      queryType: 'dimensionValues',
      refId: 'clusters',
      namespace: metricNamespace,
      region,
      metricName: 'alarmCode',
      dimensionKey: clusterDimension,
      dimensionFilters: {},
    },
  },
  {
    ...{ name: 'flow', label: 'Flows', type: 'query', datasource, refresh: 2, multi: true, includeAll: true },
    query: {
      queryType: 'dimensionValues',
      refId: 'flows',
      namespace: 'AWS/States',
      region,
      metricName: 'ExecutionsStarted',
      dimensionKey: 'StateMachineArn',
      dimensionFilters: {},
    },
    // CloudFormation names a state machine by its path in the stack.
    regex: '/.*Flows(?:snapshot|truncate|logtask|restoretopoint).*/',
  },
];

function panelOf(panel: Panel, index: number): object {
  const { unit, periodSeconds, metrics, lines } = panel;
  const isLevel = unit === 'level';
  return {
    ...frameOf(panel, index),
    fieldConfig: {
      defaults: {
        unit: units[unit],
        min: 0,
        ...(isLevel ? { max: 2, mappings: levelMappings } : {}),
        custom: { lineInterpolation: isLevel ? 'stepAfter' : 'linear', spanNulls: true },
      },
      overrides: [],
    },
    targets: [
      ...metrics.map(({ id, name, statistic }) => ({
        ...queryOf(id, periodSeconds),
        hide: true,
        metricEditorMode: 0,
        namespace: metricNamespace,
        metricName: name,
        dimensions: { [clusterDimension]: '$cluster' },
        matchExact: true,
        statistic,
      })),
      ...lines.map(({ id, label, expression }) => ({
        ...queryOf(id, periodSeconds),
        metricEditorMode: 1,
        expression,
        label,
      })),
    ],
  };
}

const levelMappings = [
  {
    type: 'value',
    options: {
      0: { text: 'ok', color: 'green', index: 0 },
      1: { text: 'warning', color: 'orange', index: 1 },
      2: { text: 'critical', color: 'red', index: 2 },
    },
  },
];

function flowsOf(index: number): object {
  return {
    ...frameOf(flowPanel, index),
    fieldConfig: { defaults: { unit: 'short', min: 0 }, overrides: [] },
    targets: flowPanel.metrics.map((metricName) => ({
      ...queryOf(`${metricName.charAt(0).toLowerCase()}${metricName.slice(1)}`, flowPanel.periodSeconds),
      metricEditorMode: 0,
      namespace: 'AWS/States',
      metricName,
      dimensions: { StateMachineArn: ['$flow'] },
      matchExact: true,
      statistic: 'Sum',
    })),
  };
}

function frameOf({ title, says }: Pick<Panel, 'title' | 'says'>, index: number): object {
  return {
    id: index + 1,
    type: 'timeseries',
    title,
    description: says,
    datasource,
    gridPos: { h: height, w: halfWidth, x: (index % 2) * halfWidth, y: Math.floor(index / 2) * height },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
  };
}

/** What every query of CloudWatch's data source has. */
function queryOf(id: string, periodSeconds: number): object {
  return {
    id,
    refId: id,
    datasource,
    queryMode: 'Metrics',
    metricQueryType: 0,
    region,
    period: `${periodSeconds}`,
    namespace: '',
    metricName: '',
    dimensions: {},
    expression: '',
    statistic: 'Average',
  };
}
