// People who subscribe to a topic of an emulator: everything that the topic gives them over HTTP. Ends with `close`.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import type { Ministack } from './ministack.ts';

/** What CloudWatch tells of an alarm. */
export interface AlarmChange {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly NewStateValue: 'OK' | 'ALARM';
}

export class ToldPeople {
  readonly #texts: string[] = [];
  readonly #client: SNSClient;
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end();
    const { Type, TopicArn, Token, Message } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (Type === 'SubscriptionConfirmation')
      await this.#client.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
    else this.#texts.push(Message);
  });

  constructor(ministack: Ministack) {
    this.#client = new SNSClient({ endpoint: ministack.endpoint });
  }

  /** Makes the topic and subscribes to it. */
  async subscribe(name: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { TopicArn } = await this.#client.send(new CreateTopicCommand({ Name: name }));
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
    await this.#client.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: url }));
  }

  /** Changes of alarms, the oldest first. */
  alarms(): readonly AlarmChange[] {
    return this.#documents().filter((one): one is AlarmChange => 'AlarmName' in one);
  }

  /** Titles of our own messages, by topic. */
  titles(topic: string): readonly string[] {
    return this.#documents().flatMap((one) =>
      'topic' in one && one['topic'] === topic ? [String(one['title'])] : [],
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #documents(): readonly (AlarmChange | Readonly<Record<string, unknown>>)[] {
    return this.#texts.flatMap((text) => (text.startsWith('{') ? [JSON.parse(text)] : []));
  }
}
