// How long logs are kept: long enough to look into a restore that somebody questions a quarter later. Backups are not logs.

import { RetentionDays } from 'aws-cdk-lib/aws-logs';

export const logRetention = RetentionDays.THREE_MONTHS;
