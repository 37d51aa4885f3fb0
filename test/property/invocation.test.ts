import { BatchExecuteStatementCommand, type BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type Fault, type FaultKind, FaultPlan } from './faults.ts';
import { FunctionProcess, KeptRejects } from './invocation.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';

/** Three statements meet a fault: what their sender is told, and what is stored then. */

const sims = ['1', '2', '3'];

function insert(sim: string): BatchStatementRequest {
  return {
    Statement: `INSERT INTO "Usage" VALUE {'sim': ?, 'usageId': ?}`,
    Parameters: [{ S: sim }, { S: 'a' }],
  };
}

interface Told {
  /** The error of the whole request, or the code of each statement; `died` where the invocation does. */
  readonly answer: string | readonly (string | undefined)[];
  readonly stored: readonly string[];
  readonly endings: Readonly<Record<string, string>>;
}

/** How each test's process behaves where its fault does not say otherwise. */
function settings() {
  return { returnsOld: true, writes: 'batched' as const, quarantine: new KeptRejects() };
}

async function send(
  statements: readonly BatchStatementRequest[],
  kind: FaultKind,
  part: number,
): Promise<Told> {
  const engine = new MemoryDynamoDb();
  const fault: Fault = { call: 0, kind, times: 1, part };
  const plan = new FaultPlan([fault]);
  const pause = async () => undefined;
  const context = { engine, plan, pause, ...settings() };
  const process = new FunctionProcess(context);
  const sent = process.send(new BatchExecuteStatementCommand({ Statements: [...statements] }));
  const answer = await Promise.race([sent, process.died]).catch((error: Error) => error.name);
  await plan.flush();
  return {
    answer: typeof answer === 'string' ? answer : codesIn(answer),
    stored: engine.items('Usage').map(({ sim }) => sim?.S ?? ''),
    endings: Object.fromEntries(process.endings),
  };
}

function codesIn(answer: object): (string | undefined)[] {
  const { Responses = [] }: { Responses?: { Error?: { Code: string } }[] } = answer;
  return Responses.map(({ Error: error }) => error?.Code);
}

function end(...endings: readonly string[]): Record<string, string> {
  return Object.fromEntries(endings.map((ending, index) => [`Usage ${index + 1} a`, ending]));
}

const [good, bad] = [end('answered', 'answered', 'answered'), end('failed', 'failed', 'failed')];
const lastBad = end('answered', 'answered', 'failed');

test.each<[FaultKind, number, Told['answer'], readonly string[], Readonly<Record<string, string>>]>([
  ['partly unprocessed', 2, [undefined, undefined, 'ThrottlingError'], ['1', '2'], lastBad],
  ['partly failed', 2, [undefined, undefined, 'InternalServerError'], ['1', '2'], lastBad],
  ['partly failed after', 2, [undefined, undefined, 'InternalServerError'], sims, lastBad],
  ['partly failed, unknown code', 2, [undefined, undefined, 'SomethingNew'], ['1', '2'], lastBad],
  ['partly denied', 3, ['AccessDenied', 'AccessDenied', 'AccessDenied'], [], bad],
  ['statements denied', 1, 'AccessDeniedException', [], bad],
  ['in two parts', 1, [undefined, undefined, undefined], sims, good],
  ['sent twice', 0, ['DuplicateItem', 'DuplicateItem', 'DuplicateItem'], sims, good],
  ['arrives again later', 1, [undefined, undefined, undefined], sims, good],
  ['timed out before', 1, 'TimeoutError', [], bad],
  ['timed out within', 1, 'TimeoutError', ['1'], bad],
  ['timed out after', 1, 'TimeoutError', sims, bad],
  ['timed out, arrives later', 1, 'TimeoutError', sims, bad],
  ['throttled', 0, 'ProvisionedThroughputExceededException', [], bad],
  ['server error', 0, 'InternalServerError', [], bad],
  ['server error after', 0, 'InternalServerError', sims, bad],
  ['crash before', 0, 'Crash', [], {}],
  ['crash within', 2, 'Crash', ['1', '2'], {}],
  ['crash after', 0, 'Crash', sims, {}],
])('statements that meet "%s" (%i) are answered and stored as that says', async (kind, part, ...expected) => {
  const [answer, stored, endings] = expected;
  expect(await send(sims.map(insert), kind, part)).toEqual({ answer, stored, endings });
});

test('a batch in two parts lets others write in between', async () => {
  const engine = new MemoryDynamoDb();
  const seen: string[][] = [];
  const plan = new FaultPlan([{ call: 0, kind: 'in two parts', times: 1, part: 0 }]);
  const pause = async () => void seen.push(engine.items('Usage').map(({ sim }) => sim?.S ?? ''));
  const context = { engine, plan, pause, ...settings() };
  await new FunctionProcess(context).send(new BatchExecuteStatementCommand({ Statements: sims.map(insert) }));
  expect(seen).toEqual([[], ['2', '3'], sims]);
});

test.each([
  [true, 'answers', { S: '1' }],
  [true, 'without the old item', undefined],
  [false, 'answers', undefined],
] as const)(
  'a failed condition brings its item (%s) where the engine %s: %j',
  async (returnsOld, how, sim) => {
    const engine = new MemoryDynamoDb();
    const plan = new FaultPlan(
      how === 'answers' ? [] : [{ call: 1, kind: 'without the old item', times: 1, part: 0 }],
    );
    const context = {
      engine,
      plan,
      pause: async () => undefined,
      returnsOld,
      writes: 'batched' as const,
      quarantine: new KeptRejects(),
    };
    const process = new FunctionProcess(context);
    await process.send(new BatchExecuteStatementCommand({ Statements: [insert('1')] }));
    const failing: BatchStatementRequest = {
      Statement: 'UPDATE "Usage" SET cost = ? WHERE sim = ? AND usageId = ? AND (cost < ?)',
      Parameters: [{ N: '1' }, { S: '1' }, { S: 'a' }, { N: '1' }],
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    const answer = await process.send(new BatchExecuteStatementCommand({ Statements: [failing] }));
    const { Responses: [response] = [] }: { Responses?: { Error?: { Item?: { sim: unknown } } }[] } = answer;
    expect(response?.Error?.Item?.sim).toEqual(sim);
  },
);
