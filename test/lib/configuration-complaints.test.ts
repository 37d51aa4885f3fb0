import { describe, expect, it } from 'vitest';
import { carriers } from '../../lambda/ledger/source.ts';
import { readConfiguration } from '../../lib/configuration.ts';
import { complaintAbout, keyArn, nodeWith } from './configured-node.ts';

/** The keys that a complaint about another key lists; those of docs/configuration.md, as its test sees to. */
function readAcceptedKeys(simledger: object): string {
  return / given; accepted is an object with the keys (.+)$/m.exec(complaintAbout(simledger))?.[1] ?? '';
}

const keys = readAcceptedKeys({ unknown: 1 });
const sourceKeys = readAcceptedKeys({ sources: [{ unknown: 1 }] });

describe('a wrong configuration', () => {
  it.each([
    [
      { sources: [{ carrier: 'kore', silentHours: 6 }] },
      'simledger.sources[0].silentHours: 6 given; accepted is nothing: remove it. The alert `source` says when a source is behind, and `lateness` how late its records may arrive',
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
      { importer: 30 },
      'simledger.importer: 30 given; accepted is an object with the keys maximumConcurrency',
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
      'simledger.sources[0].principal: nothing given; accepted is the ARN of the principal that assumes the role: telekom does not publish one',
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
      'simledger.sources[0].writer: "none" given; accepted is role or user, unless webhook is true: no records could arrive',
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
      'simledger.sources[0].webhookRequestsPerSecond: 5 given; accepted is nothing: only a source with webhook true receives requests',
    ],
    [
      { sources: [{ name: 'a', carrier: 'twilio', bytesPerMegabyte: 1_048_576 }] },
      'simledger.sources[0].bytesPerMegabyte: 1048576 given; accepted is nothing: twilio states bytes',
    ],
    [
      { sources: [{ name: 'a', carrier: 'telekom' }], sessionRefresh: 'hourly' },
      'simledger.sessionRefresh: "hourly" given; accepted is update: session updates come only from Twilio or KORE, and no source is theirs',
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
      'simledger.lake.objectLock: {"mode":"governance","days":30} given; accepted is nothing with removal destroy: locked objects cannot be deleted, so neither could the stack',
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

  it('must be in the region that the stack is deployed to', () => {
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
  it('must differ from each other', () => {
    expect(complaintAbout({ adopt: { tables: { Usage: 'old', Sims: 'sims', Events: 'old' } } })).toBe(
      'simledger.adopt.tables.Events: "old" given; accepted is a table of its own: Usage has this one, and their items would be mixed',
    );
  });

  it('are refused if the stack’s own tables would be deleted instead', () => {
    const tables = { Sessions: 'simledger-StorageSessions4C9DB8A5-1ABC', Usage: 'usage-restored' };
    const accepted =
      'nothing with removal destroy: if the stack itself created the table, it would be deleted with its items. First deploy with removal retain, then adopt the table in a second deployment';
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
