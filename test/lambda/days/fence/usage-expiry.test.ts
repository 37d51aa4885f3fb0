import { DescribeTimeToLiveCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { guardUsageExpiry, mayUsageExpire } from '../../../../lambda/days/fence/usage-expiry.ts';
import { TableExpiry } from '../../../../lambda/store/table-expiry.ts';

const hour = 3_600_000;

describe('usage', () => {
  it.each([
    ['is kept forever where that is asked for', 0, undefined, '2026-11-30T00:00:00.000Z', false],
    ['expires where all days are sealed', 40, undefined, '2026-11-30T00:00:00.000Z', true],
    ['expires while the oldest unsealed day is young', 40, '2026-11-01', '2026-11-30T23:59:59.999Z', true],
    ['stops to at three quarters of that day’s age', 40, '2026-11-01', '2026-12-01T00:00:00.000Z', false],
    [
      'does not begin to while a day is unsealed for long',
      40,
      '2026-11-01',
      '2027-11-01T00:00:00.000Z',
      false,
    ],
  ])('%s', (_, usageDays, oldestUnsealedDay, now, expected) => {
    const unsealedSince = oldestUnsealedDay === undefined ? undefined : Date.parse(oldestUnsealedDay);
    expect(mayUsageExpire({ usageDays, unsealedSince, now: Date.parse(now) })).toBe(expected);
  });
});

describe('the expiry of usage', () => {
  /** A table whose expiry is switched every hour: the result of each call, and how often it was switched. */
  async function guard(oldest: readonly (string | undefined)[], usageDays = 16) {
    const state = { isOn: usageDays > 0, switched: 0 };
    const expiry = {
      isOn: async () => state.isOn,
      turn: async (on: boolean) => {
        state.isOn = on;
        state.switched += 1;
      },
    };
    const held: boolean[] = [];
    const begin = Date.parse('2026-11-13T00:00:00.000Z') - hour;
    for (const [index, oldestUnsealedDay] of oldest.entries()) {
      const unsealedSince = oldestUnsealedDay === undefined ? undefined : Date.parse(oldestUnsealedDay);
      held.push(await guardUsageExpiry({ usageDays, unsealedSince, now: begin + index * hour }, expiry));
    }
    return { held, ...state };
  }

  it('is switched off once, reported while it is off, and switched on by the seal', async () => {
    const late = '2026-11-01';
    expect(await guard([late, late, late])).toEqual({ held: [false, true, true], isOn: false, switched: 1 });
    expect(await guard([late, late, '2026-11-02'])).toEqual({
      held: [false, true, false],
      isOn: true,
      switched: 2,
    });
  });

  it('is not changed or reported if usage is kept forever', async () => {
    expect(await guard(['2020-01-01', undefined], 0)).toEqual({
      held: [false, false],
      isOn: false,
      switched: 0,
    });
  });

  it.each([
    ['ENABLED', true],
    ['ENABLING', true],
    ['DISABLING', false],
    ['DISABLED', false],
  ] as const)('that DynamoDB calls %s is on: %s', async (status, isOn) => {
    const client = new DynamoDBClient({});
    const mock = mockClient(client);
    mock.on(DescribeTimeToLiveCommand, { TableName: 'Usage' }).resolves({
      TimeToLiveDescription: { TimeToLiveStatus: status },
    });
    const expiry = new TableExpiry(client, 'Usage', 'expiresAt');
    expect(await expiry.isOn()).toBe(isOn);
    await expiry.turn(!isOn);
    expect(mock.commandCalls(UpdateTimeToLiveCommand).map(({ args }) => args[0].input)).toEqual([
      { TableName: 'Usage', TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: !isOn } },
    ]);
  });
});
