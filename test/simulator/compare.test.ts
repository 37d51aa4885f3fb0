import { DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { compareLedger, type Item, type LedgerTables } from '../../simulator/compare.ts';
import { readLedgerTables } from '../../simulator/dynamodb-tables.ts';
import type { FleetTruth } from '../../simulator/truth.ts';

const sim = '8988307000000000001';

const truth: FleetTruth = {
  partitions: new Map([
    [
      sim,
      {
        sessions: new Map([
          [
            'PI1',
            {
              status: 'ended',
              start: '2026-10-01T00:00:00.000Z',
              end: '2026-10-01T01:00:00.000Z',
              lastUpdated: '2026-10-01T01:00:00.000Z',
              dataUploaded: 1,
              dataDownloaded: 2,
              dataTotal: 3,
            },
          ],
        ]),
        usage: new Map([
          [
            '2026-10-01T00:00:00.000Z#EZ1',
            {
              dataUploaded: 1,
              dataDownloaded: 2,
              dataTotal: 3,
              messages: undefined,
              messagesTx: undefined,
              messagesRx: undefined,
            },
          ],
          [
            '2026-10-01T00:30:00.000Z#EZ2',
            { dataUploaded: 0, dataDownloaded: 0, dataTotal: 0, messages: 1, messagesTx: 1, messagesRx: 0 },
          ],
        ]),
        events: new Map([['2026-10-01T01:00:00.000Z#EZ3', { type: 'data-session.ended' }]]),
        answers: () => new Map(),
        signs: { signalled: undefined, bytes: undefined, session: undefined },
        total: { uploaded: 1, downloaded: 2, messages: 1 },
      },
    ],
  ]),
  counts: { delivered: 3, distinct: 3, ignored: 0, rejected: 0 },
};

/** Items as a right ledger would hold them. */
function items() {
  return {
    sessions: [
      {
        sim,
        sessionId: 'PI1',
        status: 'ended',
        start: '2026-10-01T00:00:00.000Z',
        end: '2026-10-01T01:00:00.000Z',
        lastUpdated: '2026-10-01T01:00:00.000Z',
        dataUploaded: 1,
        dataDownloaded: 2,
        dataTotal: 3,
        apn: 'super',
      },
    ] as Item[],
    usage: [
      { sim, usageId: '2026-10-01T00:00:00.000Z#EZ1', dataUploaded: 1, dataDownloaded: 2, dataTotal: 3 },
      {
        sim,
        usageId: '2026-10-01T00:30:00.000Z#EZ2',
        dataUploaded: 0,
        dataDownloaded: 0,
        dataTotal: 0,
        messages: 1,
        messagesTx: 1,
        messagesRx: 0,
      },
    ] as Item[],
    events: [
      {
        sim,
        eventKey: '2026-10-01T01:00:00.000Z#EZ3',
        type: 'data-session.ended',
        carrierType: 'com.twilio.…',
      },
    ] as Item[],
  };
}

function tablesOf(held: ReturnType<typeof items>): LedgerTables {
  async function* all(list: readonly Item[]): AsyncGenerator<Item> {
    yield* list;
  }
  return { sessions: () => all(held.sessions), usage: () => all(held.usage), events: () => all(held.events) };
}

const checked = { sessions: 1, usage: 2, events: 1 };

describe('the comparison of ledger and truth', () => {
  it('finds no difference if every item exists and is correct', async () => {
    expect(await compareLedger(truth, tablesOf(items()))).toEqual({
      equal: true,
      differences: [],
      differing: 0,
      checked,
    });
  });

  it('names a missing item', async () => {
    const held = items();
    held.usage.pop();
    const differences = [`Usage ${sim} 2026-10-01T00:30:00.000Z#EZ2: missing`];
    expect(await compareLedger(truth, tablesOf(held))).toEqual({
      equal: false,
      differences,
      differing: 1,
      checked,
    });
  });

  it('names an extra item, of a known SIM or of an unknown one', async () => {
    const held = items();
    held.sessions.push({ sim, sessionId: 'PI2', status: 'open' });
    held.events.push({ sim: 'account:1nce:1', eventKey: 'now#1', type: 'event.6' });
    const differences = [`Sessions ${sim} PI2: not expected`, 'Events account:1nce:1 now#1: not expected'];
    expect(await compareLedger(truth, tablesOf(held))).toEqual({
      equal: false,
      differences,
      differing: 2,
      checked,
    });
  });

  it('names an attribute that is wrong, or that no record stated', async () => {
    const held = items();
    held.sessions[0] = { ...held.sessions[0], dataTotal: 6, status: 'open' };
    held.usage[0] = { ...held.usage[0], messages: 1 };
    held.events[0] = { ...held.events[0], type: 'data-session.failed' };
    const differences = [
      `Sessions ${sim} PI1: status expected "ended", found "open"`,
      `Sessions ${sim} PI1: dataTotal expected 3, found 6`,
      `Usage ${sim} 2026-10-01T00:00:00.000Z#EZ1: messages expected none, found 1`,
      `Events ${sim} 2026-10-01T01:00:00.000Z#EZ3: type expected "data-session.ended", found "data-session.failed"`,
    ];
    expect(await compareLedger(truth, tablesOf(held))).toEqual({
      equal: false,
      differences,
      differing: 4,
      checked,
    });
  });

  it('names twenty differences, and counts all', async () => {
    const held = items();
    for (let extra = 0; extra < 30; extra++) held.usage.push({ sim, usageId: `then#${extra}` });
    const comparison = await compareLedger(truth, tablesOf(held));
    expect(comparison.differences).toHaveLength(20);
    expect(comparison.differing).toBe(30);
  });

  it('reads all pages of a table, its numbers as numbers and inexact ones as text', async () => {
    const pages = [
      {
        Items: [{ sim: { S: sim }, usageId: { S: 'a' }, dataTotal: { N: '12' } }],
        LastEvaluatedKey: { sim: { S: sim }, usageId: { S: 'a' } },
      },
      { Items: [{ sim: { S: sim }, usageId: { S: 'b' }, dataTotal: { N: '9007199254740993' } }] },
    ];
    const startKeys: unknown[] = [];
    const client = new DynamoDBClient({ region: 'us-east-1' });
    mockClient(client)
      .on(ScanCommand)
      .callsFake((input: ScanCommandInput) => {
        startKeys.push(input.ExclusiveStartKey);
        return pages[startKeys.length - 1];
      });
    const read: Item[] = [];
    for await (const item of readLedgerTables(client).usage()) read.push(item);
    expect(read).toEqual([
      { sim, usageId: 'a', dataTotal: 12 },
      { sim, usageId: 'b', dataTotal: '9007199254740993' },
    ]);
    expect(startKeys).toEqual([undefined, pages[0]?.LastEvaluatedKey]);
  });
});
