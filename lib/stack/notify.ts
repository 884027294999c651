// Who is told, from the settings: as PITR_NOTIFY, and as the rights that telling needs. Tells nobody.

import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { NotifyPlaces } from '../config/launch-env.ts';
import type { NotificationSettings } from '../config/settings-types.ts';
import { secretOf, secretRight } from './secrets.ts';
import { allow } from './statements.ts';

export interface Notify {
  readonly places: NotifyPlaces;
  readonly rights: readonly PolicyStatement[];
}

/** Without an event bus in the settings it is the default bus of the account. */
export function notifyOf(scope: Construct, { snsTopics, eventBus, webhook }: NotificationSettings): Notify {
  const busArn = eventBus?.startsWith('arn:')
    ? eventBus
    : Stack.of(scope).formatArn({
        service: 'events',
        resource: 'event-bus',
        resourceName: eventBus ?? 'default',
      });
  const secret = webhook?.kind === 'secret' ? secretOf(scope, 'Webhook', webhook.secret) : undefined;
  return {
    places: { snsTopics, eventBus: eventBus ?? null, webhook: placeOf(webhook) },
    rights: [
      allow(['events:PutEvents'], [busArn]),
      ...(snsTopics.length === 0 ? [] : [allow(['sns:Publish'], snsTopics)]),
      ...(secret === undefined ? [] : [secretRight(secret)]),
    ],
  };
}

function placeOf(webhook: NotificationSettings['webhook']): NotifyPlaces['webhook'] {
  if (webhook === undefined) return null;
  return webhook.kind === 'url' ? { url: webhook.url } : { secret: webhook.secret };
}
