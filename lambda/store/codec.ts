import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Attribute, type AttributeTable, type Kind, listAttributes } from '../ledger/attributes.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';

/**
 * How states become items and back.
 *
 * The functions are made from the ledger's attributes once, when the process starts, as JavaScript that names each
 * attribute. Going through the attributes for each record takes four to ten times as long, since the engine then must
 * look up every one of some forty names in every state and item, and each record is encoded.
 */

/** An item as the SDK has it: attributes by name. */
export type Item = Record<string, AttributeValue>;

/** Takes attributes one by one, as an update's expression does. */
export interface AttributeWriter {
  set(name: string, value: AttributeValue): void;
  remove(name: string): void;
}

/** Attributes as they are listed, encoded and decoded. */
export interface Codec<State> {
  readonly attributes: readonly Attribute[];
  /** Makes an item of what a state says; what it lacks is left out. */
  readonly encode: (state: State) => Item;
  /** Adds what a state says to an item. */
  readonly add: (item: Item, state: State) => void;
  /** Sets what a state says, and removes what it lacks. */
  readonly overwrite: (writer: AttributeWriter, state: State) => void;
  /** Reads a state; what its item lacks is undefined. */
  readonly decode: (item: Item) => State;
  /** All that a state says as one short text. */
  readonly print: (state: State) => string;
}

/** Makes the codec of a state from its table, against which the compiler has held the state's type. */
export function compileCodec<State extends object>(table: AttributeTable<State>): Codec<State> {
  const attributes = listAttributes(table);
  const put = (name: string, value: string): string => `item.${name} = ${value};`;
  // What every item has is there from the beginning: an object that grows name by name leaves much to the collector.
  const isFirst = ({ isRequired, kind, member }: Attribute): boolean =>
    isRequired && kind !== 'mark' && member === undefined;
  const first = attributes
    .filter(isFirst)
    .map(({ name, kind }) => `${name}: ${encoded[kind](`state.${checkName(name)}`)}`);
  const others = attributes.filter((attribute) => !isFirst(attribute));
  const overwrite = writeStatements(
    attributes,
    (name, value) => `writer.set('${name}', ${value}); else writer.remove('${name}');`,
  );
  const printed = attributes.map((attribute) => `\${${writeStatedValue(attribute)}}`);
  const source = `return {
    encode(state) { const item = { ${first.join(', ')} }; ${writeStatements(others, put)} return item; },
    add(item, state) { ${writeStatements(attributes, put)} },
    overwrite(writer, state) { ${overwrite} },
    decode(item) { return ${writeDecodedState(attributes)}; },
    print(state) { return \`${printed.join('|')}\`; },
  };`;
  const make = new Function(...Object.keys(calls), `'use strict'; ${source}`);
  return { attributes, ...(make(...Object.values(calls)) as Omit<Codec<State>, 'attributes'>) };
}

/** What the compiled functions call. */
const calls = { stampValue, formatTime } as const;

/** The expression for an attribute's value in an item, of one for what a state says, which is not undefined. */
const encoded: Readonly<Record<Kind, (stated: string) => string>> = {
  text: (stated) => `{ S: ${stated} }`,
  number: (stated) => `{ N: String(${stated}) }`,
  decimal: (stated) => `{ N: ${stated} }`,
  stamp: (stated) => `stampValue(${stated})`,
  flag: (stated) => `{ BOOL: ${stated} }`,
  mark: () => '{ BOOL: true }',
};

/** The expression for a state's value of `stored`, which may be undefined. */
const decoded: Readonly<Record<Kind, (stored: string) => string>> = {
  text: (stored) => `${stored}?.S`,
  number: (stored) => `${stored}?.N === undefined ? undefined : Number(${stored}.N)`,
  decimal: (stored) => `${stored}?.N`,
  stamp: (stored) => `${stored}?.N === undefined ? undefined : formatTime(Number(${stored}.N))`,
  flag: (stored) => `${stored}?.BOOL`,
  mark: (stored) => `${stored}?.BOOL`,
};

/** What is read of an attribute that every state has where an item lacks it, which no item of ours does. */
const missing: Readonly<Record<Kind, string>> = {
  text: "''",
  number: '0',
  decimal: "'0'",
  stamp: 'formatTime(0)',
  flag: 'false',
  mark: 'false',
};

/** Code that visits each attribute of a state, with the action for a stored one. */
function writeStatements(
  attributes: readonly Attribute[],
  store: (name: string, value: string) => string,
): string {
  const each = attributes.map((attribute) => {
    const { name, kind } = attribute;
    const isStored = kind === 'mark' ? 'value === true' : 'value !== undefined';
    return `value = ${writeStatedValue(attribute)}; if (${isStored}) ${store(name, encoded[kind]('value'))}`;
  });
  return ['let value;', ...each].join('\n');
}

/** The expression for what `state` says of an attribute. */
function writeStatedValue({ name, member }: Attribute): string {
  return member === undefined ? `state.${checkName(name)}` : `state.${checkName(member)}?.${checkName(name)}`;
}

/** The expression for a state, of `item`. */
function writeDecodedState(attributes: readonly Attribute[]): string {
  const values = attributes.map(({ name, member, kind, isRequired }) => {
    const value = decoded[kind](`item.${checkName(name)}`);
    return { member, source: `${name}: ${isRequired ? `(${value}) ?? ${missing[kind]}` : value}` };
  });
  const sources = (wanted: string | undefined): string[] =>
    values.filter(({ member }) => member === wanted).map(({ source }) => source);
  const members = new Set(attributes.flatMap(({ member }) => member ?? []));
  const parts = [...members].map((member) => `${checkName(member)}: { ${sources(member).join(', ')} }`);
  return `{ ${[...sources(undefined), ...parts].join(', ')} }`;
}

/** A group's stamp as an attribute value. */
export function stampValue(at: string): AttributeValue {
  return { N: String(toMilliseconds(at)) };
}

/** Only names stand in what is compiled, and all of them are our own. */
function checkName(text: string): string {
  if (/^[A-Za-z]\w*$/.test(text)) return text;
  throw new Error(`${JSON.stringify(text)} cannot be the name of an attribute`);
}
