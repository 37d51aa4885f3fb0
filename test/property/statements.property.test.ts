import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { comparable } from './expectation.ts';
import { dynoxideProgram, type HttpEngine, startDynalite, startDynoxide } from './http-engines.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { seed, timeLimit } from './trials.ts';

/**
 * Statements are answered the same, and leave the same, by engines that others wrote and by the engine in memory. That
 * reads them by other means than the local DynamoDB, so that each is judged by the other.
 */

type Parameter = { S: string } | { N: string };
interface Phrase {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

const value: Arbitrary<Parameter> = fc.oneof(
  fc.constantFrom('a', 'b', '10', '9', '', 'ä', '\u{1f4f6}', '\ufb01').map((S) => ({ S })),
  fc.constantFrom('9', '10', '-1', '0', '007', '1e1', '9007199254740993').map((N) => ({ N })),
);
const name = fc.constantFrom('"a"', '"b"', '"lastSeen"', '"c"');
/** How conditions compare, and whether they negate. */
interface Language {
  readonly signs: readonly string[];
  readonly negations: boolean;
}
const wholeLanguage: Language = { signs: ['=', '<>', '<', '<=', '>', '>='], negations: true };
/** What the store sends. Dynoxide judges `<>` of what is not there, and so NOT, in another way. */
const sentLanguage: Language = { signs: ['=', '<', '<=', '>', '>='], negations: false };

function makeConditions({ signs, negations }: Language): Arbitrary<Phrase> {
  const comparison = fc
    .tuple(name, fc.constantFrom(...signs), value)
    .map(([left, sign, right]): Phrase => ({ text: `${left} ${sign} ?`, parameters: [right] }));
  const presence = fc
    .tuple(name, fc.constantFrom('IS MISSING', 'IS NOT MISSING'))
    .map(([left, is]): Phrase => ({ text: `${left} ${is}`, parameters: [] }));
  return fc.letrec<{ condition: Phrase }>((tie) => {
    const negation = tie('condition').map(({ text, parameters }) => ({ text: `NOT (${text})`, parameters }));
    const pair = fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'))
      .map(([left, word, right]) => ({
        text: `(${left.text} ${word} ${right.text})`,
        parameters: [...left.parameters, ...right.parameters],
      }));
    const kinds = [comparison, presence, ...(negations ? [negation] : []), pair];
    return { condition: fc.oneof({ depthSize: 'small', withCrossShrink: true }, ...kinds) };
  }).condition;
}

const sims = ['1', '2', '3', '4'];
const table = fc.constantFrom('Sessions', 'Usage');
const sortKeys = { Sessions: 'sessionId', Usage: 'usageId' } as const;

const insert = (sim: string): Arbitrary<BatchStatementRequest> =>
  fc.tuple(table, value, value).map(([into, a, b]) => ({
    Statement: `INSERT INTO "${into}" VALUE {'sim': ?, '${sortKeys[into]}': ?, 'a': ?, 'b': ?}`,
    Parameters: [{ S: sim }, { S: 'x' }, a, b],
  }));
const update = (sim: string, condition: Arbitrary<Phrase>): Arbitrary<BatchStatementRequest> =>
  fc
    .tuple(table, value, value, condition, fc.constantFrom('ALL_OLD' as const, 'NONE' as const))
    .map(([of, a, c, where, old]) => ({
      Statement: `UPDATE "${of}" SET "a" = ? SET "c" = ? REMOVE "b" WHERE "sim" = ? AND "${sortKeys[of]}" = ? AND (${where.text})`,
      Parameters: [a, c, { S: sim }, { S: 'x' }, ...where.parameters],
      ReturnValuesOnConditionCheckFailure: old,
    }));
function makeBatches(language: Language): Arbitrary<BatchStatementRequest[]> {
  const condition = makeConditions(language);
  return fc
    .subarray(sims, { minLength: 1 })
    .chain((some) => fc.tuple(...some.map((sim) => fc.oneof(insert(sim), update(sim, condition)))));
}

const key: Parameter[] = [{ S: '9' }, { S: 'x' }];
const whereKey = 'WHERE "sim" = ? AND "sessionId" = ?';
const setA = (Statement: string, ...Parameters: BatchStatementRequest['Parameters'] & {}) => ({
  Statement,
  Parameters,
});
const good: BatchStatementRequest = setA(`UPDATE "Sessions" SET "a" = ? ${whereKey}`, { S: 'a' }, ...key);
const read: BatchStatementRequest = setA(`SELECT * FROM "Sessions" ${whereKey}`, { S: '8' }, { S: 'x' });
const inserted = (
  sim: string,
  Parameters: BatchStatementRequest['Parameters'] = [{ S: sim }, { S: 'x' }],
) => ({
  Statement: `INSERT INTO "Sessions" VALUE {'sim': ?, 'sessionId': ?}`,
  Parameters,
});

/** Requests that are refused as a whole. */
const wrongRequests: { what: string; statements: BatchStatementRequest[] }[] = [
  { what: 'no statement', statements: [] },
  { what: '26 statements', statements: Array.from({ length: 26 }, (_, index) => inserted(`many ${index}`)) },
  { what: 'two statements for one key', statements: [good, inserted('9')] },
  { what: 'a read beside a write', statements: [good, read] },
  { what: 'an empty statement', statements: [{ Statement: '' }] },
  { what: '8,193 characters', statements: [{ ...good, Statement: good.Statement?.padEnd(8_193) }] },
  { what: 'a list of no parameters', statements: [{ ...good, Parameters: [] }] },
];

const setText = `UPDATE "Sessions" SET "a" = ? ${whereKey}`;

/** Statements that are wrong in themselves, with the code that they fail with. */
const wrongStatements: { what: string; statement: BatchStatementRequest; code?: string }[] = [
  {
    what: 'of a table that is not there',
    statement: setA(`UPDATE "Nothing" SET "a" = ? ${whereKey}`, { S: 'a' }, ...key),
    code: 'ResourceNotFound',
  },
  { what: 'with too few parameters', statement: setA(setText, ...key) },
  { what: 'with too many parameters', statement: inserted('8', [{ S: '8' }, { S: 'x' }, { S: 'y' }]) },
  { what: 'with an empty key', statement: inserted('8', [{ S: '' }, { S: 'x' }]) },
  { what: 'with a key of another type', statement: inserted('8', [{ N: '8' }, { S: 'x' }]) },
  {
    what: 'with a sort key that is too long',
    statement: inserted('8', [{ S: '8' }, { S: 'x'.repeat(1_025) }]),
  },
  { what: 'without a sort key', statement: setA(`INSERT INTO "Sessions" VALUE {'sim': ?}`, { S: '8' }) },
  {
    what: 'that state half a key',
    statement: setA('UPDATE "Sessions" SET "a" = ? WHERE "sim" = ?', { S: 'a' }, { S: '8' }),
  },
  {
    what: 'that update their key',
    statement: setA(`UPDATE "Sessions" SET "sim" = ? ${whereKey}`, { S: '8' }, ...key),
  },
  {
    what: 'that set an attribute twice',
    statement: setA(`UPDATE "Sessions" SET "a" = ? SET "a" = ? ${whereKey}`, { S: 'a' }, { S: 'b' }, ...key),
  },
  {
    what: 'that insert an attribute twice',
    statement: setA(`INSERT INTO "Sessions" VALUE {'sim': ?, 'sessionId': ?, 'sim': ?}`, ...key, { S: '7' }),
  },
  { what: 'with a number of 39 digits', statement: setA(setText, { N: '1'.repeat(39) }, ...key) },
  {
    what: 'that make an item of more than 400 KB',
    statement: setA(setText, { S: 'x'.repeat(400 * 1024) }, { S: '1' }, { S: 'x' }),
  },
  { what: 'that break off', statement: setA(`${setText} AND`, { S: 'a' }, ...key) },
  { what: 'with a word left over', statement: setA(`${setText} x`, { S: 'a' }, ...key) },
  { what: 'of another kind', statement: setA(setText.replace('UPDATE', 'UPSERT'), { S: 'a' }, ...key) },
];

async function responses(
  Statements: BatchStatementRequest[],
  sender: Pick<HttpEngine, 'answer'>,
  returnsOld = true,
): Promise<readonly BatchStatementResponse[]> {
  const answer = await sender.answer(new BatchExecuteStatementCommand({ Statements }), { returnsOld });
  const { Responses = [] }: { Responses?: BatchStatementResponse[] } = answer;
  return Responses;
}

/** @param returnsOld whether the engine returns what made a condition fail. */
async function expectSameAsInMemory(
  engine: HttpEngine,
  language: Language,
  returnsOld: boolean,
): Promise<void> {
  const memory = new MemoryDynamoDb();
  await fc.assert(
    fc.asyncProperty(makeBatches(language), async (statements) => {
      expect(await responses(statements, engine)).toEqual(await responses(statements, memory, returnsOld));
      const { Sessions, Usage } = await engine.tablesOf(sims);
      expect({ Sessions, Usage }).toEqual({
        Sessions: memory.items('Sessions').map(comparable),
        Usage: memory.items('Usage').map(comparable),
      });
    }),
    { numRuns: 300, endOnFailure: true, seed },
  );
}

describe(`statements in the local DynamoDB (seed ${seed})`, () => {
  let engine: HttpEngine;

  beforeAll(async () => {
    engine = await startDynalite();
  });
  afterAll(() => engine.stop());

  test('are answered and leave the tables as in the engine in memory', { timeout: timeLimit }, () =>
    expectSameAsInMemory(engine, wholeLanguage, true),
  );

  test.for(wrongRequests)('are refused as a whole, and write nothing: $what', async ({ statements }) => {
    for (const sender of [engine, new MemoryDynamoDb()]) {
      await expect(async () => responses(statements, sender)).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
    expect((await engine.tablesOf(['9', 'many 0'])).Sessions).toEqual([]);
  });

  test.for(wrongStatements)(
    'fail by themselves $what',
    async ({ what, statement, code = 'ValidationError' }) => {
      for (const sender of [engine, new MemoryDynamoDb()]) {
        await responses([inserted('1')], sender);
        const found = await responses([statement, inserted(what)], sender);
        expect(found.map(({ Error: error }) => error?.Code)).toEqual([code, undefined]);
      }
    },
  );
});

test('statements in Dynoxide are answered and leave the tables as in the engine in memory', {
  timeout: timeLimit,
}, async ({ skip }) => {
  const program = dynoxideProgram();
  skip(program === undefined, 'npm install --no-save @dynoxide/linux-x64, or DYNOXIDE names the program');
  if (program === undefined) return;
  const engine = await startDynoxide(program);
  onTestFinished(() => engine.stop());
  await expectSameAsInMemory(engine, sentLanguage, false);
});
