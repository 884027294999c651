// The dashboard of CloudWatch, one for all clusters of a stack: the alarms of each, the panels of panels.ts for the cluster that is
// chosen, the flows of each. One, because AWS charges for each dashboard.

import { Aws, CfnOutput, Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  DashboardVariable,
  DefaultValue,
  GraphWidget,
  type IWidget,
  MathExpression,
  Stats,
  TextWidget,
  Values,
  VariableInputType,
  VariableType,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { clusterDimension } from '../config/metric-place.ts';
import { numberOf } from './alarms.ts';
import type { ClusterMachine } from './cluster-machine.ts';
import { consoleHost } from './outputs.ts';
import { flowPanel, type Panel, panels } from './panels.ts';

const halfWidth = 12;
const fullWidth = 24;
const height = 6;

/** Of at least one cluster. Says in an output where it is. */
export function makeDashboard(scope: Construct, machines: readonly ClusterMachine[]): Dashboard {
  const names = machines.map(({ cluster }) => cluster.name);
  const [first = ''] = names;
  const dashboard = new Dashboard(scope, 'Dashboard', {
    defaultInterval: Duration.days(1),
    variables: [
      new DashboardVariable({
        id: 'cluster',
        label: 'TiDB cluster',
        type: VariableType.PROPERTY,
        value: clusterDimension,
        inputType: VariableInputType.SELECT,
        values: Values.fromValues(...names.map((value) => ({ value }))),
        defaultValue: DefaultValue.value(first),
        visible: true,
      }),
    ],
    widgets: [
      [
        new TextWidget({
          markdown:
            'tidb-pitr. What an alarm means and what to do: docs/runbook.md. The panels show the cluster that is chosen above; what moves slowly is sent in the hours 0 and 12 UTC while all is well, and each minute in trouble.',
          width: fullWidth,
          height: 2,
        }),
      ],
      ...machines.map((machine) => [alarmWidget(machine)]),
      ...rowsOf(panels.map((panel) => graphOf(panel, first))),
      ...rowsOf(machines.map(flowWidget)),
    ],
  });
  new CfnOutput(scope, 'DashboardPage', {
    description: 'console: the dashboard of all clusters',
    value: `https://${consoleHost}/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboard.dashboardName}`,
  });
  return dashboard;
}

function rowsOf(widgets: readonly IWidget[]): IWidget[][] {
  const rows: IWidget[][] = [];
  for (let at = 0; at < widgets.length; at += 2) rows.push(widgets.slice(at, at + 2));
  return rows;
}

function alarmWidget({ cluster, alarms }: ClusterMachine): IWidget {
  return new AlarmStatusWidget({
    title: `Alarms of ${cluster.name}`,
    alarms: [...alarms.all],
    width: fullWidth,
    height: 3,
  });
}

function graphOf({ title, says, unit, periodSeconds, metrics, lines }: Panel, cluster: string): IWidget {
  const period = Duration.seconds(periodSeconds);
  const usingMetrics = Object.fromEntries(
    metrics.map(({ id, name, statistic }) => [id, numberOf(cluster, name, statistic, period)]),
  );
  const usedIn = (expression: string) =>
    Object.fromEntries(
      Object.entries(usingMetrics).filter(([id]) => new RegExp(`\\b${id}\\b`).test(expression)),
    );
  return new GraphWidget({
    title: `${title}: ${says}`,
    width: halfWidth,
    height,
    left: lines.map(
      ({ expression, label }) =>
        new MathExpression({ expression, label, period, usingMetrics: usedIn(expression) }),
    ),
    leftYAxis: { min: 0, showUnits: false, label: unit, ...(unit === 'level' ? { max: 2 } : {}) },
  });
}

function flowWidget({ cluster, flows }: ClusterMachine): IWidget {
  const period = Duration.seconds(flowPanel.periodSeconds);
  return new GraphWidget({
    title: `${flowPanel.title} of ${cluster.name}: ${flowPanel.says}`,
    width: halfWidth,
    height,
    left: Object.entries(flows.machines).flatMap(([flow, machine]) =>
      flowPanel.metrics.map((name) =>
        machine.metric(name, { statistic: Stats.SUM, period, label: `${flow} ${name}` }),
      ),
    ),
    leftYAxis: { min: 0, showUnits: false },
  });
}
