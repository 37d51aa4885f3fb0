import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Attribute, type AttributeTable, type Kind, listAttributes } from '../ledger/attributes.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';

/**
 * How states become items and back.
 *
 * The functions are compiled once, when the process starts, from the ledger's attributes to JavaScript that names each
 * attribute. A loop over the attributes takes four to ten times as long, because the engine must look up some forty
 * names in every state and item, and every record is encoded.
 */

/** An item as the SDK represents it: attribute values by name. */
export type Item = Record<string, AttributeValue>;

/** Takes attributes one by one, as an update expression does. */
export interface AttributeWriter {
  set(name: string, value: AttributeValue): void;
  remove(name: string): void;
}

/** The attributes of a state, and how they are encoded and decoded. */
export interface Codec<State> {
  readonly attributes: readonly Attribute[];
  /** Makes an item of a state; undefined members are omitted. */
  readonly encode: (state: State) => Item;
  /** Adds a state's attributes to an item; undefined members are skipped. */
  readonly add: (item: Item, state: State) => void;
  /** Sets the attributes that the state has, and removes the others. */
  readonly overwrite: (writer: AttributeWriter, state: State) => void;
  /** Reads a state from its item; absent attributes become undefined. */
  readonly decode: (item: Item) => State;
  /** The whole state as one short text. */
  readonly print: (state: State) => string;
}

/** Compiles the codec of a state from its attribute table. The compiler has checked that the table is complete. */
export function compileCodec<State extends object>(table: AttributeTable<State>): Codec<State> {
  const attributes = listAttributes(table);
  const put = (name: string, value: string): string => `item.${name} = ${value};`;
  // Required attributes are part of the literal: an object that grows by one name at a time makes much garbage.
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

/** Functions that the compiled code calls. */
const calls = { stampValue, formatTime } as const;

/** By kind: the expression that encodes a stated value, which is not undefined. */
const encoded: Readonly<Record<Kind, (stated: string) => string>> = {
  text: (stated) => `{ S: ${stated} }`,
  number: (stated) => `{ N: String(${stated}) }`,
  decimal: (stated) => `{ N: ${stated} }`,
  stamp: (stated) => `stampValue(${stated})`,
  flag: (stated) => `{ BOOL: ${stated} }`,
  mark: () => '{ BOOL: true }',
};

/** By kind: the expression that decodes the attribute value `stored`, which may be undefined. */
const decoded: Readonly<Record<Kind, (stored: string) => string>> = {
  text: (stored) => `${stored}?.S`,
  number: (stored) => `${stored}?.N === undefined ? undefined : Number(${stored}.N)`,
  decimal: (stored) => `${stored}?.N`,
  stamp: (stored) => `${stored}?.N === undefined ? undefined : formatTime(Number(${stored}.N))`,
  flag: (stored) => `${stored}?.BOOL`,
  mark: (stored) => `${stored}?.BOOL`,
};

/** By kind: the expression for a required attribute that an item lacks. No item that we wrote lacks one. */
const missing: Readonly<Record<Kind, string>> = {
  text: "''",
  number: '0',
  decimal: "'0'",
  stamp: 'formatTime(0)',
  flag: 'false',
  mark: 'false',
};

/** Code that goes through a state's attributes: `store` writes what to do with one that has a value. */
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

/** The expression for an attribute's value in `state`. */
function writeStatedValue({ name, member }: Attribute): string {
  return member === undefined ? `state.${checkName(name)}` : `state.${checkName(member)}?.${checkName(name)}`;
}

/** The expression that decodes `item` to a state. */
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

/** The compiled code contains attribute names only, and all of them are our own. */
function checkName(text: string): string {
  if (/^[A-Za-z]\w*$/.test(text)) return text;
  throw new Error(`${JSON.stringify(text)} cannot be the name of an attribute`);
}
