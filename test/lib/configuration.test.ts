import { App } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import { describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import {
  type Configuration,
  ConfigurationError,
  configurationOf,
  logicalName,
  stackNameOf,
} from '../../lib/configuration.ts';

const defaults: Configuration = {
  sources: [{ name: 'default', carrier: 'kore', bytesPerMegabyte: 1_000_000 }],
  streamRetentionHours: 168,
  eventRetentionDays: 90,
  removal: 'retain',
};

function nodeWith(context: Record<string, unknown>): Node {
  return new App({ context }).node;
}

/** What the user reads when the configuration is wrong. */
function complaintAbout(simledger: unknown): string {
  try {
    configurationOf(nodeWith({ simledger }));
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the configuration', () => {
  it('is the default where nothing is given', () => {
    expect(configurationOf(nodeWith({}))).toEqual(defaults);
  });

  it('is the default as cdk.json shows it', () => {
    expect(configurationOf(nodeWith(cdk.context))).toEqual(defaults);
  });

  it('takes an object', () => {
    const given = {
      sources: [
        { name: 'emnify-eu', carrier: 'emnify', bytesPerMegabyte: 1_048_576 },
        { name: 'kore1', carrier: 'kore' },
      ],
      streamRetentionHours: 24,
      eventRetentionDays: 0,
      removal: 'destroy',
    };
    const expected = {
      ...given,
      sources: [given.sources[0], { name: 'kore1', carrier: 'kore', bytesPerMegabyte: 1_000_000 }],
    };
    expect(configurationOf(nodeWith({ simledger: given }))).toEqual(expected);
  });

  it('takes JSON text, as the command line gives it', () => {
    expect(configurationOf(nodeWith({ simledger: '{"removal":"destroy"}' }))).toEqual({
      ...defaults,
      removal: 'destroy',
    });
  });
});

describe('a wrong configuration', () => {
  it.each([
    [
      { streamRetentionHours: 23 },
      'simledger.streamRetentionHours: 23 given; accepted is a whole number from 24 to 8760 (hours)',
    ],
    [
      { streamRetentionHours: 8761 },
      'simledger.streamRetentionHours: 8761 given; accepted is a whole number from 24 to 8760 (hours)',
    ],
    [
      { streamRetentionHours: '168' },
      'simledger.streamRetentionHours: "168" given; accepted is a whole number from 24 to 8760 (hours)',
    ],
    [
      { eventRetentionDays: 1.5 },
      'simledger.eventRetentionDays: 1.5 given; accepted is a whole number from 0 to 36500 (days; 0 keeps events for ever)',
    ],
    [{ removal: 'delete' }, 'simledger.removal: "delete" given; accepted is one of retain, destroy'],
    [{ sources: [] }, 'simledger.sources: [] given; accepted is a list of 1 to 10 sources'],
    [{ sources: 'kore' }, 'simledger.sources: "kore" given; accepted is a list of 1 to 10 sources'],
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
      'simledger.sources[0].carrier: "acme" given; accepted is one of twilio, kore, 1nce, emnify, telekom',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', bytesPerMegabyte: 0 }] },
      'simledger.sources[0].bytesPerMegabyte: 0 given; accepted is a whole number from 1000000 to 1048576 (bytes)',
    ],
    [
      { sources: [{ name: 'a', carrier: 'kore', colour: 'red' }] },
      'simledger.sources[0].colour: "red" given; accepted is an object with the keys name, carrier, bytesPerMegabyte',
    ],
    [
      { retention: 30 },
      'simledger.retention: 30 given; accepted is an object with the keys sources, streamRetentionHours, eventRetentionDays, removal',
    ],
    [
      [],
      'simledger: [] given; accepted is an object with the keys sources, streamRetentionHours, eventRetentionDays, removal',
    ],
    [
      '17',
      'simledger: 17 given; accepted is an object with the keys sources, streamRetentionHours, eventRetentionDays, removal',
    ],
  ])('%j is refused by key, value and what is accepted', (given, complaint) => {
    expect(complaintAbout(given)).toBe(complaint);
  });

  it('is told all its mistakes at once', () => {
    expect(complaintAbout({ removal: 1, eventRetentionDays: -1 })).toBe(
      [
        'simledger.eventRetentionDays: -1 given; accepted is a whole number from 0 to 36500 (days; 0 keeps events for ever)',
        'simledger.removal: 1 given; accepted is one of retain, destroy',
      ].join('\n'),
    );
  });

  it('that is no JSON is repeated', () => {
    expect(complaintAbout('{sources')).toMatch(
      /^simledger: \{sources given; accepted is a JSON object \(.+\)$/,
    );
  });

  it('with more sources than a function’s environment holds is refused', () => {
    const sources = Array.from({ length: 11 }, (_, index) => ({ name: `kore${index}`, carrier: 'kore' }));
    expect(complaintAbout({ sources })).toContain('accepted is a list of 1 to 10 sources');
  });

  it.each([[['kore', 'kore']], [['kore-1', 'kore1']]])(
    'with the names %j, which would be the same logical id, is refused',
    (names) => {
      const sources = names.map((name) => ({ name, carrier: 'kore' }));
      expect(complaintAbout({ sources })).toBe(
        `simledger.sources: ${JSON.stringify(sources)} given; accepted is sources whose names differ by more than their hyphens`,
      );
    },
  );
});

describe('the stack’s name', () => {
  it('is simledger unless given', () => {
    expect(stackNameOf(nodeWith({}))).toBe('simledger');
  });

  it('is the one given', () => {
    expect(stackNameOf(nodeWith({ stackName: 'Fleet-2' }))).toBe('Fleet-2');
  });

  it('is refused where CloudFormation would refuse it', () => {
    expect(() => stackNameOf(nodeWith({ stackName: '2_fleets' }))).toThrow(
      new ConfigurationError(
        'stackName: "2_fleets" given; accepted is a letter, then up to 127 letters, digits and hyphens',
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
    expect(logicalName({ name })).toBe(expected);
  });
});
