import {
  BatchExecuteStatementCommand,
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { exportedTables } from '../../../cli/export/formats.ts';
import { compareContents } from '../../../lambda/ledger/contents.ts';
import type { Session, Sim } from '../../../lambda/ledger/observation.ts';
import { mergeSims, sameSim } from '../../../lambda/ledger/sim.ts';
import { compileCodec } from '../../../lambda/store/codec.ts';
import { rankCompleteness } from '../../../lambda/store/completeness.ts';
import {
  type Expressions,
  type ItemUpdate,
  replaceStatement,
  requireUnchanged,
  writeSessionUpdate,
  writeSimUpdate,
} from '../../../lambda/store/expressions.ts';
import {
  encodeEventItem,
  encodeSessionItem,
  encodeSimItem,
  encodeUsageItem,
  type Item,
} from '../../../lambda/store/items.ts';
import {
  decodeKnownUsage,
  knownUsageAttributes,
  knownUsageCodec,
} from '../../../lambda/store/known-usage.ts';
import { decodeEvent } from '../../../lambda/store/records.ts';
import {
  eventCodec,
  itemAttributes,
  possibleAttributes,
  reservedNames,
  simSchema,
  usageCodec,
} from '../../../lambda/store/schema.ts';
import { containsSim } from '../../../lambda/store/sims.ts';
import { insertStatement } from '../../../lambda/store/statements.ts';
import { watchedSimCodec } from '../../../lambda/store/watched-sims.ts';
import { MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { reservedWords } from '../../property/reserved-words.ts';
import { event, session, sim, usage } from '../../records/arbitraries.ts';
import { runs } from '../../records/runs.ts';

/** What is made from the ledger's tables of attributes. */

describe('an item', () => {
  it('of a usage record has its whole content', () => {
    fc.assert(
      fc.property(usage, (state) => {
        const { completeness, ...content } = state;
        expect(usageCodec.decode(encodeUsageItem(state, false))).toEqual(content);
      }),
      runs(300),
    );
  });

  it('of an event has its whole content', () => {
    fc.assert(
      fc.property(event, (state) => {
        const { completeness, arrivedAt, ...content } = state;
        const stored = decodeEvent(encodeEventItem(state, false, 30));
        expect(compareContents(stored, content)).toBe(0);
        expect({ ...stored, network: undefined }).toEqual({ ...content, network: undefined });
        expect(stored.network).toEqual(expect.objectContaining({ ...content.network }));
      }),
      runs(300),
    );
  });

  it('has only possible attributes, with their types', () => {
    fc.assert(
      fc.property(session, usage, event, sim, (a, b, c, d) => {
        const items = {
          sessions: encodeSessionItem(a),
          usage: encodeUsageItem(b, false),
          events: encodeEventItem(c, false, 30),
          sims: encodeSimItem(d),
        };
        const unknown = Object.entries(items).flatMap(([table, item]) => {
          const known = itemAttributes[table as keyof typeof items].map(
            ({ name, type }) => `${name} ${type}`,
          );
          return Object.entries(item)
            .map(([name, value]) => `${name} ${Object.keys(value).join()}`)
            .filter((attribute) => !known.includes(attribute));
        });
        expect(unknown).toEqual([]);
      }),
      runs(200),
    );
  });
});

/** What an update stores where no item was. */
function itemAfter(key: Item, { ExpressionAttributeValues }: Expressions): Item {
  const { ':oldest': oldest, ...values } = ExpressionAttributeValues;
  const set = Object.entries(values).map(([name, value]) => [name.slice(1), value]);
  return { ...key, ...Object.fromEntries(set) };
}

test('what alerts need of a usage record is decoded from the attributes of its item', () => {
  fc.assert(
    fc.property(usage, fc.boolean(), (state, isWhole) => {
      const { completeness, ...content } = state;
      const item = encodeUsageItem(state, isWhole);
      const part = Object.fromEntries(
        Object.entries(item).filter(([name]) => knownUsageAttributes.includes(name)),
      );
      const known = decodeKnownUsage(part);
      expect(content).toEqual(expect.objectContaining({ ...known }));
      expect(Object.keys(known)).toEqual(knownUsageCodec.attributes.map(({ name }) => name));
      // It counts where the whole item counts, but for ties.
      expect(rankCompleteness(part)).toBe(rankCompleteness(item));
    }),
    runs(200),
  );
});

describe('an update', () => {
  it('of a session that is not stored creates its item', () => {
    fc.assert(
      fc.property(session, (state: Session) => {
        const key = { sim: { S: state.sim }, sessionId: { S: state.sessionId } };
        expect(itemAfter(key, writeSessionUpdate(state).expressions)).toEqual(encodeSessionItem(state));
      }),
      runs(300),
    );
  });

  it('of a SIM that is not stored creates its item', () => {
    fc.assert(
      fc.property(sim, (state: Sim) => {
        expect(itemAfter({ sim: { S: state.sim } }, writeSimUpdate(state).expressions)).toEqual(
          encodeSimItem(state),
        );
      }),
      runs(300),
    );
  });
});

describe('an update as a statement', () => {
  /** What becomes of a stored item by a single request, or by a statement and, if it finds no item, an insertion. */
  function applyBoth(
    tableName: string,
    key: Item,
    before: Item | undefined,
    after: Item,
    update: ItemUpdate,
  ) {
    const [byRequest, byStatement] = [new MemoryDynamoDb(), new MemoryDynamoDb()];
    if (before !== undefined) {
      for (const engine of [byRequest, byStatement])
        engine.answer(new PutItemCommand({ TableName: tableName, Item: before }));
    }
    try {
      byRequest.answer(new UpdateItemCommand({ TableName: tableName, Key: key, ...update.expressions }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    const statements = [update.toStatement(tableName, key)];
    if (before === undefined) statements.push(insertStatement(tableName, key, after));
    for (const { text, parameters } of statements) {
      const Statements = [{ Statement: text, Parameters: parameters }];
      byStatement.answer(new BatchExecuteStatementCommand({ Statements }));
    }
    return { byRequest: byRequest.items(tableName), byStatement: byStatement.items(tableName) };
  }

  it('changes a session as a request of its own does', () => {
    fc.assert(
      fc.property(fc.option(session, { nil: undefined }), session, (before, change) => {
        const key = { sim: { S: change.sim }, sessionId: { S: change.sessionId } };
        const stands = before && { ...encodeSessionItem(before), ...key };
        const { byRequest, byStatement } = applyBoth(
          'Sessions',
          key,
          stands,
          encodeSessionItem(change),
          writeSessionUpdate(change),
        );
        expect(byStatement).toEqual(byRequest);
      }),
      runs(500),
    );
  });

  it('changes a SIM as a request of its own does', () => {
    fc.assert(
      fc.property(fc.option(sim, { nil: undefined }), sim, (before, change) => {
        const key = { sim: { S: change.sim } };
        const stands = before && { ...encodeSimItem(before), ...key };
        const { byRequest, byStatement } = applyBoth(
          'Sims',
          key,
          stands,
          encodeSimItem(change),
          writeSimUpdate(change),
        );
        expect(byStatement).toEqual(byRequest);
      }),
      runs(300),
    );
  });

  it('replaces what was read as a request of its own does, and nothing that differs in one attribute', () => {
    const possible = possibleAttributes.sims;
    const differing = fc.option(fc.constantFrom(...possible.filter((name) => name !== 'sim')));
    fc.assert(
      fc.property(sim, sim, sim, differing, (read, other, change, attribute) => {
        const key = { sim: { S: 'a' } };
        const [seen, after]: [Item, Item] = [
          { ...encodeSimItem(read), ...key },
          { ...encodeSimItem(change), ...key },
        ];
        // The stored item is what was read, or has one attribute more, less, or of another value.
        const { [attribute ?? '']: _, ...rest } = seen;
        const value = attribute === null ? undefined : encodeSimItem(other)[attribute];
        const before = { ...rest, ...(attribute !== null && value !== undefined && { [attribute]: value }) };
        const [byRequest, byStatement] = [new MemoryDynamoDb(), new MemoryDynamoDb()];
        for (const engine of [byRequest, byStatement])
          engine.answer(new PutItemCommand({ TableName: 'Sims', Item: before }));
        const condition = requireUnchanged(seen, possible);
        try {
          byRequest.answer(new PutItemCommand({ TableName: 'Sims', Item: after, ...condition }));
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }
        const { text, parameters } = replaceStatement('Sims', key, seen, after, possible);
        byStatement.answer(
          new BatchExecuteStatementCommand({ Statements: [{ Statement: text, Parameters: parameters }] }),
        );
        expect(byStatement.items('Sims')).toEqual(byRequest.items('Sims'));
      }),
      runs(500),
    );
  });

  it('and an insertion quote all names, and stay within DynamoDB’s limits for statements', () => {
    const tableName = 't'.repeat(255);
    const quoted = /"[\w.-]+"|'[\w.-]+'/g;
    const words = /^(?:UPDATE|SET|REMOVE|WHERE|AND|OR|IS|MISSING|INSERT|INTO|VALUE|[\s?=<>(){}:,])*$/;
    fc.assert(
      fc.property(session, usage, event, sim, (a, b, c, d) => {
        const key = { sim: { S: a.sim } };
        for (const { text } of [
          writeSessionUpdate(a).toStatement(tableName, { ...key, sessionId: { S: a.sessionId } }),
          writeSimUpdate(d).toStatement(tableName, key),
          ...[
            encodeSessionItem(a),
            encodeUsageItem(b, false),
            encodeEventItem(c, false, 30),
            encodeSimItem(d),
          ].map((item) => insertStatement(tableName, key, item)),
        ]) {
          expect([text.length <= 8_192, words.test(text.replaceAll(quoted, ''))]).toEqual([true, true]);
        }
      }),
      runs(200),
    );
    // For any number of attributes of a state.
    for (const attributes of [possibleAttributes.sessions, possibleAttributes.sims]) {
      expect(attributes.map((name) => ` SET "${name}" = ?`).join('').length).toBeLessThan(8_192 - 1_000);
    }
  });
});

test('a SIM’s item contains a record if merging the two would not change it', () => {
  let contained = 0;
  fc.assert(
    fc.property(sim, sim, fc.array(fc.constantFrom(...simSchema.map(({ name }) => name))), (a, b, taken) => {
      // Some groups equal the stored ones, so that often only one or two of them decide.
      const groups = { ...b.groups, ...Object.fromEntries(taken.map((name) => [name, a.groups[name]])) };
      const record = { ...b, sim: a.sim, groups };
      const stays = sameSim(a, mergeSims(a, record));
      if (stays) contained += 1;
      expect(containsSim(encodeSimItem(a), record)).toBe(stays);
    }),
    // In a tenth of these, no record might be contained.
    { numRuns: 1_000 },
  );
  expect(contained).toBeGreaterThan(0);
});

test('two statements of a group are printed alike only if they are equal', () => {
  fc.assert(
    fc.property(sim, sim, (a, b) => {
      for (const { name, print } of simSchema) {
        const [x, y] = [a.groups[name]?.group, b.groups[name]?.group];
        if (x === undefined || y === undefined) continue;
        expect(print(x) === print(y)).toBe(JSON.stringify(x) === JSON.stringify(y));
      }
    }),
    runs(300),
  );
});

test('an export has a column for every attribute, except stamps and completeness', () => {
  const missing = exportedTables.flatMap(({ name, columns }) =>
    itemAttributes[name]
      .map((attribute) => attribute.name)
      .filter((attribute) => !columns.includes(attribute)),
  );
  const stamps = new Set(missing.filter((name) => name !== 'fullness'));
  expect([...stamps].sort()).toEqual(
    [
      ...[
        'addressAt',
        'cellAt',
        'connectionAt',
        'deviceAt',
        'idsAt',
        'labelAt',
        'lastEventAt',
        'lifecycleAt',
      ],
      ...['networkAt', 'phoneAt', 'subscriberAt', 'totalsAt', 'troubleAt'],
      ...['signalledAt', 'bytesAt', 'sessionAt'],
    ].sort(),
  );
  const columns = exportedTables.map((table) => table.columns);
  expect(columns.map((each) => new Set(each).size)).toEqual(columns.map((each) => each.length));
});

test('what alerts need of a SIM is decoded from its item, with times as numbers', () => {
  fc.assert(
    fc.property(sim, (state) => {
      const { groups, origin } = state;
      const { ids, label, network, device, connection, lastEvent } = groups;
      const { mcc, mnc, country } = network?.group ?? {};
      const milliseconds = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time));
      expect(watchedSimCodec.decode(encodeSimItem(state))).toEqual({
        sim: state.sim,
        source: origin.group.source,
        carrier: origin.group.carrier,
        lastUpdated: origin.at,
        lastEventTime: lastEvent?.group.lastEventTime,
        deviceAt: milliseconds(device?.at),
        networkAt: milliseconds(network?.at),
        connectionAt: milliseconds(connection?.at),
        fleetSid: ids?.group.fleetSid,
        simName: label?.group.simName,
        ...{ mcc, mnc, country },
        imei: device?.group.imei,
        online: connection?.group.online,
        signalledAt: milliseconds(groups.signalled?.at),
        bytesAt: milliseconds(groups.bytes?.at),
        sessionAt: milliseconds(groups.session?.at),
      });
    }),
    runs(200),
  );
});

test('a name that cannot stand in compiled code is refused', () => {
  expect(() => compileCodec<Record<string, string>>({ 'a;b': 'text' } as never)).toThrow(
    '"a;b" cannot be the name of an attribute',
  );
});

test('a required attribute that an item lacks is read as empty', () => {
  const { dataTotal, sim: key, iccid } = usageCodec.decode({});
  expect({ dataTotal, key, iccid, type: eventCodec.decode({}).type }).toEqual({
    dataTotal: 0,
    key: '',
    iccid: undefined,
    type: '',
  });
});

test('the reserved names are those attributes of sessions and SIMs whose names DynamoDB reserves', () => {
  const names = Object.values(possibleAttributes).flat();
  const reserved = names.filter((name) => reservedWords.has(name.toUpperCase()));
  expect([...reservedNames].sort()).toEqual([...new Set(reserved)].sort());
});
