import {
  BatchExecuteStatementCommand,
  type BatchStatementError,
  type BatchStatementResponse,
  DynamoDBServiceException,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { WriteMode } from '../../../lambda/store/ledger-tables.ts';
import type { WriteReport } from '../../../lambda/store/report.ts';
import { insertStatement, type Statement, StatementQueue } from '../../../lambda/store/statements.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, type Command, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { changesOf, minute, sessionAt, simAt, usageAt } from './observations.ts';
import { ledgerTablesOf } from './running-tables.ts';
import { statementsIn } from './watched-client.ts';
import { withoutWaiting } from './without-waiting.ts';

/** Answers a command instead of the engine, or leaves it to the engine. */
type Answer = (command: Command, engine: MemoryDynamoDb) => object | Promise<object>;

/** A writer to an engine in memory, and what it sends. */
class WatchedWriter {
  readonly engine = new MemoryDynamoDb();
  /** The statements of each request, or the name of another command. */
  readonly requests: (string | string[])[] = [];
  readonly stops: string[] = [];
  answer: Answer = (command, engine) => engine.answer(command);
  readonly writer: LedgerWriter;

  constructor(writes: WriteMode = 'batched') {
    const client = asClient({ send: (command) => this.#send(command) });
    this.writer = new LedgerWriter({
      ...ledgerTablesOf(client),
      writes,
      onSingleWrites: ({ name }) => this.stops.push(name),
    });
  }

  async write(states: Parameters<typeof changesOf>[0]): Promise<ReturnType<typeof summarise>> {
    return summarise(await this.writer.write(changesOf(states), { readBeforeWrite: false }));
  }

  async #send(command: Command): Promise<object> {
    const name = command.constructor.name.replace('Command', '');
    this.requests.push(
      command instanceof BatchExecuteStatementCommand ? statementsIn({ ...command.input }) : name,
    );
    return this.answer(command, this.engine);
  }
}

function summarise({ failed, repeated, errors }: WriteReport) {
  return {
    failed: [...failed].sort((a, b) => a - b),
    repeated: [...repeated],
    errors: errors.map(({ name }) => name),
  };
}

const allWritten = { failed: [], repeated: [], errors: [] };

function sessions(count: number) {
  return Array.from({ length: count }, (_, index) =>
    sessionAt(minute(1), `sim-${index}`, { start: minute(1) }),
  );
}

/** Makes statements of a request fail without effect, by their index. */
function failing(code: string | undefined, isFailed: (index: number) => boolean): Answer {
  return (command, engine) => {
    if (!(command instanceof BatchExecuteStatementCommand)) return engine.answer(command);
    const { Statements = [] } = command.input;
    const well = Statements.filter((_, index) => !isFailed(index));
    const answered =
      well.length === 0
        ? []
        : responsesIn(engine.answer(new BatchExecuteStatementCommand({ Statements: well })));
    const failure = { Error: { Code: code, Message: 'as the test says' } as BatchStatementError };
    return { Responses: Statements.map((_, index) => (isFailed(index) ? failure : answered.shift())) };
  };
}

function responsesIn(answer: object): BatchStatementResponse[] {
  return 'Responses' in answer ? (answer.Responses as BatchStatementResponse[]) : [];
}

function refusing(name: string, message = 'as the test says'): Answer {
  return (command, engine) => {
    if (!(command instanceof BatchExecuteStatementCommand)) return engine.answer(command);
    throw new DynamoDBServiceException({ name, message, $fault: 'client', $metadata: {} });
  };
}

describe('requests', () => {
  test('carry 25 statements for any tables, and only the last carries fewer', async () => {
    const watched = new WatchedWriter();
    const usage = Array.from({ length: 1_000 }, (_, index) =>
      usageAt(minute(index), `sim-${index}`, '1', { completeness: 1 }),
    );
    expect(await watched.write({ sessions: sessions(1_000), usage })).toEqual(allWritten);
    expect(watched.requests.map((request) => request.length)).toEqual(Array.from({ length: 80 }, () => 25));
    expect(new Set(watched.requests.flat())).toEqual(new Set(['INSERT Sessions', 'INSERT Usage']));
    expect([watched.engine.items('Sessions').length, watched.engine.items('Usage').length]).toEqual([
      1_000, 1_000,
    ]);
  });

  test('are filled while others are running, however these are answered', async () => {
    const watched = new WatchedWriter();
    let turn = 0;
    watched.answer = async (command, engine) => {
      turn += 1;
      for (let wait = turn % 5; wait > 0; wait -= 1) await new Promise((resolve) => setImmediate(resolve));
      return engine.answer(command);
    };
    // Each is updated, refused, and then inserted.
    const unknown = sessions(3_000).map((session) => ({ ...session, start: minute(0) }));
    expect(await watched.write({ sessions: unknown })).toEqual(allWritten);
    expect(watched.requests.length).toBeLessThanOrEqual((2 * 3_000) / 25 + 2);
  });

  test('never write one item twice', async () => {
    const requests: string[][] = [];
    const client = asClient({
      send: async (command) => {
        const { Statements = [] } = command instanceof BatchExecuteStatementCommand ? command.input : {};
        requests.push(Statements.map(({ Parameters = [] }) => Parameters[0]?.S ?? ''));
        return { Responses: Statements.map(() => ({})) };
      },
    });
    const queue = new StatementQueue(client, true, () => undefined);
    const statement = (sim: string): Statement =>
      insertStatement('Sims', { sim: { S: sim } }, { sim: { S: sim } });
    const outcomes = await Promise.all(
      ['a', 'b', 'a', 'c', 'a'].map((sim) => queue.execute(() => statement(sim))),
    );
    expect(requests).toEqual([['a', 'b', 'c'], ['a'], ['a']]);
    expect(outcomes).toEqual(outcomes.map(() => ({ kind: 'done' })));
  });

  test('are at most 48 concurrently', async () => {
    const watched = new WatchedWriter();
    let [underWay, most] = [0, 0];
    watched.answer = async (command, engine) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return engine.answer(command);
    };
    const events = sessions(3_000).map(({ sim }) =>
      simAt(minute(1), sim, { lastEvent: { lastEvent: 'a', lastEventTime: minute(1) } }),
    );
    expect(await watched.write({ sessions: sessions(3_000), sims: events })).toEqual(allWritten);
    expect(most).toBe(48);
  });
});

describe('a statement that fails', () => {
  test.each([
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
    'RequestLimitExceeded',
    'InternalServerError',
    'TransactionConflict',
  ])('as %s is sent again, without those that succeeded', async (code) => {
    withoutWaiting();
    const watched = new WatchedWriter();
    watched.answer = (command, engine) =>
      watched.requests.length > 2
        ? engine.answer(command)
        : failing(code, (index) => index % 2 === 0)(command, engine);
    expect(await watched.write({ sessions: sessions(8) })).toEqual(allWritten);
    expect(watched.requests.map((request) => request.length)).toEqual([8, 4, 2]);
    expect(watched.engine.items('Sessions').length).toBe(8);
  });

  test('because of throttling fails its records after ten attempts, and no others', async () => {
    withoutWaiting();
    const watched = new WatchedWriter();
    watched.answer = (command, engine) =>
      failing('ThrottlingError', (index) => index === 0 || watched.requests.length > 1)(command, engine);
    expect(await watched.write({ sessions: sessions(3) })).toEqual({
      ...allWritten,
      failed: [0],
      errors: ['ThrottlingError'],
    });
    expect(watched.requests.length).toBe(10);
    expect(watched.engine.items('Sessions').map(({ sim }) => sim?.S)).toEqual(['sim-1', 'sim-2']);
  });

  test.each([
    ['SomethingNew', 'SomethingNew'],
    ['ItemCollectionSizeLimitExceeded', 'ItemCollectionSizeLimitExceeded'],
    ['ResourceNotFound', 'ResourceNotFound'],
    [undefined, 'StatementError'],
  ])('with the code %s fails its records, and only these', async (code, name) => {
    const watched = new WatchedWriter();
    watched.answer = failing(code, (index) => index === 1);
    const usage = [0, 1, 2].map((number) => usageAt(minute(number), 'sim', `${number}`, { completeness: 1 }));
    expect(await watched.write({ usage })).toEqual({ ...allWritten, failed: [1], errors: [name] });
    expect(watched.engine.items('Usage').map(({ recordId }) => recordId?.S)).toEqual(['0', '2']);
    expect([watched.requests.length, watched.stops]).toEqual([1, []]);
  });

  test('because it is not answered fails its records', async () => {
    const watched = new WatchedWriter();
    watched.answer = () => ({ Responses: [{}] });
    expect(await watched.write({ sessions: sessions(2) })).toEqual({
      ...allWritten,
      failed: [1],
      errors: ['StatementError'],
    });
  });

  test('with its whole request fails its records, and so do the others of the request', async () => {
    const watched = new WatchedWriter();
    watched.answer = (command, engine) =>
      watched.requests.length === 1 ? refusing('TimeoutError')(command, engine) : engine.answer(command);
    expect(await watched.write({ sessions: sessions(30) })).toEqual({
      ...allWritten,
      failed: Array.from({ length: 25 }, (_, index) => index),
      errors: ['TimeoutError'],
    });
    expect([watched.engine.items('Sessions').length, watched.stops]).toEqual([5, []]);
  });
});

test('a change that is merged with the stored item fails its record if the replacement fails', async () => {
  const watched = new WatchedWriter();
  await watched.write({ sessions: [sessionAt(minute(9), 'sim', { start: minute(9) })] });
  watched.answer = (command, engine) =>
    watched.requests.length === 3
      ? failing('SomethingNew', () => true)(command, engine)
      : engine.answer(command);
  const older = sessionAt(minute(5), 'sim', { start: minute(1) });
  expect(await watched.write({ sessions: [older] })).toEqual({
    ...allWritten,
    failed: [0],
    errors: ['SomethingNew'],
  });
  expect(watched.requests).toEqual([['INSERT Sessions'], ['UPDATE Sessions'], ['UPDATE Sessions']]);
  expect(watched.engine.items('Sessions').map(({ start }) => start?.S)).toEqual([minute(9)]);
});

describe('if DynamoDB does not accept statements', () => {
  test.each(['AccessDeniedException', 'ValidationException', 'UnknownOperationException'])(
    'with %s, the process goes on with single writes and tells it once',
    async (name) => {
      const watched = new WatchedWriter();
      watched.answer = refusing(name);
      const usage = [usageAt(minute(0), 'sim', '1', { completeness: 1 })];
      for (const at of [1, 2]) {
        const session = sessionAt(minute(at), 'sim', { start: minute(1) });
        expect(await watched.write({ sessions: [session], ...(at === 1 && { usage }) })).toEqual(allWritten);
      }
      expect(watched.requests).toEqual([
        ['INSERT Sessions', 'INSERT Usage'],
        'UpdateItem',
        'PutItem',
        'UpdateItem',
      ]);
      expect(watched.stops).toEqual([name]);
      expect(watched.engine.items('Sessions').map(({ lastUpdated }) => lastUpdated?.S)).toEqual([minute(2)]);
    },
  );

  test('from this role, by error of a single statement, the process continues with single writes', async () => {
    const watched = new WatchedWriter();
    watched.answer = failing('AccessDenied', (index) => index === 1);
    expect(await watched.write({ sessions: sessions(3) })).toEqual(allWritten);
    expect([watched.requests, watched.stops]).toEqual([
      [['INSERT Sessions', 'INSERT Sessions', 'INSERT Sessions'], 'UpdateItem'],
      ['AccessDenied'],
    ]);
    await watched.write({ sessions: sessions(1) });
    expect(watched.requests.slice(2)).toEqual(['UpdateItem']);
  });

  test('but the same single writes, the process continues with single writes', async () => {
    const watched = new WatchedWriter();
    watched.answer = failing('ValidationError', () => true);
    const usage = [usageAt(minute(0), 'sim', '1', { completeness: 1 })];
    for (const states of [{ usage }, { sessions: sessions(1) }])
      expect(await watched.write(states)).toEqual(allWritten);
    expect([watched.requests, watched.stops]).toEqual([
      [['INSERT Usage'], 'PutItem', 'UpdateItem'],
      ['ValidationError'],
    ]);
  });

  test('because an item is too large for any write, its records fail, and statements continue', async () => {
    const watched = new WatchedWriter();
    const makeTooLargeFault = usageAt(minute(0), 'sim', '1', {
      completeness: 1,
      extra: 'x'.repeat(400 * 1024),
    });
    const another = usageAt(minute(1), 'sim', '2', { completeness: 1 });
    for (const repeated of [[], [1]]) {
      expect(await watched.write({ usage: [makeTooLargeFault, another] })).toEqual({
        failed: [0],
        repeated,
        errors: ['ValidationException'],
      });
    }
    expect([watched.requests, watched.stops]).toEqual([
      [
        ['INSERT Usage', 'INSERT Usage'],
        'PutItem',
        ['INSERT Usage', 'INSERT Usage'],
        'BatchGetItem',
        'PutItem',
      ],
      [],
    ]);
  });
});

test('if single writes are configured, no statement is sent', async () => {
  const watched = new WatchedWriter('single');
  const usage = [usageAt(minute(0), 'sim', '1', { completeness: 1 })];
  expect(await watched.write({ sessions: sessions(1), usage })).toEqual(allWritten);
  expect(watched.requests).toEqual(['UpdateItem', 'PutItem']);
});

test('a repeated batch changes nothing, and takes at most twice its statements divided by 25', async () => {
  const watched = new WatchedWriter();
  const states = {
    sessions: sessions(500),
    usage: sessions(500).map(({ sim }) => usageAt(minute(1), sim, '1', { completeness: 1 })),
  };
  await watched.write(states);
  const before = JSON.stringify(['Sessions', 'Usage'].map((table) => watched.engine.items(table)));
  watched.requests.length = 0;
  expect(await watched.write(states)).toMatchObject({ failed: [], errors: [] });
  expect(watched.requests.length).toBeLessThanOrEqual((2 * 1_000) / 25);
  expect(JSON.stringify(['Sessions', 'Usage'].map((table) => watched.engine.items(table)))).toBe(before);
});
