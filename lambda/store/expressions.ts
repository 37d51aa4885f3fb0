import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Group, Session, Sim, Stated } from '../ledger/observation.ts';
import { attributeValue, type Item, stampValue } from './items.ts';
import {
  type Attribute,
  type GroupSchema,
  originAttributes,
  reservedNames,
  sessionSchema,
  simSchema,
} from './schema.ts';

/** What an `UpdateItem` or `PutItem` says besides table and key. */
export interface Expressions {
  readonly UpdateExpression?: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
}

/** Collects the clauses of an update. */
class UpdateBuilder {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};
  #sets = '';
  #removes = '';

  /** A name as it stands in an expression. */
  name(attribute: string): string {
    if (!reservedNames.has(attribute)) return attribute;
    this.names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  }

  set(attribute: string, value: AttributeValue): void {
    this.values[`:${attribute}`] = value;
    this.#add(`${this.name(attribute)} = :${attribute}`);
  }

  /** Sets what has no value yet. */
  setIfAbsent(attribute: string, value: AttributeValue): void {
    this.values[`:${attribute}`] = value;
    this.#add(`${this.name(attribute)} = if_not_exists(${this.name(attribute)}, :${attribute})`);
  }

  remove(attribute: string): void {
    this.#removes += `${this.#removes === '' ? ' REMOVE ' : ', '}${this.name(attribute)}`;
  }

  /** Overwrites a group as a whole: what it does not state goes. */
  overwrite(attributes: readonly Attribute[], group: Group): void {
    for (const attribute of attributes) {
      const value = attributeValue(attribute, group[attribute.name]);
      if (value === undefined) this.remove(attribute.name);
      else this.set(attribute.name, value);
    }
  }

  overwriteStated(schema: GroupSchema, stated: Stated | undefined): void {
    if (stated === undefined) return;
    this.set(schema.stamp, stampValue(stated.at));
    this.overwrite(schema.attributes, stated.group);
  }

  expressions(condition: string): Expressions {
    return {
      UpdateExpression: `SET ${this.#sets}${this.#removes}`,
      ConditionExpression: condition,
      ...(Object.keys(this.names).length === 0 ? {} : { ExpressionAttributeNames: this.names }),
      ExpressionAttributeValues: this.values,
    };
  }

  #add(clause: string): void {
    this.#sets += this.#sets === '' ? clause : `, ${clause}`;
  }
}

/**
 * Writes a session without reading it. The condition says exactly that joining would be the same as overwriting: what
 * is stored was observed before all that the change states, no earlier start is lost, and nothing terminal is undone.
 */
export function sessionUpdate(session: Session): Expressions {
  const update = new UpdateBuilder();
  update.values[':oldest'] = { S: oldestStatement(session.origin.at, Object.values(session.groups)) };
  const isOlder = [['lastUpdated < :oldest']];
  update.set('lastUpdated', { S: session.origin.at });
  update.overwrite(originAttributes, session.origin.group);
  if (session.startStated) {
    update.set('start', { S: session.start });
    update.set('startStated', { BOOL: true });
    isOlder.push(['attribute_not_exists(startStated)', `${update.name('start')} >= :start`]);
  } else {
    update.setIfAbsent('start', { S: session.start });
    isOlder.push([`${update.name('start')} <= :start`]);
  }
  if (session.terminal === undefined) {
    update.setIfAbsent('status', { S: 'open' });
  } else {
    update.set('status', { S: session.terminal.status });
    update.set('end', { S: session.terminal.end });
    const end = update.name('end');
    isOlder.push([`attribute_not_exists(${end})`, `${end} < :end`]);
  }
  for (const schema of sessionSchema) update.overwriteStated(schema, session.groups[schema.name]);
  return update.expressions(`attribute_not_exists(sim) OR ${withoutParentheses(isOlder)}`);
}

/**
 * One condition of each list has to hold, as alternatives of what holds together: engines read nested parentheses by
 * trying, which takes local ones longer than all else.
 */
function withoutParentheses(lists: readonly (readonly string[])[]): string {
  const alternatives = lists.reduce<readonly string[]>(
    (together, list) =>
      together.flatMap((one) => list.map((other) => (one === '' ? other : `${one} AND ${other}`))),
    [''],
  );
  return alternatives.join(' OR ');
}

/** Writes a SIM without reading it, on the same condition. */
export function simUpdate(sim: Sim): Expressions {
  const update = new UpdateBuilder();
  update.values[':oldest'] = { S: oldestStatement(sim.origin.at, Object.values(sim.groups)) };
  update.set('lastUpdated', { S: sim.origin.at });
  update.overwrite(originAttributes, sim.origin.group);
  for (const schema of simSchema) update.overwriteStated(schema, sim.groups[schema.name]);
  return update.expressions('attribute_not_exists(sim) OR lastUpdated < :oldest');
}

/**
 * A condition that holds only while the stored item is, attribute by attribute, the one that was read.
 *
 * @param possible all attributes that the item may have.
 */
export function unchangedSince(stored: Item, possible: Iterable<string>): Expressions {
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  const terms: string[] = [];
  for (const [attribute, value] of Object.entries(stored)) {
    const number = terms.length;
    names[`#${number}`] = attribute;
    values[`:${number}`] = value;
    terms.push(`#${number} = :${number}`);
  }
  for (const attribute of possible) {
    if (stored[attribute] !== undefined) continue;
    const number = terms.length;
    names[`#${number}`] = attribute;
    terms.push(`attribute_not_exists(#${number})`);
  }
  return {
    ConditionExpression: terms.join(' AND '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

function oldestStatement(latest: string, groups: readonly (Stated | undefined)[]): string {
  let oldest = latest;
  for (const group of groups) if (group !== undefined && group.at < oldest) oldest = group.at;
  return oldest;
}
