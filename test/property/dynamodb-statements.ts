import type { BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambda/store/items.ts';
import { type ExpressionInput, validationException } from './dynamodb-expressions.ts';

/**
 * PartiQL's writes as far as the store sends them, read by patterns and said in DynamoDB's other language. It shares no
 * code with the local DynamoDB's parser, which it judges.
 */

/** A write in PartiQL, said in the terms of `PutItem` and `UpdateItem`. */
export interface StatementWrite {
  readonly tableName: string;
  /** What an `INSERT` puts; undefined for an `UPDATE`. */
  readonly item: Item | undefined;
  /** The attributes that an `UPDATE` states as equal at the front of its condition: its key. */
  readonly key: Item;
  readonly expressions: ExpressionInput;
}

/** A statement's text, translated; values are named after the number of their question mark. */
interface Template {
  readonly tableName: string;
  readonly isInsert: boolean;
  /** The attributes of an `INSERT`, or of an `UPDATE`'s key: with the numbers of their parameters. */
  readonly stated: readonly (readonly [name: string, parameter: number])[];
  readonly update: string;
  readonly condition: string;
  readonly names: Record<string, string>;
  readonly parameterCount: number;
}

const insertForm = /^INSERT INTO "(\w+)" VALUE \{('\w+': \?(?:, '\w+': \?)*)\}$/;
const updateForm =
  /^UPDATE "(\w+)"((?: SET (?:"\w+"|\w+) = \?| REMOVE (?:"\w+"|\w+))+) WHERE ((?:"\w+"|\w+) = \?(?: AND (?:"\w+"|\w+) = \?)*)(?: AND \((.+)\))?$/;

/** The store has few statements and sends them often. */
const templates = new Map<string, Template>();
const maxTemplates = 5_000;

/**
 * Translates a statement, so that one reader of expressions judges both languages.
 *
 * @throws DynamoDBServiceException named ValidationException for any other form, and for parameters that do not fit.
 */
export function translateStatement({
  Statement = '',
  Parameters = [],
}: BatchStatementRequest): StatementWrite {
  const template = templates.get(Statement) ?? readTemplate(Statement);
  if (templates.size >= maxTemplates) templates.clear();
  templates.set(Statement, template);
  const { tableName, isInsert, stated, update, condition, names, parameterCount } = template;
  if (Parameters.length !== parameterCount) {
    throw validationException(`The statement has ${parameterCount} parameters, not ${Parameters.length}`);
  }
  const item: Item = {};
  for (const [name, number] of stated) {
    const value = Parameters[number];
    if (value !== undefined) item[name] = value;
  }
  if (isInsert) return { tableName, item, key: item, expressions: {} };
  return {
    tableName,
    item: undefined,
    key: item,
    expressions: {
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: Object.fromEntries(
        Parameters.map((value, number) => [`:p${number}`, value]),
      ),
    },
  };
}

function readTemplate(text: string): Template {
  const [, insertedInto, members] = insertForm.exec(text) ?? [];
  if (insertedInto !== undefined && members !== undefined) {
    const names = members.split(', ').map((member) => member.slice(1, member.lastIndexOf("'")));
    const stated = names.map((name, number) => [name, number] as const);
    if (new Set(names).size < names.length) throw validationException(`An attribute is named twice: ${text}`);
    const empty = { update: '', condition: '', names: {} };
    return { ...empty, tableName: insertedInto, isInsert: true, stated, parameterCount: names.length };
  }
  const [, tableName, clauses, key, rest] = updateForm.exec(text) ?? [];
  if (tableName === undefined || clauses === undefined || key === undefined) {
    throw validationException(`This statement is not known: ${text}`);
  }
  if (rest !== undefined) refuseUnbalanced(rest);
  const names: Record<string, string> = {};
  let parameterCount = 0;
  const translate = (part: string): string =>
    part.replace(/\?|"\w+"|\w+/g, (word) => {
      if (word === '?') return `:p${parameterCount++}`;
      if (/^(SET|REMOVE|AND|OR|NOT|IS|MISSING)$/.test(word)) return word;
      const name = word.replaceAll('"', '');
      names[`#${name}`] = name;
      return `#${name}`;
    });
  const translated = translate(clauses).split(/ (?=SET |REMOVE )/);
  const join = (clause: string): string => {
    const bodies = translated.filter((one) => one.startsWith(clause)).map((one) => one.slice(clause.length));
    return bodies.length === 0 ? '' : `${clause}${bodies.join(', ')}`;
  };
  const update = `${join('SET ')} ${join('REMOVE ')}`.trim();
  const keyTerms = translate(key);
  const stated = [...keyTerms.matchAll(/#(\w+) = :p(\d+)/g)].map(
    ([, name = '', number]) => [name, Number(number)] as const,
  );
  if (new Set(stated.map(([name]) => name)).size < stated.length) {
    throw validationException(`A key attribute is stated twice: ${text}`);
  }
  const condition = [keyTerms, ...(rest === undefined ? [] : [`(${translate(rest)})`])]
    .join(' AND ')
    .replace(/(#\w+) IS NOT MISSING/g, 'attribute_exists($1)')
    .replace(/(#\w+) IS MISSING/g, 'attribute_not_exists($1)');
  return { tableName, isInsert: false, stated, update, condition, names, parameterCount };
}

/** What stands in the outermost parentheses must not close them: `(a) OR (b)` would not be behind the key's AND. */
function refuseUnbalanced(condition: string): void {
  let depth = 0;
  for (const character of condition) {
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    if (depth < 0) break;
  }
  if (depth !== 0) throw validationException(`The parentheses do not fit: ${condition}`);
}
