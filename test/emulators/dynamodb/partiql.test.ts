import { describe, expect, test } from 'vitest';
import { parseStatement } from '../../../emulators/dynamodb/partiql.ts';

describe('a statement', () => {
  test('that inserts an item maps its attributes to the indexes of parameters', () => {
    expect(parseStatement(`insert into "T" value {'a': ?, 'it''s': ?}`)).toEqual({
      kind: 'insert',
      table: 'T',
      item: new Map([
        ['a', 0],
        ["it's", 1],
      ]),
      parameterCount: 2,
    });
  });

  test('that updates may repeat its clauses, or continue them with commas', () => {
    const expected = {
      kind: 'update',
      table: 'T',
      sets: new Map([
        ['a', 0],
        ['SET', 1],
      ]),
      removes: ['c', 'd"'],
      terms: [{ kind: 'compare', name: 'k', sign: '=', parameter: 2 }],
      parameterCount: 3,
    };
    const end = 'WHERE "k" = ?';
    expect(parseStatement(`UPDATE "T" SET "a" = ? SET "SET" = ? REMOVE "c" REMOVE "d""" ${end}`)).toEqual(
      expected,
    );
    expect(parseStatement(`UPDATE "T" SET "a" = ?, "SET" = ? REMOVE "c", "d""" ${end}`)).toEqual(expected);
  });

  test('binds AND before OR, and NOT before both', () => {
    const compare = (name: string, parameter: number) => ({ kind: 'compare', name, sign: '<', parameter });
    const { terms } = Object(
      parseStatement(
        'UPDATE "T" SET "x" = ? WHERE NOT "a" < ? AND "b" < ? OR "c" < ? AND ("d" IS MISSING OR "e" IS NOT MISSING)',
      ),
    );
    expect(terms).toEqual([
      {
        kind: 'or',
        terms: [
          { kind: 'and', terms: [{ kind: 'not', term: compare('a', 1) }, compare('b', 2)] },
          {
            kind: 'and',
            terms: [
              compare('c', 3),
              {
                kind: 'or',
                terms: [
                  { kind: 'missing', name: 'd' },
                  { kind: 'not', term: { kind: 'missing', name: 'e' } },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  test.each([
    ['SELECT * FROM "T"', 'SELECT'],
    [`DELETE FROM "T" WHERE "k" = ?`, 'DELETE'],
    [`INSERT INTO T VALUE {'a': ?}`, 'T'],
    [`INSERT INTO "T" VALUE {}`, '}'],
    [`INSERT INTO "T" VALUE {'a': 5}`, '5}'],
    [`INSERT INTO "T" VALUE {'a': ? 'b': 5}`, 'b'],
    [`INSERT INTO "T" VALUE {'a': ?}; DROP`, '; DROP'],
    [`INSERT INTO "T" VALUE {'a': ?} {`, '{'],
    [`UPDATE "T" WHERE "k" = ?`, 'WHERE'],
    [`UPDATE "T" SET "a" = ?`, 'the end of the statement'],
    [`UPDATE "T" SET a = ? WHERE "k" = ?`, 'a'],
    [`UPDATE "T" SET "a" = ? WHERE "k" == ?`, '='],
    [`UPDATE "T" SET "a" = ? WHERE ("k" = ?`, 'the end of the statement'],
    [`UPDATE "T" SET "a" = ? WHERE "k" = ?)`, ')'],
    [`UPDATE "T" SET "a" = ? WHERE "k" IS NULL`, 'NULL'],
    [`UPDATE "T" SET "a" = ? WHERE "k`, '"k'],
  ])('of another form is refused where it begins to differ: %s', (text, at) => {
    expect(() => parseStatement(text)).toThrow(
      `The local DynamoDB does not accept this statement at: ${at}. It accepts INSERT INTO "table" VALUE {'name': ?}`,
    );
  });

  test.each([
    [`INSERT INTO "T" VALUE {'a': ?, 'a': ?}`, 'The item has the attribute a twice'],
    [`UPDATE "T" SET "a" = ? REMOVE "a" WHERE "k" = ?`, 'Two document paths overlap with each other: a'],
    [
      `UPDATE "T" SET "a" = ? WHERE ${'('.repeat(8_000)}`,
      'A condition must have at most 300 operators and parentheses',
    ],
    [
      `UPDATE "T" SET "a" = ? WHERE ${'NOT '.repeat(2_000)}"k" = ?`,
      'A condition must have at most 300 operators and parentheses',
    ],
  ])('that is invalid in another way is refused with the reason: %#', (text, message) => {
    expect(() => parseStatement(text)).toThrow(message);
  });
});
