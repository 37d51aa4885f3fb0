import { App } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import { describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { carriers } from '../../lambda/ledger/source.ts';
import { listDefaultRules } from '../../lib/alert-rules.ts';
import {
  ConfigurationError,
  readConfiguration,
  readStackName,
  refuseUnknownContext,
} from '../../lib/configuration.ts';
import type { Configuration, SourceSettings } from '../../lib/settings.ts';
import { makeLogicalName } from '../../lib/source-ids.ts';
import { outputFolder } from './output-folder.ts';

const koreSource: SourceSettings = {
  name: 'default',
  carrier: 'kore',
  bytesPerMegabyte: 1_000_000,
  lateness: 1_800_000,
  stream: { shards: undefined, retentionHours: 168 },
  bucket: true,
  writer: { kind: 'role', principal: 'arn:aws:iam::177261743968:root', externalId: undefined },
  webhook: undefined,
  fleet: undefined,
};

const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const defaults: Configuration = {
  sources: [koreSource],
  sessionRefresh: 'update',
  writes: 'batched',
  retention: {
    streamHours: 168,
    eventDays: 90,
    usageDays: 0,
    logDays: 90,
    quarantineDays: 365,
    overwrittenFileDays: 30,
  },
  removal: 'retain',
  alerts: {
    rules: listDefaultRules([{ name: 'default', lateness: 1_800_000 }]),
    groupWait: 600_000,
    sweepMinutes: 5,
  },
  receivers: [],
  otlp: undefined,
  alarmEmail: undefined,
  runbook: 'docs/runbook.md',
  consumer: {
    batchSize: 10_000,
    batchingWindowSeconds: 1,
    parallelizationFactor: undefined,
    memoryMegabytes: 1769,
    reservedConcurrency: 0,
  },
  importer: { maximumConcurrency: 10 },
  days: { maximumConcurrency: undefined, partialHours: 6 },
  lake: { objectLock: undefined, queryGigabytes: 100 },
  tracing: false,
  measuredNetworks: 20,
  adoptedTables: {},
  kmsKeyArn: undefined,
  accessLogs: false,
  api: {
    access: 'basic',
    personalData: 'on-request',
    requestsPerSecond: 100,
    clientRequestsPerSecond: 25,
    corsOrigins: [],
  },
};

function nodeWith(context: Record<string, unknown>): Node {
  return new App({ context, outdir: outputFolder() }).node;
}

/** What the user reads when the configuration is wrong. */
function complaintAbout(simledger: unknown, region?: string): string {
  try {
    readConfiguration(nodeWith({ simledger }), region);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the configuration', () => {
  it('is the default if nothing is given', () => {
    expect(readConfiguration(nodeWith({}))).toEqual(defaults);
  });

  it('is the default as cdk.json shows it', () => {
    expect(readConfiguration(nodeWith(cdk.context))).toEqual(defaults);
  });

  it('takes an object with everything in it', () => {
    const given = {
      sources: [{ name: 'kore1', carrier: 'kore', bucket: true }],
      sessionRefresh: 'hourly',
      writes: 'single',
      retention: {
        streamHours: 24,
        eventDays: 0,
        usageDays: 35,
        logDays: 0,
        quarantineDays: 30,
        overwrittenFileDays: 7,
      },
      removal: 'retain',
      alerts: { rules: [], groupWait: '1h', sweepMinutes: 15 },
      receivers: [{ name: 'programs', kind: 'bus' }],
      alarmEmail: 'operations@example.com',
      runbook: 'https://wiki.example.com/simledger',
      consumer: {
        batchSize: 500,
        batchingWindowSeconds: 0,
        parallelizationFactor: 4,
        memoryMegabytes: 1024,
        reservedConcurrency: 20,
      },
      importer: { maximumConcurrency: 2 },
      days: { maximumConcurrency: 20, partialHours: 0 },
      lake: { objectLock: { mode: 'compliance', days: 365 }, queryGigabytes: 5 },
      tracing: true,
      measuredNetworks: 0,
      adopt: { tables: { Sessions: 'sessions-restored' } },
      kmsKeyArn: keyArn,
      accessLogs: 'company-logs',
      api: defaults.api,
    };
    const stream = { shards: undefined, retentionHours: 24 };
    const source = { ...koreSource, name: 'kore1', stream };
    const { adopt, ...others } = given;
    expect(readConfiguration(nodeWith({ simledger: given }))).toEqual({
      ...others,
      alerts: { rules: [], groupWait: 3_600_000, sweepMinutes: 15 },
      receivers: [
        { name: 'programs', kind: 'bus', arn: undefined, minimumSeverity: 'info', rules: undefined },
      ],
      sources: [source],
      adoptedTables: adopt.tables,
    });
  });

  it('takes JSON text, as the command line gives it', () => {
    expect(readConfiguration(nodeWith({ simledger: '{"removal":"destroy"}' }))).toEqual({
      ...defaults,
      removal: 'destroy',
    });
  });
});

function sourceFrom(source: Record<string, unknown>): SourceSettings | undefined {
  return readConfiguration(nodeWith({ simledger: { sources: [{ name: 'a', ...source }] } })).sources[0];
}

describe('a source', () => {
  it.each([
    [
      { carrier: 'twilio' },
      { kind: 'role', principal: 'arn:aws:iam::177261743968:root', externalId: undefined },
      false,
    ],
    [
      { carrier: 'twilio', externalId: 'mine' },
      { kind: 'role', principal: 'arn:aws:iam::177261743968:root', externalId: 'mine' },
      false,
    ],
    [
      { carrier: 'kore', principal: 'arn:aws:iam::123456789012:role/event-streams', bucket: true },
      { kind: 'role', principal: 'arn:aws:iam::123456789012:role/event-streams', externalId: undefined },
      true,
    ],
    [
      { carrier: '1nce', organisationId: '8100' },
      { kind: 'role', principal: 'arn:aws:iam::884047677700:role/1nce-datastreamer', externalId: 'org-8100' },
      true,
    ],
    [
      { carrier: 'emnify', organisationId: '42', bucket: false },
      { kind: 'role', principal: 'arn:aws:iam::884047677700:role/datastreamer', externalId: 'org-42' },
      false,
    ],
    [
      { carrier: 'emnify', externalId: 'org-7' },
      { kind: 'role', principal: 'arn:aws:iam::884047677700:role/datastreamer', externalId: 'org-7' },
      true,
    ],
    [{ carrier: 'telekom' }, { kind: 'user', keySerial: 1 }, true],
    [{ carrier: '1nce', writer: 'user', keySerial: 3 }, { kind: 'user', keySerial: 3 }, true],
    [
      {
        carrier: 'telekom',
        writer: 'role',
        principal: 'arn:aws:iam::123456789012:root',
        organisationId: '1',
      },
      { kind: 'role', principal: 'arn:aws:iam::123456789012:root', externalId: 'org-1' },
      true,
    ],
  ])('%j is written by the carrier’s own means', (given, writer, bucket) => {
    expect([sourceFrom(given)?.writer, sourceFrom(given)?.bucket]).toEqual([writer, bucket]);
  });

  it.each([
    [{ carrier: 'kore' }, [undefined, 'role', false]],
    [{ carrier: 'kore', webhook: false }, [undefined, 'role', false]],
    [{ carrier: 'telekom', webhook: true }, [{ requestsPerSecond: 100 }, 'user', true]],
    [
      { carrier: 'kore', webhook: true, webhookRequestsPerSecond: 7 },
      [{ requestsPerSecond: 7 }, 'role', false],
    ],
    [{ carrier: '1nce', webhook: true, writer: 'none' }, [{ requestsPerSecond: 100 }, undefined, false]],
    [
      { carrier: 'emnify', webhook: true, writer: 'none', bucket: true },
      [{ requestsPerSecond: 100 }, undefined, true],
    ],
  ])('%j may be called by its carrier, and need not be written by it', (given, expected) => {
    const { webhook, writer, bucket } = sourceFrom(given) ?? {};
    expect([webhook, writer?.kind, bucket]).toEqual(expected);
  });

  it.each([
    [{}, { shards: undefined, retentionHours: 168 }],
    [
      { mode: 'on-demand', retentionHours: 48 },
      { shards: undefined, retentionHours: 48 },
    ],
    [{ mode: 'provisioned' }, { shards: 1, retentionHours: 168 }],
    [
      { mode: 'provisioned', shards: 3 },
      { shards: 3, retentionHours: 168 },
    ],
  ])('has the stream of %j', (stream, expected) => {
    expect(sourceFrom({ carrier: 'kore', stream })?.stream).toEqual(expected);
  });
});

const keys =
  'sources, fleet, sessionRefresh, writes, retention, removal, alerts, receivers, otlp, alarmEmail, runbook, consumer, importer, days, lake, api, tracing, measuredNetworks, adopt, kmsKeyArn, accessLogs';
const sourceKeys =
  'name, carrier, writer, principal, externalId, organisationId, keySerial, stream, bucket, bytesPerMegabyte, lateness, webhook, webhookRequestsPerSecond, fleet';

describe('a wrong configuration', () => {
  it.each([
    [
      { sources: [{ carrier: 'kore', silentHours: 6 }] },
      'simledger.sources[0].silentHours: 6 given; accepted is nothing: leave it out. The alert `source` tells receivers when a source is behind; `lateness` says how late its records may come',
    ],
    [
      { retention: { streamHours: 23 } },
      'simledger.retention.streamHours: 23 given; accepted is a whole number from 24 to 8760 (hours)',
    ],
    [
      { retention: { streamHours: 8761 } },
      'simledger.retention.streamHours: 8761 given; accepted is a whole number from 24 to 8760 (hours)',
    ],
    [
      { retention: { streamHours: '168' } },
      'simledger.retention.streamHours: "168" given; accepted is a whole number from 24 to 8760 (hours)',
    ],
    ...[13, 1.5, -1, 36_501, '35'].map((usageDays): [object, string] => [
      { retention: { usageDays } },
      `simledger.retention.usageDays: ${JSON.stringify(usageDays)} given; accepted is 0, which keeps usage forever, or a whole number from 14 to 36500 (days)`,
    ]),
    [
      { retention: { eventDays: 1.5 } },
      'simledger.retention.eventDays: 1.5 given; accepted is a whole number from 0 to 36500 (days; 0 keeps events forever)',
    ],
    [
      { retention: { logDays: 2 } },
      'simledger.retention.logDays: 2 given; accepted is one of 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 (days; 0 keeps logs forever)',
    ],
    [
      { retention: 30 },
      'simledger.retention: 30 given; accepted is an object with the keys streamHours, eventDays, usageDays, logDays, quarantineDays, overwrittenFileDays',
    ],
    [{ alarmEmail: 'me' }, 'simledger.alarmEmail: "me" given; accepted is an e-mail address'],
    [{ tracing: 'yes' }, 'simledger.tracing: "yes" given; accepted is true or false'],
    [
      { consumer: { batchSize: 10_001 } },
      'simledger.consumer.batchSize: 10001 given; accepted is a whole number from 1 to 10000 (records)',
    ],
    [
      { consumer: { parallelizationFactor: 11 } },
      'simledger.consumer.parallelizationFactor: 11 given; accepted is a whole number from 1 to 10 (concurrent batches per shard)',
    ],
    [
      { importer: { maximumConcurrency: 1 } },
      'simledger.importer.maximumConcurrency: 1 given; accepted is a whole number from 2 to 1000 (files at the same time)',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', stream: { mode: 'both' } }] },
      'simledger.sources[0].stream.mode: "both" given; accepted is one of on-demand, provisioned',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', stream: { shards: 2 } }] },
      'simledger.sources[0].stream.shards: 2 given; accepted is a number only where mode is provisioned',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', principal: 'twilio' }] },
      'simledger.sources[0].principal: "twilio" given; accepted is the ARN of an IAM principal, such as arn:aws:iam::123456789012:root',
    ],
    [
      { sources: [{ name: 'a', carrier: '1nce' }] },
      'simledger.sources[0].organisationId: nothing given; accepted is the number of your organisation at 1nce, as text (or give externalId, or writer "user")',
    ],
    [
      { sources: [{ name: 'a', carrier: 'emnify', organisationId: 'org-1' }] },
      'simledger.sources[0].organisationId: "org-1" given; accepted is the number of your organisation, as text',
    ],
    [
      { sources: [{ name: 'a', carrier: 'telekom', writer: 'role' }] },
      'simledger.sources[0].principal: nothing given; accepted is the ARN of the principal that assumes the role: telekom has published none',
    ],
    [
      { sources: [{ name: 'a', carrier: 'telekom', organisationId: '1' }] },
      'simledger.sources[0].organisationId: "1" given; accepted is nothing: a telekom user has none',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', organisationId: '1' }] },
      'simledger.sources[0].organisationId: "1" given; accepted is nothing: a kore role has none',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', writer: 'none' }] },
      'simledger.sources[0].writer: "none" given; accepted is role or user, unless webhook is true: nothing would ever arrive',
    ],
    [
      { sources: [{ name: 'a', carrier: '1nce', writer: 'none', webhook: true, organisationId: '1' }] },
      'simledger.sources[0].organisationId: "1" given; accepted is nothing: a source without a writer has none',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', webhook: 'yes' }] },
      'simledger.sources[0].webhook: "yes" given; accepted is true or false',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', webhook: true, webhookRequestsPerSecond: 0 }] },
      'simledger.sources[0].webhookRequestsPerSecond: 0 given; accepted is a whole number from 1 to 10000 (requests a second)',
    ],
    [{ removal: 'delete' }, 'simledger.removal: "delete" given; accepted is one of retain, destroy'],
    [
      { sessionRefresh: 'daily' },
      'simledger.sessionRefresh: "daily" given; accepted is one of update, hourly',
    ],
    [{ writes: 'both' }, 'simledger.writes: "both" given; accepted is one of batched, single'],
    [{ sources: [] }, 'simledger.sources: [] given; accepted is a list of at least one source'],
    [{ sources: 'kore' }, 'simledger.sources: "kore" given; accepted is a list of at least one source'],
    [
      { sources: [{ name: 'Eins', carrier: 'kore' }] },
      'simledger.sources[0].name: "Eins" given; accepted is 1 to 32 lower-case letters, digits and hyphens',
    ],
    [
      { sources: [{ carrier: 'kore' }] },
      'simledger.sources[0].name: nothing given; accepted is 1 to 32 lower-case letters, digits and hyphens',
    ],
    [
      { sources: [{ name: 'a', carrier: 'acme' }] },
      `simledger.sources[0].carrier: "acme" given; accepted is one of ${carriers.join(', ')}`,
    ],
    [
      { sources: [{ name: 'a', carrier: 'telekom', bytesPerMegabyte: 0 }] },
      'simledger.sources[0].bytesPerMegabyte: 0 given; accepted is a whole number from 1000000 to 1048576 (bytes)',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', colour: 'red' }] },
      `simledger.sources[0].colour: "red" given; accepted is an object with the keys ${sourceKeys}`,
    ],
    [{ colour: 'red' }, `simledger.colour: "red" given; accepted is an object with the keys ${keys}`],
    [
      { sources: [{ name: 'a', carrier: 'kore', keySerial: 2 }] },
      'simledger.sources[0].keySerial: 2 given; accepted is nothing: only a source with writer "user" has an access key',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', webhookRequestsPerSecond: 5 }] },
      'simledger.sources[0].webhookRequestsPerSecond: 5 given; accepted is nothing: only a source with webhook true takes requests',
    ],
    [
      { sources: [{ name: 'a', carrier: 'twilio', bytesPerMegabyte: 1_048_576 }] },
      'simledger.sources[0].bytesPerMegabyte: 1048576 given; accepted is nothing: twilio states bytes',
    ],
    [
      { sources: [{ name: 'a', carrier: 'telekom' }], sessionRefresh: 'hourly' },
      'simledger.sessionRefresh: "hourly" given; accepted is update: no source is of Twilio or KORE, and other carriers send no session updates',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore' }], importer: { maximumConcurrency: 3 } },
      'simledger.importer: {"maximumConcurrency":3} given; accepted is nothing: no source has a bucket',
    ],
    [
      { lake: { objectLock: { mode: 'strict', days: 365 } } },
      'simledger.lake.objectLock.mode: "strict" given; accepted is one of governance, compliance',
    ],
    [
      { lake: { objectLock: { mode: 'governance' } } },
      'simledger.lake.objectLock.days: nothing given; accepted is a whole number from 1 to 36500 (days)',
    ],
    [
      { removal: 'destroy', lake: { objectLock: { mode: 'governance', days: 30 } } },
      'simledger.lake.objectLock: {"mode":"governance","days":30} given; accepted is nothing with removal destroy: what is locked cannot be deleted, so that the stack could not be deleted either',
    ],
    [
      { api: { access: 'none', corsOrigins: ['*'] } },
      'simledger.api.corsOrigins: ["*"] given; accepted is nothing: api.access none deploys no API',
    ],
    [[], `simledger: [] given; accepted is an object with the keys ${keys}`],
    ['17', `simledger: 17 given; accepted is an object with the keys ${keys}`],
  ])('%j is refused by key, value and what is accepted', (given, complaint) => {
    expect(complaintAbout(given)).toBe(complaint);
  });

  it('lists all mistakes at once', () => {
    expect(complaintAbout({ removal: 1, retention: { eventDays: -1 } })).toBe(
      [
        'simledger.retention.eventDays: -1 given; accepted is a whole number from 0 to 36500 (days; 0 keeps events forever)',
        'simledger.removal: 1 given; accepted is one of retain, destroy',
      ].join('\n'),
    );
  });

  it('that is not JSON is quoted in the error', () => {
    expect(complaintAbout('{sources')).toMatch(
      /^simledger: \{sources given; accepted is a JSON object \(.+\)$/,
    );
  });

  it.each([
    [['kore', 'kore'], 'SourceKore'],
    [['kore-1', 'kore1'], 'SourceKore1'],
    [['kore-eu', 'koreeu'], 'SourceKoreeu'],
    [['twilio', 'twilio-webhook'], 'SourceTwilioWebhookSink'],
  ])('with the names %j, which would make the same id, is refused', (names, id) => {
    const sources = names.map((name) => ({ name, carrier: 'kore' }));
    expect(complaintAbout({ sources })).toBe(
      `simledger.sources: ${JSON.stringify(sources)} given; accepted is sources whose names make different ids: ${names.join(' and ')} both make ${id}. Rename one of them`,
    );
  });
});

describe('the customer’s key', () => {
  const accepted =
    'the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab; permissions are for a key, not for an alias or a bare id (aws kms describe-key --key-id … --query KeyMetadata.Arn shows the ARN)';

  it.each([
    keyArn,
    'arn:aws:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab',
    'arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  ])('may be %s', (kmsKeyArn) => {
    expect(readConfiguration(nodeWith({ simledger: { kmsKeyArn } })).kmsKeyArn).toBe(kmsKeyArn);
  });

  it.each([
    'arn:aws:kms:eu-central-1:123456789012:alias/simledger',
    'alias/simledger',
    '1234abcd-12ab-34cd-56ef-1234567890ab',
    'arn:aws:kms:eu-central-1:123456789012:key/*',
    'arn:aws:kms:eu-central-1:123456789012:key/simledger',
    'arn:aws:s3:::bucket',
    true,
  ])('is not %s', (kmsKeyArn) => {
    expect(complaintAbout({ kmsKeyArn })).toBe(
      `simledger.kmsKeyArn: ${JSON.stringify(kmsKeyArn)} given; accepted is ${accepted}`,
    );
  });

  it('is of the region where the stack is deployed', () => {
    expect(complaintAbout({ kmsKeyArn: keyArn }, 'eu-central-1')).toBe('accepted');
    expect(complaintAbout({ kmsKeyArn: keyArn }, 'eu-west-1')).toBe(
      `simledger.kmsKeyArn: "${keyArn}" given; accepted is a key of eu-west-1, where the stack is deployed: services use keys of their own region only`,
    );
  });
});

describe('access logs', () => {
  it.each([true, false, 'company-logs', 'logs.example.com'])('may be %j', (accessLogs) => {
    expect(readConfiguration(nodeWith({ simledger: { accessLogs } })).accessLogs).toBe(accessLogs);
  });

  it.each(['true', 'false', 'Logs', 'ab', 'arn:aws:s3:::logs', 'logs/simledger', 1, null])(
    'are not %j',
    (accessLogs) => {
      expect(complaintAbout({ accessLogs })).toBe(
        `simledger.accessLogs: ${JSON.stringify(accessLogs)} given; accepted is true for a new bucket, the name of a bucket that exists, or false`,
      );
    },
  );
});

describe('adopted tables', () => {
  it('are different ones', () => {
    expect(complaintAbout({ adopt: { tables: { Usage: 'old', Sims: 'sims', Events: 'old' } } })).toBe(
      'simledger.adopt.tables.Events: "old" given; accepted is a table of its own: Usage has this one, and the items of both would be mixed',
    );
  });

  it('are refused if the stack’s own would be deleted for them', () => {
    const tables = { Sessions: 'simledger-StorageSessions4C9DB8A5-1ABC', Usage: 'usage-restored' };
    const accepted =
      'nothing with removal destroy: a table that the stack itself has made would be deleted, with all that is in it. Deploy removal retain first, and adopt the table by a second deployment';
    expect(complaintAbout({ removal: 'destroy', adopt: { tables } })).toBe(
      [
        `simledger.adopt.tables.Sessions: "${tables.Sessions}" given; accepted is ${accepted}`,
        `simledger.adopt.tables.Usage: "${tables.Usage}" given; accepted is ${accepted}`,
      ].join('\n'),
    );
    expect(complaintAbout({ removal: 'retain', adopt: { tables } })).toBe('accepted');
    expect(complaintAbout({ removal: 'destroy', adopt: { tables: {} } })).toBe('accepted');
  });
});

describe('a fleet', () => {
  const million = { sims: 1_000_000, updateMinutes: 6 };
  const provisioned = { mode: 'provisioned' };

  it('sizes a provisioned stream for all SIMs that connect again at once', () => {
    const source = { name: 'a', carrier: 'kore', stream: provisioned };
    const [sized] = readConfiguration(nodeWith({ simledger: { sources: [source], fleet: million } })).sources;
    expect([sized?.fleet, sized?.stream.shards]).toEqual([million, 38]);
  });

  it('leaves the shards that are given', () => {
    const stream = { ...provisioned, shards: 5 };
    expect(sourceFrom({ carrier: 'kore', stream, fleet: million })?.stream.shards).toBe(5);
  });

  it('is each source’s own if there are several', () => {
    const sources = [
      { name: 'a', carrier: 'kore', fleet: million },
      { name: 'b', carrier: 'kore' },
    ];
    expect(readConfiguration(nodeWith({ simledger: { sources } })).sources.map((one) => one.fleet)).toEqual([
      million,
      undefined,
    ]);
    expect(complaintAbout({ sources, fleet: million })).toBe(
      'simledger.fleet: {"sims":1000000,"updateMinutes":6} given; accepted is nothing where there are several sources: give each source its own fleet',
    );
  });

  it('has SIMs and the minutes between two records of one', () => {
    expect(complaintAbout({ fleet: { sims: 0, updateMinutes: 6 } })).toBe(
      'simledger.fleet.sims: 0 given; accepted is a whole number from 1 to 100000000 (SIMs)',
    );
    expect(complaintAbout({ fleet: { sims: 5 } })).toBe(
      'simledger.fleet.updateMinutes: nothing given; accepted is a whole number from 1 to 1440 (minutes between two records of a SIM)',
    );
  });
});

describe('a context key', () => {
  it.each([
    [{ removal: 'destroy' }, 'removal', '"destroy"'],
    [{ simledgr: '{}' }, 'simledgr', '"{}"'],
    [{ 'simledger.removal': 'destroy' }, 'simledger.removal', '"destroy"'],
  ])('of %j is refused, because nothing reads it', (context, key, value) => {
    expect(() => refuseUnknownContext(nodeWith(context))).toThrow(
      new ConfigurationError(
        `The context key ${key} is unknown: ${value} given; accepted is simledger, stackName (settings are given as JSON: -c simledger='{"removal":"destroy"}')`,
      ),
    );
  });

  it('of simledger or CDK is taken', () => {
    const context = {
      ...cdk.context,
      stackName: 'trial',
      'acknowledged-issue-numbers': [1],
      'availability-zones:account=1:region=eu-central-1': [],
    };
    expect(() => refuseUnknownContext(nodeWith(context))).not.toThrow();
  });
});

describe('the stack’s name', () => {
  it('is simledger unless given', () => {
    expect(readStackName(nodeWith({}))).toBe('simledger');
  });

  it('is the one given', () => {
    expect(readStackName(nodeWith({ stackName: 'Fleet-2' }))).toBe('Fleet-2');
  });

  it.each(['2_fleets', `a${'b'.repeat(118)}`])('is refused if AWS would refuse it: %s', (stackName) => {
    expect(() => readStackName(nodeWith({ stackName }))).toThrow(
      new ConfigurationError(
        `stackName: "${stackName}" given; accepted is a letter, then up to 117 letters, digits and hyphens`,
      ),
    );
  });
});

describe('a source’s logical name', () => {
  it.each([
    ['default', 'Default'],
    ['1nce', '1nce'],
    ['kore-eu--2', 'KoreEu2'],
  ])('of %s is %s', (name, expected) => {
    expect(makeLogicalName({ name })).toBe(expected);
  });
});
