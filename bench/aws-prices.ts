// What AWS charges for what the control plane uses, and how a count of calls becomes units that are paid. US dollars in
// us-east-1, without any free tier. Source: the public price pages of each service, as of 2026-11-22; other regions are up to
// a third dearer. One place, so that a change of prices is one line.

export const prices = {
  /** aws.amazon.com/lambda/pricing, arm64. */
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecond: 0.0000133334,
  /** aws.amazon.com/dynamodb/pricing/on-demand, standard table class, since 2024-11. */
  dynamoReadUnit: 0.125 / 1e6,
  dynamoWriteUnit: 0.625 / 1e6,
  /** Storage and point-in-time recovery together, per GB and month. */
  dynamoGbMonth: 0.25 + 0.2,
  /** aws.amazon.com/s3/pricing, standard. */
  s3Get: 0.4 / 1e6,
  s3List: 5 / 1e6,
  s3Put: 5 / 1e6,
  /** aws.amazon.com/eventbridge/pricing: Scheduler (14 million a month are free), and events of ours. */
  schedule: 1 / 1e6,
  event: 1 / 1e6,
  /** aws.amazon.com/step-functions/pricing, standard workflows. */
  transition: 25 / 1e6,
  /** aws.amazon.com/cloudwatch/pricing: taking logs in; keeping them costs a hundredth of it here. */
  logGb: 0.5,
  /** The same page: per metric, by the hours in which it is sent; per metric that an alarm looks at; per dashboard beyond three. */
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  /** Of each account and month; counted nowhere but where it is said. */
  freeMetrics: 10,
  freeAlarms: 10,
  /** aws.amazon.com/secrets-manager/pricing and privatelink/pricing: only for a cluster with TLS. */
  secretMonth: 0.4,
  endpointHour: 0.01,
} as const;

export const hoursOfMonth = 730;

/** What was used, in the units that are paid. */
export interface Usage {
  /** Not paid by itself: how long a function waited for answers, which its duration contains. */
  waitMs: number;
  invocations: number;
  gbSeconds: number;
  readUnits: number;
  writeUnits: number;
  gets: number;
  lists: number;
  puts: number;
  schedules: number;
  transitions: number;
  events: number;
  logBytes: number;
  /** Metrics × hours in which they were sent. */
  metricHours: number;
  /** Metrics that alarms look at, for a whole month. */
  alarms: number;
}

export function nothingUsed(): Usage {
  return {
    waitMs: 0,
    invocations: 0,
    gbSeconds: 0,
    readUnits: 0,
    writeUnits: 0,
    gets: 0,
    lists: 0,
    puts: 0,
    schedules: 0,
    transitions: 0,
    events: 0,
    logBytes: 0,
    metricHours: 0,
    alarms: 0,
  };
}

/** `times` of one usage on top of another. */
export function add(total: Usage, usage: Usage, times: number): void {
  for (const unit of Object.keys(usage) as (keyof Usage)[]) total[unit] += usage[unit] * times;
}

/** Dollars by service. */
export function costOf(usage: Usage): Readonly<Record<string, number>> {
  return {
    Lambda: usage.invocations * prices.lambdaRequest + usage.gbSeconds * prices.lambdaGbSecond,
    DynamoDB: usage.readUnits * prices.dynamoReadUnit + usage.writeUnits * prices.dynamoWriteUnit,
    S3: usage.gets * prices.s3Get + usage.lists * prices.s3List + usage.puts * prices.s3Put,
    'Step Functions': usage.transitions * prices.transition,
    EventBridge: usage.schedules * prices.schedule + usage.events * prices.event,
    'CloudWatch Logs': (usage.logBytes / 1e9) * prices.logGb,
    'CloudWatch metrics': (usage.metricHours / hoursOfMonth) * prices.metricMonth,
    'CloudWatch alarms': usage.alarms * prices.alarmMonth,
  };
}
