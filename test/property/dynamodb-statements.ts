import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambda/store/items.ts';
import { type ExpressionInput, validationException } from './dynamodb-expressions.ts';

/** A write in PartiQL, said in the terms of `PutItem` and `UpdateItem`. */
export interface StatementWrite {
  readonly tableName: string;
  /** What an `INSERT` puts; undefined for an `UPDATE`. */
  readonly item: Item | undefined;
  /** The attributes that an `UPDATE` states as equal, its key among them. */
  readonly equal: Item;
  readonly expressions: ExpressionInput;
}

const insertForm = /^INSERT INTO "(\w+)" VALUE \{(.*)\}$/s;
const updateForm = /^UPDATE "(\w+)" (.*) WHERE (.*)$/s;

/** Translates a statement by substitution, so that one reader of expressions judges both languages. */
export function translateStatement({
  Statement = '',
  Parameters = [],
}: BatchStatementRequest): StatementWrite {
  const insert = insertForm.exec(Statement);
  if (insert !== null) {
    const names = [...(insert[2] ?? '').matchAll(/'(\w+)': \?/g)].map(([, name = '']) => name);
    const item = Object.fromEntries(names.map((name, index) => [name, required(Parameters[index])]));
    return { tableName: insert[1] ?? '', item, equal: {}, expressions: {} };
  }
  const update = updateForm.exec(Statement);
  if (update === null) throw validationException(`No statement that is known: ${Statement}`);
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  let count = 0;
  const translate = (text: string): string =>
    text.replace(/\?|"\w+"|\w+/g, (word) => {
      if (word === '?') {
        values[`:p${count}`] = required(Parameters[count]);
        count += 1;
        return `:p${count - 1}`;
      }
      if (/^(SET|REMOVE|AND|OR|NOT|IS|MISSING)$/.test(word)) return word;
      const name = word.replaceAll('"', '');
      names[`#${name}`] = name;
      return `#${name}`;
    });
  const clauses = translate(update[2] ?? '').split(/ (?=SET |REMOVE )/);
  const bodies = (clause: string): string =>
    clauses
      .filter((one) => one.startsWith(clause))
      .map((one) => one.slice(clause.length))
      .join(', ');
  const where = translate(update[3] ?? '');
  const equal = Object.fromEntries(
    [...where.matchAll(/#(\w+) = (:p\d+)/g)].map(([, name = '', value = '']) => [
      name,
      required(values[value]),
    ]),
  );
  const condition = where
    .replace(/(#\w+) IS NOT MISSING/g, 'attribute_exists($1)')
    .replace(/(#\w+) IS MISSING/g, 'attribute_not_exists($1)');
  const sets = bodies('SET ');
  const removes = bodies('REMOVE ');
  return {
    tableName: update[1] ?? '',
    item: undefined,
    equal,
    expressions: {
      UpdateExpression: [sets && `SET ${sets}`, removes && `REMOVE ${removes}`].filter(Boolean).join(' '),
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    },
  };
}

function required(value: AttributeValue | undefined): AttributeValue {
  if (value === undefined) throw validationException('A parameter is missing');
  return value;
}
