import { describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import {
  ConfigurationError,
  readConfiguration,
  readStackName,
  refuseUnknownContext,
} from '../../lib/configuration.ts';
import type { SourceSettings } from '../../lib/settings.ts';
import { makeLogicalName } from '../../lib/source-ids.ts';
import { complaintAbout, nodeWith, sourceFrom } from './configured-node.ts';

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

const defaults = readConfiguration(nodeWith({}));

describe('the configuration', () => {
  it('has one source, and tables of its own, if nothing is given; its page has the other defaults', () => {
    const { sources, adoptedTables } = defaults;
    expect({ sources, adoptedTables }).toEqual({ sources: [koreSource], adoptedTables: {} });
  });

  it('is the default as cdk.json shows it', () => {
    expect(readConfiguration(nodeWith(cdk.context))).toEqual(defaults);
  });

  it('fills in defaults: durations, receivers, metrics, and sources from keys of the stack', () => {
    const given = {
      sources: [{ name: 'kore1', carrier: 'kore', bucket: true }],
      fleet: { sims: 10, updateMinutes: 6 },
      retention: { ...defaults.retention, streamHours: 24 },
      alerts: { rules: [], groupWait: '1h' },
      receivers: [{ name: 'programs', kind: 'bus' }],
      otlp: { secret: 'simledger/otlp' },
      adopt: { tables: { Sessions: 'sessions-restored' } },
    };
    const stream = { ...koreSource.stream, retentionHours: 24 };
    expect(readConfiguration(nodeWith({ simledger: given }))).toEqual({
      ...defaults,
      sources: [{ ...koreSource, name: 'kore1', stream, fleet: given.fleet }],
      retention: given.retention,
      alerts: { ...defaults.alerts, rules: [], groupWait: 3_600_000 },
      receivers: [
        { name: 'programs', kind: 'bus', arn: undefined, minimumSeverity: 'info', rules: undefined },
      ],
      otlp: { secret: 'simledger/otlp', series: 300, allowPrivateAddresses: false },
      adoptedTables: given.adopt.tables,
    });
  });

  it('accepts JSON text, as from the command line', () => {
    expect(readConfiguration(nodeWith({ simledger: '{"removal":"destroy"}' }))).toEqual({
      ...defaults,
      removal: 'destroy',
    });
  });
});

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

describe('a fleet', () => {
  const million = { sims: 1_000_000, updateMinutes: 6 };
  const provisioned = { mode: 'provisioned' };

  it('sizes a provisioned stream for a storm in which all SIMs reconnect', () => {
    const source = { name: 'a', carrier: 'kore', stream: provisioned };
    const [sized] = readConfiguration(nodeWith({ simledger: { sources: [source], fleet: million } })).sources;
    expect([sized?.fleet, sized?.stream.shards]).toEqual([million, 38]);
  });

  it('keeps configured shards', () => {
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
      'simledger.fleet: {"sims":1000000,"updateMinutes":6} given; accepted is nothing with several sources: give each source its own fleet',
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

  it('of simledger or CDK is accepted', () => {
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
