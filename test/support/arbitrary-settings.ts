// Settings files that are right, as plain data: every field there or not, every form of every union, several clusters that do
// not clash. For properties of lib/config/settings.ts.

import fc from 'fast-check';

const opt = { requiredKeys: [] as [] };
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const duration = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((hours) => (hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`));

const schedule = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([days, hour, minute]) => `every ${days} days at ${hour}:${String(minute).padStart(2, '0')}`),
  fc.integer({ min: 1, max: 500 }).map((hours) => `rate(${hours} hours)`),
  fc
    .tuple(
      fc.constantFrom('0', '0,30', '*/20', '5-10'),
      fc.constantFrom('3', '1-4', '*/6', '0,12'),
      fc.constantFrom(
        '* * ?',
        '1,15 * ?',
        'L * ?',
        '15W * ?',
        '? * MON-FRI',
        '? * 6L',
        '? JAN-JUN 2#1',
        '*/2 3 ?',
      ),
      fc.constantFrom('*', '2026-2030', '2027'),
    )
    .map((fields) => `cron(${fields.join(' ')})`),
);

const policy = fc.record(
  {
    log: fc.constantFrom('on', 'off', true, false),
    logTaskName: fc.constantFrom('pitr', 'Task_1', '7'),
    snapshot: fc.record(
      {
        schedule,
        zone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Shanghai', 'Australia/Lord_Howe'),
        onOverlap: fc.constantFrom('skip', 'wait'),
      },
      opt,
    ),
    firstSnapshot: fc.constantFrom('now', 'scheduled'),
    retention: fc.record(
      {
        window: duration(1, 80_000),
        minBases: fc.integer({ min: 1, max: 1000 }),
        coolOff: fc.constantFrom('0s', '1h', '30d'),
        keepUnfinished: fc.constantFrom('1h', '7d'),
        engine: fc.constantFrom('br', 'native'),
      },
      opt,
    ),
    onFailure: fc.record(
      { retries: fc.integer({ min: 0, max: 20 }), backoff: fc.constantFrom('10s', '5m', '1h') },
      opt,
    ),
    keeper: fc.record(
      {
        heal: fc.constantFrom('on', 'off', true, false),
        attemptsPerHour: fc.integer({ min: 1, max: 12 }),
        onStop: fc.constantFrom('restart', 'tell'),
        onLoss: fc.constantFrom('epoch', 'tell'),
      },
      opt,
    ),
  },
  opt,
);

const vpc = fc
  .tuple(hex(8), fc.uniqueArray(hex(17), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([id, subnets, zones]) => ({
    id: `vpc-${id}`,
    subnets: subnets.map((subnet) => `subnet-${subnet}`),
    securityGroup: `sg-${id}`,
    ...(zones ? { availabilityZones: subnets.map((_, index) => `eu-central-1${'abc'[index]}`) } : {}),
  }));

const program = fc.constantFrom({}, { brPath: '/usr/bin/br' }, { tiup: true }, { tiup: false });
const awsRunner = fc.oneof(
  fc.constantFrom(
    { kind: 'fargate' },
    { kind: 'fargate', cpu: 0.25, memory: '512MiB' },
    { kind: 'fargate', cpu: 2, memory: '7GiB', image: 'registry.example:5000/tidb/br' },
    { kind: 'fargate', cpu: 16, memory: '120GiB' },
  ),
  fc
    .tuple(
      program,
      fc.constantFrom(
        { tags: { role: 'br', 'aws:autoscaling:groupName': 'x y' } },
        { instanceIds: ['i-0a1b2c3d4e5f60718'] },
      ),
    )
    .map(([br, target]) => ({ kind: 'ssm', target, ...br })),
);

const notifications = fc.record(
  {
    sns: fc.constant(['arn:aws:sns:eu-central-1:111122223333:pitr']),
    eventBus: fc.constant('ops'),
    webhook: fc.constantFrom({ url: 'https://alerts.example.com/pitr' }, { secret: 'pitr/webhook' }),
  },
  opt,
);

const objectives = fc.record(
  { rpo: duration(1, 100), rto: duration(1, 100), snapshotsEarly: fc.boolean() },
  opt,
);

const place = (index: number) => ({ prefix: `tidb/${index}` });
const awsBucket = (index: number) =>
  fc.oneof(
    fc.record(
      {
        objectLock: fc.constantFrom({ retention: '7d' }, { retention: '1d', mode: 'compliance' }),
        region: fc.constant('eu-central-1'),
      },
      opt,
    ),
    fc
      .record({ create: fc.boolean(), kmsKey: fc.constant('alias/x') }, opt)
      .map((rest) => ({ name: 'shop-backup', ...rest, ...place(index) })),
  );
const localBucket = (index: number) =>
  fc.constantFrom<object>(
    { folder: `/backup/${index}` },
    { name: 'lab', endpoint: 'http://127.0.0.1:9000', region: 'local', ...place(index) },
  );

function cluster(index: number) {
  const base = fc.record({
    name: fc.constant(`c${index}`),
    tidbVersion: fc.constantFrom('v6.1.0', '6.5.3', 'v8.5.4', 'v8.5.4-20260812-784eac0', '9.0.0-beta.2'),
    pd: fc
      .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 })
      .map((hosts) => hosts.map((host) => `10.${index}.0.${host}${host % 2 === 0 ? '' : ':12379'}`)),
  });
  const rest = fc.record({ policy, objectives, notifications }, opt);
  const aws = fc.record(
    {
      tls: fc.constant({ secret: 'pitr/tls' }),
      bucket: awsBucket(index),
      runner: awsRunner,
      tikvRole: fc.constant('arn:aws:iam::111122223333:role/tikv'),
    },
    opt,
  );
  const local = fc.record({
    runner: program.map((br) => ({ kind: 'local', ...br })),
    bucket: localBucket(index),
  });
  const tls = fc.constantFrom<object>({}, { tls: { ca: '/ca', cert: '/cert', key: '/key' } });
  return fc
    .oneof(
      fc
        .tuple(base, rest, aws, vpc)
        .map(([one, two, three, network]) => ({ ...one, ...two, ...three, vpc: network })),
      fc.tuple(base, rest, local, tls).map((parts) => Object.assign({}, ...parts)),
    )
    .filter(hasFittingEngine);
}

/** Metas of v6.1 do not tell enough for our own engine. */
function hasFittingEngine(one: {
  readonly tidbVersion: string;
  readonly policy?: { readonly retention?: { readonly engine?: string } };
}): boolean {
  return one.tidbVersion !== 'v6.1.0' || one.policy?.retention?.engine !== 'native';
}

/** The document of a right file: one to three clusters. */
export const arbitrarySettings = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => cluster(index))))
  .map((clusters) => ({ version: 1, clusters }));
