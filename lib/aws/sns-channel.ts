// Messages to an SNS topic: words for mail, JSON for every other kind of subscriber, attributes for filters. Must not make
// a topic or a subscription.

import { createHash } from 'node:crypto';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { MessageChannel } from '../ports/message-channel.ts';
import type { Message } from '../ports/messenger.ts';
import { awsError } from './aws-errors.ts';
import { messageDocument } from './message-document.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

/** SNS takes ASCII without line ends, fewer than 100 characters in a subject. */
const subjectCharacters = 99;

/** topic: its ARN, in any region. Needs sns:Publish on it. */
export function openSnsChannel(topic: string, location: ServiceLocation = {}): MessageChannel {
  const region = topic.split(':')[3];
  const client = new SNSClient(serviceSettings({ ...location, ...(region === undefined ? {} : { region }) }));
  const place = `SNS topic ${topic}`;
  return {
    name: place,
    async tell(message) {
      await client.send(new PublishCommand(publication(topic, message))).catch((error: unknown) => {
        throw awsError(error, { place, action: 'sns:Publish', unavailable: 'AWS_UNAVAILABLE' });
      });
    },
  };
}

function publication(topic: string, message: Message) {
  const document = JSON.stringify(messageDocument(message));
  return {
    TopicArn: topic,
    Subject: subjectOf(message),
    MessageStructure: 'json',
    Message: JSON.stringify({
      default: document,
      email: `${message.title}\n\n${message.text}\n`,
      sms: subjectOf(message),
    }),
    MessageAttributes: {
      cluster: { DataType: 'String', StringValue: message.cluster },
      topic: { DataType: 'String', StringValue: message.topic },
    },
    ...(topic.endsWith('.fifo') ? inOrder(message) : {}),
  };
}

/** Topics in order: by cluster, and one id is told once within five minutes. Ids of ours may be longer than SNS takes. */
function inOrder({ cluster, id }: Message) {
  return {
    MessageGroupId: cluster,
    MessageDeduplicationId: createHash('sha256').update(id).digest('hex'),
  };
}

function subjectOf({ cluster, title }: Message): string {
  const ascii = `${cluster}: ${title}`
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]/gu, '?')
    .trim();
  return ascii.length <= subjectCharacters ? ascii : `${ascii.slice(0, subjectCharacters - 3)}...`;
}
