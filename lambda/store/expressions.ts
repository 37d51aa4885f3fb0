import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type MarkName, markNames } from '../ledger/heard.ts';
import type { Session, Sim, Stated } from '../ledger/observation.ts';
import { type AttributeWriter, type Item, stampValue } from './codec.ts';
import {
  type GroupSchema,
  originCodec,
  reservedNames,
  sessionOriginCodec,
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

/** An attribute in expressions. */
interface Phrase {
  /** Its name, or its alias. */
  readonly name: string;
  readonly alias: boolean;
  /** What its value is called. */
  readonly value: string;
  readonly assignment: string;
}

const phrases = new Map<string, Phrase>();

/** Kept, since a batch says the same few dozen thousands of times. */
function makePhrase(attribute: string): Phrase {
  const known = phrases.get(attribute);
  if (known !== undefined) return known;
  const alias = reservedNames.has(attribute);
  const name = alias ? `#${attribute}` : attribute;
  const phrase = { name, alias, value: `:${attribute}`, assignment: `${name} = :${attribute}` };
  phrases.set(attribute, phrase);
  return phrase;
}

/** Collects the clauses of an update. */
class UpdateBuilder implements AttributeWriter {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};
  readonly #sets: string[] = [];
  readonly #removes: string[] = [];

  /** A name as it stands in an expression. */
  name(attribute: string): string {
    const { name, alias } = makePhrase(attribute);
    if (alias) this.names[name] = attribute;
    return name;
  }

  set(attribute: string, value: AttributeValue): void {
    const { name, alias, value: placeholder, assignment } = makePhrase(attribute);
    if (alias) this.names[name] = attribute;
    this.values[placeholder] = value;
    this.#sets.push(assignment);
  }

  /** Sets what has no value yet. */
  setIfAbsent(attribute: string, value: AttributeValue): void {
    const name = this.name(attribute);
    this.values[`:${attribute}`] = value;
    this.#sets.push(`${name} = if_not_exists(${name}, :${attribute})`);
  }

  remove(attribute: string): void {
    this.#removes.push(this.name(attribute));
  }

  /** Overwrites a group as a whole: what it does not state goes. */
  overwriteStated({ stamp, overwrite }: GroupSchema, stated: Stated | undefined): void {
    if (stated === undefined) return;
    this.set(stamp, stampValue(stated.at));
    overwrite(this, stated.group);
  }

  expressions(condition: string): Expressions {
    const removes = this.#removes.length === 0 ? '' : ` REMOVE ${this.#removes.join(', ')}`;
    return {
      UpdateExpression: `SET ${this.#sets.join(', ')}${removes}`,
      ConditionExpression: condition,
      ...(Object.keys(this.names).length > 0 && { ExpressionAttributeNames: this.names }),
      ExpressionAttributeValues: this.values,
    };
  }
}

/**
 * Writes a session without reading it. The condition says exactly that joining would be the same as overwriting: what
 * is stored was observed before all that the change states, no earlier start is lost, and nothing terminal is undone.
 */
export function sessionUpdate(session: Session): Expressions {
  const { startStated, terminal } = session;
  const update = new UpdateBuilder();
  update.values[':oldest'] = { S: oldestStatement(session.origin.at, Object.values(session.groups)) };
  update.set('lastUpdated', { S: session.origin.at });
  sessionOriginCodec.overwrite(update, session.origin.group);
  if (startStated) {
    update.set('start', { S: session.start });
    update.set('startStated', { BOOL: true });
  } else {
    update.setIfAbsent('start', { S: session.start });
  }
  if (terminal === undefined) {
    update.setIfAbsent('status', { S: 'open' });
  } else {
    update.set('status', { S: terminal.status });
    update.set('end', { S: terminal.end });
  }
  for (const schema of sessionSchema) update.overwriteStated(schema, session.groups[schema.name]);
  return update.expressions(sessionConditions[startStated ? 1 : 0][terminal === undefined ? 0 : 1]);
}

/** The conditions of a session's update: by whether its start is stated, and by whether it is terminal. */
const sessionConditions = [
  [sessionCondition(false, false), sessionCondition(false, true)],
  [sessionCondition(true, false), sessionCondition(true, true)],
] as const;

function sessionCondition(startStated: boolean, isTerminal: boolean): string {
  const { name: start } = makePhrase('start');
  const { name: end } = makePhrase('end');
  const notEarlier = startStated
    ? ['attribute_not_exists(startStated)', `${start} >= :start`]
    : [`${start} <= :start`];
  const notEnded = isTerminal ? [`attribute_not_exists(${end})`, `${end} < :end`] : [];
  // Engines read nested parentheses by trying, which takes local ones longer than all else: these are alternatives.
  const alternatives = notEarlier
    .map((one) => `lastUpdated < :oldest AND ${one}`)
    .flatMap((one) => (isTerminal ? notEnded.map((other) => `${one} AND ${other}`) : [one]));
  return ['attribute_not_exists(sim)', ...alternatives].join(' OR ');
}

/**
 * Writes a SIM without reading it, on the same condition. Marks lie before the time at which a SIM's other groups are
 * stated, and after the start of its day, so each has a term of its own: none that is stored may be later.
 */
export function simUpdate(sim: Sim): Expressions {
  const { signalled, bytes, session, ...others } = sim.groups;
  const update = new UpdateBuilder();
  update.values[':oldest'] = { S: oldestStatement(sim.origin.at, Object.values(others)) };
  update.set('lastUpdated', { S: sim.origin.at });
  originCodec.overwrite(update, sim.origin.group);
  for (const schema of simSchema) update.overwriteStated(schema, sim.groups[schema.name]);
  return update.expressions(simCondition(markNames.filter((name) => sim.groups[name] !== undefined)));
}

function simCondition(marks: readonly MarkName[]): string {
  const alternatives = marks.reduce(
    (terms, name) =>
      terms.flatMap((term) => [
        `${term} AND attribute_not_exists(${name}At)`,
        `${term} AND ${name}At <= :${name}At`,
      ]),
    ['lastUpdated < :oldest'],
  );
  return ['attribute_not_exists(sim)', ...alternatives].join(' OR ');
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
