// A DynamoDB client made for our use: no retries of its own (ours know which write may be made again), time limits on
// everything, and the table as it has to be. Opens no connection by itself.

import {
  type CreateTableCommandInput,
  DynamoDBClient,
  type UpdateTimeToLiveCommandInput,
} from '@aws-sdk/client-dynamodb';

export interface DynamoLocation {
  readonly table: string;
  /** Default: AWS_REGION and the profile, as everywhere in AWS. */
  readonly region?: string;
  /** `http://host:port` for what is not AWS. */
  readonly endpoint?: string;
}

/** Limits of one request. */
export const dynamoLimits = {
  connectMs: 3_000,
  /** DynamoDB answers within tens of milliseconds, also a transaction. */
  answerMs: 5_000,
} as const;

/** Credentials by the default chain of AWS. */
export function makeDynamoClient({ region, endpoint }: DynamoLocation): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: dynamoLimits.connectMs,
      requestTimeout: dynamoLimits.answerMs,
      throwOnRequestTimeout: true,
    },
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

/** The table: two text keys, paid by request, a stream with both images. docs/formats/state.md */
export function tableDefinition(table: string): CreateTableCommandInput {
  return {
    TableName: table,
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  };
}

/** Which attribute tells DynamoDB when an item may go. */
export function expiryDefinition(table: string): UpdateTimeToLiveCommandInput {
  return { TableName: table, TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } };
}
