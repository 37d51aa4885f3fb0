import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type MarkName, markNames } from '../ledger/heard.ts';
import type { Session, Sim, Stated } from '../ledger/observation.ts';
import { type AttributeWriter, type Item, stampValue } from './codec.ts';
import { FormTexts } from './form-texts.ts';
import {
  type GroupSchema,
  originCodec,
  reservedNames,
  sessionOriginCodec,
  sessionSchema,
  simSchema,
} from './schema.ts';
import { formatTarget, type Statement } from './statements.ts';

/** The parameters of an `UpdateItem` or `PutItem`, without table and key. */
export interface Expressions {
  readonly UpdateExpression?: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
}

/** How expressions refer to an attribute. */
interface Phrase {
  /** The attribute's name, or an alias for it. */
  readonly name: string;
  readonly alias: boolean;
  /** The placeholder of its value. */
  readonly value: string;
  readonly assignment: string;
}

const phrases = new Map<string, Phrase>();

/** Cached, because a batch uses the same few dozen attributes thousands of times. */
function makePhrase(attribute: string): Phrase {
  const known = phrases.get(attribute);
  if (known !== undefined) return known;
  const alias = reservedNames.has(attribute);
  const name = alias ? `#${attribute}` : attribute;
  const phrase = { name, alias, value: `:${attribute}`, assignment: `${name} = :${attribute}` };
  phrases.set(attribute, phrase);
  return phrase;
}

/** One assignment of an update expression. */
interface Assignment {
  readonly attribute: string;
  readonly value: AttributeValue;
  /** Whether a value that is already stored stays. */
  readonly ifAbsent: boolean;
}

/** A term of a condition: the attribute is missing, or compares as `sign` says with the operand named `value`. */
type Term =
  | { readonly attribute: string; readonly isMissing: true }
  | { readonly attribute: string; readonly sign: '<' | '<=' | '>='; readonly value: string };

/** A condition that holds for a stored item if all terms of at least one alternative hold. */
interface Condition {
  /** The condition of an `UpdateItem`; it also holds if no item is stored. */
  readonly expression: string;
  /** The `WHERE` clause of a PartiQL statement, which applies to a stored item. */
  readonly clause: string;
  /** The names of the clause's operands, in the order of its parameters. */
  readonly values: readonly string[];
}

function makeCondition(alternatives: readonly (readonly Term[])[]): Condition {
  const expressed = alternatives.map((terms) =>
    terms
      .map((term) => {
        const { name } = makePhrase(term.attribute);
        return 'isMissing' in term ? `attribute_not_exists(${name})` : `${name} ${term.sign} :${term.value}`;
      })
      .join(' AND '),
  );
  const clauses = alternatives.map((terms) =>
    terms
      .map((term) =>
        'isMissing' in term ? `"${term.attribute}" IS MISSING` : `"${term.attribute}" ${term.sign} ?`,
      )
      .join(' AND '),
  );
  return {
    expression: ['attribute_not_exists(sim)', ...expressed].join(' OR '),
    clause: clauses.map((clause) => `(${clause})`).join(' OR '),
    values: alternatives.flatMap((terms) => terms.flatMap((term) => ('isMissing' in term ? [] : term.value))),
  };
}

/** An update of an item, as an `UpdateItem` or as a PartiQL statement. */
export class ItemUpdate implements AttributeWriter {
  readonly #condition: Condition;
  /** The operands of the condition, by name. */
  readonly #operands: Readonly<Record<string, AttributeValue>>;
  readonly #sets: Assignment[] = [];
  readonly #removes: string[] = [];

  /** @param operands the values that the condition compares with. */
  constructor(condition: Condition, operands: Readonly<Record<string, AttributeValue>>) {
    this.#condition = condition;
    this.#operands = operands;
  }

  set(attribute: string, value: AttributeValue): void {
    this.#sets.push({ attribute, value, ifAbsent: false });
  }

  /** Sets an attribute, unless it has a value. */
  setIfAbsent(attribute: string, value: AttributeValue): void {
    this.#sets.push({ attribute, value, ifAbsent: true });
  }

  remove(attribute: string): void {
    this.#removes.push(attribute);
  }

  /** Overwrites a group as a whole: removes the attributes that the statement lacks. */
  overwriteStated({ stamp, overwrite }: GroupSchema, stated: Stated | undefined): void {
    if (stated === undefined) return;
    this.set(stamp, stampValue(stated.at));
    overwrite(this, stated.group);
  }

  /** The parameters of an `UpdateItem`, which creates the item if none is stored. */
  get expressions(): Expressions {
    const names: Record<string, string> = {};
    const values: Record<string, AttributeValue> = {};
    for (const name of Object.keys(this.#operands)) values[`:${name}`] = this.#findOperand(name);
    const use = (attribute: string): Phrase => {
      const phrase = makePhrase(attribute);
      if (phrase.alias) names[phrase.name] = attribute;
      return phrase;
    };
    const sets = this.#sets.map(({ attribute, value, ifAbsent }) => {
      const { name, value: placeholder, assignment } = use(attribute);
      values[placeholder] = value;
      return ifAbsent ? `${name} = if_not_exists(${name}, ${placeholder})` : assignment;
    });
    const removes = this.#removes.map((attribute) => use(attribute).name);
    return {
      UpdateExpression: `SET ${sets.join(', ')}${removes.length === 0 ? '' : ` REMOVE ${removes.join(', ')}`}`,
      ConditionExpression: this.#condition.expression,
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ExpressionAttributeValues: values,
    };
  }

  /**
   * The update as a PartiQL statement, which fails if no item is stored. It omits what is set only if absent, because
   * every stored item has that.
   */
  toStatement(tableName: string, key: Item): Statement {
    const sets: string[] = [];
    const parameters: AttributeValue[] = [];
    for (const { attribute, value, ifAbsent } of this.#sets) {
      if (ifAbsent) continue;
      sets.push(attribute);
      parameters.push(value);
    }
    const { clause, values } = this.#condition;
    const keys = Object.keys(key);
    parameters.push(...Object.values(key));
    for (const name of values) parameters.push(this.#findOperand(name));
    // The clause separates the names that are set from those that are removed.
    const names = [tableName, ...keys, ...sets, clause, ...this.#removes];
    return {
      target: formatTarget(tableName, key),
      text: updates.find(names, () => formatUpdate(tableName, keys, sets, this.#removes, clause)),
      parameters,
    };
  }

  #findOperand(name: string): AttributeValue {
    const value = this.#operands[name];
    if (value === undefined) throw new Error(`The condition names ${name}, which has no value`);
    return value;
  }
}

const updates = new FormTexts();

function formatUpdate(
  tableName: string,
  keys: readonly string[],
  sets: readonly string[],
  removes: readonly string[],
  clause: string,
): string {
  const assignments = sets.map((attribute) => ` SET "${attribute}" = ?`).join('');
  const removals = removes.map((attribute) => ` REMOVE "${attribute}"`).join('');
  const isItem = keys.map((attribute) => `"${attribute}" = ?`).join(' AND ');
  return `UPDATE "${tableName}"${assignments}${removals} WHERE ${isItem} AND (${clause})`;
}

/**
 * Writes a session without reading it. The condition holds only if overwriting equals merging: everything stored was
 * observed before all that the change states, no earlier start is lost, and no end is undone.
 */
export function writeSessionUpdate(session: Session): ItemUpdate {
  const { startStated, terminal } = session;
  const start = { S: session.start };
  const update = new ItemUpdate(sessionConditions[startStated ? 1 : 0][terminal === undefined ? 0 : 1], {
    oldest: { S: findOldestStatement(session.origin.at, Object.values(session.groups)) },
    start,
    ...(terminal !== undefined && { end: { S: terminal.end } }),
  });
  update.set('lastUpdated', { S: session.origin.at });
  sessionOriginCodec.overwrite(update, session.origin.group);
  if (startStated) {
    update.set('start', start);
    update.set('startStated', { BOOL: true });
  } else {
    update.setIfAbsent('start', start);
  }
  if (terminal === undefined) {
    update.setIfAbsent('status', { S: 'open' });
  } else {
    update.set('status', { S: terminal.status });
    update.set('end', { S: terminal.end });
  }
  for (const schema of sessionSchema) update.overwriteStated(schema, session.groups[schema.name]);
  return update;
}

/** The conditions of a session's update: first by whether its start is stated, then by whether it is terminal. */
const sessionConditions = [
  [writeSessionCondition(false, false), writeSessionCondition(false, true)],
  [writeSessionCondition(true, false), writeSessionCondition(true, true)],
] as const;

function writeSessionCondition(startStated: boolean, isTerminal: boolean): Condition {
  const older: Term = { attribute: 'lastUpdated', sign: '<', value: 'oldest' };
  const notEarlier: readonly Term[] = startStated
    ? [
        { attribute: 'startStated', isMissing: true },
        { attribute: 'start', sign: '>=', value: 'start' },
      ]
    : [{ attribute: 'start', sign: '<=', value: 'start' }];
  const notEnded: readonly Term[] = [
    { attribute: 'end', isMissing: true },
    { attribute: 'end', sign: '<', value: 'end' },
  ];
  // Alternatives instead of nested parentheses: local engines parse those by backtracking, which would take most of
  // their time.
  const alternatives = notEarlier.map((one) => [older, one]);
  return makeCondition(
    isTerminal ? alternatives.flatMap((one) => notEnded.map((other) => [...one, other])) : alternatives,
  );
}

/**
 * Writes a SIM without reading it, if overwriting equals merging. Marks need terms of their own, because `lastUpdated`
 * does not cover them: they are older than the other groups that a SIM states, and newer than the start of its day. No
 * stored mark may be later.
 */
export function writeSimUpdate(sim: Sim): ItemUpdate {
  const { signalled, bytes, session, ...others } = sim.groups;
  const operands: Record<string, AttributeValue> = {
    oldest: { S: findOldestStatement(sim.origin.at, Object.values(others)) },
  };
  const stated: MarkName[] = [];
  for (const name of markNames) {
    const mark = sim.groups[name];
    if (mark === undefined) continue;
    stated.push(name);
    operands[markAttribute(name)] = stampValue(mark.at);
  }
  const update = new ItemUpdate(writeSimCondition(stated), operands);
  update.set('lastUpdated', { S: sim.origin.at });
  originCodec.overwrite(update, sim.origin.group);
  for (const schema of simSchema) update.overwriteStated(schema, sim.groups[schema.name]);
  return update;
}

const simConditions = new Map<string, Condition>();

/** The condition of a SIM update that states the given marks. */
function writeSimCondition(marks: readonly MarkName[]): Condition {
  const key = marks.join();
  const known = simConditions.get(key);
  if (known !== undefined) return known;
  const older: Term = { attribute: 'lastUpdated', sign: '<', value: 'oldest' };
  const alternatives = marks.reduce<readonly (readonly Term[])[]>(
    (terms, name) => {
      const attribute = markAttribute(name);
      return terms.flatMap((term) => [
        [...term, { attribute, isMissing: true }],
        [...term, { attribute, sign: '<=', value: attribute }],
      ]);
    },
    [[older]],
  );
  const condition = makeCondition(alternatives);
  simConditions.set(key, condition);
  return condition;
}

/** The attribute that holds a mark's time. */
function markAttribute(name: MarkName): string {
  return `${name}At`;
}

/**
 * A condition that holds only if every attribute of the stored item is still as it was read.
 *
 * @param possible all attributes that the item may have.
 */
export function requireUnchanged(stored: Item, possible: Iterable<string>): Expressions {
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

/**
 * Replaces an item that was read by another with the same key, on the condition of {@link requireUnchanged}: a PartiQL
 * statement that sets what differs and removes what is gone.
 */
export function replaceStatement(
  tableName: string,
  key: Item,
  stored: Item,
  item: Item,
  possible: Iterable<string>,
): Statement {
  let text = `UPDATE "${tableName}"`;
  const parameters: AttributeValue[] = [];
  for (const [attribute, value] of Object.entries(item)) {
    // A statement must set at least one attribute; it always sets `lastUpdated`.
    if (attribute in key || (attribute !== 'lastUpdated' && isSameValue(value, stored[attribute]))) continue;
    text += ` SET "${attribute}" = ?`;
    parameters.push(value);
  }
  for (const attribute of Object.keys(stored)) {
    if (!(attribute in item)) text += ` REMOVE "${attribute}"`;
  }
  const terms: string[] = [];
  const compare = (attribute: string, value: AttributeValue): void => {
    terms.push(`"${attribute}" = ?`);
    parameters.push(value);
  };
  for (const [attribute, value] of Object.entries(key)) compare(attribute, value);
  const keyTerms = terms.splice(0).join(' AND ');
  for (const [attribute, value] of Object.entries(stored)) if (!(attribute in key)) compare(attribute, value);
  for (const attribute of possible) {
    if (!(attribute in stored)) terms.push(`"${attribute}" IS MISSING`);
  }
  return {
    target: formatTarget(tableName, key),
    text: `${text} WHERE ${keyTerms} AND (${terms.join(' AND ')})`,
    parameters,
  };
}

function isSameValue(a: AttributeValue, b: AttributeValue | undefined): boolean {
  return a.S === b?.S && a.N === b?.N && a.BOOL === b?.BOOL;
}

function findOldestStatement(latest: string, groups: readonly (Stated | undefined)[]): string {
  let oldest = latest;
  for (const group of groups) if (group !== undefined && group.at < oldest) oldest = group.at;
  return oldest;
}
