// What calls functions because something happened: a new wish in the table's stream calls react, the end of br calls br-ended.
// Both may be late, twice or lost: the sweeps of every minute find the rest.

import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type IFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Only wishes that are new and of this cluster: what react writes itself calls nobody. */
export function reactToWishes(
  scope: Construct,
  cluster: string,
  parts: { readonly table: Table; readonly react: IFunction; readonly unheard: IQueue },
): EventSourceMapping {
  return new EventSourceMapping(scope, 'Wishes', {
    target: parts.react,
    eventSourceArn: parts.table.tableStreamArn ?? '',
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 20,
    filters: [
      FilterCriteria.filter({
        eventName: FilterRule.isEqual('INSERT'),
        dynamodb: {
          Keys: {
            pk: { S: FilterRule.isEqual(`cluster/${cluster}`) },
            sk: { S: FilterRule.beginsWith('waiting/') },
          },
        },
      }),
    ],
    // One bad record must hold up no other: halved until it is alone, tried a few times, then kept.
    bisectBatchOnError: true,
    retryAttempts: 5,
    maxRecordAge: Duration.hours(1),
    onFailure: new SqsDlq(parts.unheard),
  });
}

/**
 * The end of a run is a reason to look at all runs that go on, at once instead of within a minute: what counts is what the runner
 * says when it is asked, not the event.
 */
export function lookWhenBrEnds(
  scope: Construct,
  cluster: string,
  parts: { readonly endEvent: EventPattern; readonly brEnded: IFunction },
): Rule {
  return new Rule(scope, 'BrEnds', {
    description: `looks at the runs of br for the TiDB cluster ${cluster}`,
    eventPattern: parts.endEvent,
    targets: [
      new LambdaTarget(parts.brEnded, {
        event: RuleTargetInput.fromObject({ cluster }),
        maxEventAge: Duration.minutes(5),
        retryAttempts: 3,
      }),
    ],
  });
}
