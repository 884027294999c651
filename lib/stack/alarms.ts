// The alarms of one cluster in CloudWatch, from alarm-list.ts, told to the SNS topics of the settings when they rise and when they
// are over. They rise also when everything of ours is dead. Decides no limit.

import { Aws, CfnCondition, Duration, Fn, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { clusterDimension, metricNamespace } from '../config/metric-place.ts';
import type { ClusterSettings } from '../config/settings-types.ts';
import { levelExpression } from '../domain/alarm-code.ts';
import type { NumberName } from '../domain/metrics.ts';
import { type AlarmPlan, type AlarmSource, alarmsOfCluster, describeAlarm } from './alarm-list.ts';

const minute = Duration.minutes(1);

export class Alarms extends Construct {
  /** In the order of their list. */
  readonly all: readonly Alarm[];

  constructor(scope: Construct, cluster: ClusterSettings, queue: IQueue) {
    super(scope, 'Alarms');
    const actions = actionsOf(this, cluster.notifications.snsTopics);
    this.all = alarmsOfCluster(cluster).map((plan) =>
      this.#alarm({ cluster: cluster.name, queue }, plan, actions),
    );
  }

  #alarm(watched: Watched, plan: AlarmPlan, actions: readonly IAlarmAction[]): Alarm {
    const { cluster } = watched;
    const alarm = new Alarm(this, plan.id, {
      // What people read when they are woken; two stacks of one name cannot be.
      alarmName: `${Aws.STACK_NAME}-${cluster}-${plan.id}`,
      alarmDescription: describeAlarm(plan, cluster),
      ...conditionOf(watched, plan.source),
      evaluationPeriods: plan.minutes,
      datapointsToAlarm: plan.minutes,
    });
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
    return alarm;
  }
}

/** A number of the cluster, by the minute. */
export function numberOf(cluster: string, name: NumberName, statistic: string, period = minute): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { [clusterDimension]: cluster },
    statistic,
    period,
  });
}

interface Condition {
  readonly metric: IMetric;
  readonly comparisonOperator: ComparisonOperator;
  readonly threshold: number;
  readonly treatMissingData: TreatMissingData;
}

/** What alarms look at: the numbers of a cluster, and its queue of failed calls. */
interface Watched {
  readonly cluster: string;
  readonly queue: IQueue;
}

/** Silence neither raises an alarm nor ends it, but for the one that is about silence, and for a queue, which is silent when it is empty. */
function conditionOf({ cluster, queue }: Watched, source: AlarmSource): Condition {
  switch (source.kind) {
    case 'number':
      return {
        metric: numberOf(cluster, source.metric, Stats.MAXIMUM),
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: source.above,
        treatMissingData: TreatMissingData.IGNORE,
      };
    case 'level':
      return {
        metric: new MathExpression({
          expression: levelExpression(source.name, 'code'),
          usingMetrics: { code: numberOf(cluster, 'alarmCode', Stats.MAXIMUM) },
          label: `level of ${source.name}`,
          period: minute,
        }),
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: source.atLeast,
        treatMissingData: TreatMissingData.IGNORE,
      };
    case 'silence':
      return {
        metric: numberOf(cluster, 'alarmCode', Stats.SAMPLE_COUNT),
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: 1,
        treatMissingData: TreatMissingData.BREACHING,
      };
    case 'unheard':
      return {
        metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: minute }),
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      };
    default:
      return source satisfies never;
  }
}

/**
 * An alarm tells topics of its own region, and cannot name the group that a FIFO topic wants: react tells those. The region of a
 * stack may be known at deployment only, so CloudFormation compares.
 */
function actionsOf(scope: Construct, topics: readonly string[]): readonly IAlarmAction[] {
  const standard = topics.filter((topic) => !topic.endsWith('.fifo'));
  return standard.map((topic) => {
    const { logicalId } = isIn(Stack.of(scope), topic.split(':')[3] ?? '');
    return {
      bind: () => ({ alarmActionArn: Fn.conditionIf(logicalId, topic, Aws.NO_VALUE).toString() }),
    };
  });
}

/** One condition for all clusters of a stack. */
function isIn(stack: Stack, region: string): CfnCondition {
  const id = `In-${region}`;
  const made = stack.node.tryFindChild(id);
  if (made instanceof CfnCondition) return made;
  return new CfnCondition(stack, id, { expression: Fn.conditionEquals(Aws.REGION, region) });
}
