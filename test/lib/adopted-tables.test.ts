import { describe, expect, it } from 'vitest';
import { tables } from '../../lambda/store/tables.ts';
import { appWith, ofType, synthesise } from './synthesised.ts';

const adoptAll = Object.fromEntries(tables.map(({ name }) => [name, `old-${name}`]));

function stackThatAdopts(names: Readonly<Record<string, string>>) {
  return synthesise({ simledger: { adopt: { tables: names } } });
}

describe('tables that the stack adopts', () => {
  const adopting = stackThatAdopts(adoptAll);

  it('are used instead of new ones', () => {
    expect(ofType(adopting, 'AWS::DynamoDB::Table')).toEqual({});
    const { Environment } = adopting.resources['StreamIngest/KinesisConsumer/Function']?.Properties ?? {};
    expect(Environment).toMatchObject({
      Variables: { SESSIONS_TABLE: 'old-Sessions', DELIVERIES_TABLE: 'old-Deliveries' },
    });
    expect(adopting.outputs['SessionsTable']).toBe('old-Sessions');
  });

  it('change nothing about streams, buckets and alarms', () => {
    const own = stackThatAdopts({});
    for (const type of ['AWS::Kinesis::Stream', 'AWS::S3::Bucket', 'AWS::CloudWatch::Alarm']) {
      expect(Object.keys(ofType(adopting, type))).toEqual(Object.keys(ofType(own, type)));
    }
  });

  it('are written with the same permissions, on their own ARNs', () => {
    const policies = JSON.stringify(ofType(adopting, 'AWS::IAM::Policy'));
    for (const { name } of tables) expect(policies).toContain(`table/old-${name}`);
  });
});

describe('the setting adopt', () => {
  it.each([
    [
      { tables: { Sessions: 'a b' } },
      'simledger.adopt.tables.Sessions: "a b" given; accepted is the name of a table',
    ],
    [{ tables: { Session: 'sessions' } }, 'Session'],
  ])('%j is refused', (adopt, message) => {
    expect(() => appWith({ simledger: { adopt } })).toThrow(message);
  });
});
