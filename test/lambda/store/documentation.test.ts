import { readFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { eventTypeName } from '../../../lambda/carriers/datastreamer/event-types.ts';
import { StoredDeliveryNotes } from '../../../lambda/functions/kinesis-consumer/delivery-notes.ts';
import {
  type ItemAttribute,
  itemAttributes,
  sessionSchema,
  simSchema,
} from '../../../lambda/store/schema.ts';
import { ledgerTables, tables } from '../../../lambda/store/tables.ts';

/** docs/tables.md beside the schema, in both directions. */

const page = readFileSync(new URL('../../../docs/tables.md', import.meta.url), 'utf8');

/** The rows of the first table of a section, or of the first after some words in it, cell by cell. */
function readTable(heading: string, after: RegExp | string = ''): string[][] {
  const [, section = ''] = `\n${page}`.split(`\n${heading}\n`);
  const [, text = section] = after === '' ? [] : section.split(after);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(text) ?? [];
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function namesIn(cell = ''): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}

/** The attributes that a table of the page gives a type. */
function attributesIn(heading: string): ItemAttribute[] {
  return readTable(heading).flatMap(([names, type = '']) =>
    type === '' ? [] : namesIn(names).map((name) => ({ name, type: type as ItemAttribute['type'] })),
  );
}

function sorted(attributes: readonly ItemAttribute[]): ItemAttribute[] {
  return attributes.map(({ name, type }) => ({ name, type })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const common = attributesIn('### Attributes of all tables but Files');
const places = attributesIn('### Network and cell');
const stampRows = readTable('### Stamps: attributes that end in `At`');

/**
 * A table's attributes: those that its section lists, and those that its last row refers to by name, or in words:
 * "network, cell, stamps".
 */
function documented(table: string): ItemAttribute[] {
  const [references = ''] = readTable(`## ${table}`).find(([, type]) => type === '') ?? [];
  const known = [...common, ...places];
  const named = namesIn(references).map(
    (name) => known.find((one) => one.name === name) ?? { name, type: 'S' as const },
  );
  const inWords = references.includes('network, cell') ? places : [];
  const stamps = stampRows
    .filter(([, , where = '']) => references.includes('stamps') && where.split(', ').includes(table))
    .flatMap(([cell]) => namesIn(cell).map((name) => ({ name, type: 'N' as const })));
  return [...attributesIn(`## ${table}`), ...named, ...inWords, ...stamps];
}

describe('docs/tables.md', () => {
  it.each([
    ['Sessions', itemAttributes.sessions],
    ['Usage', itemAttributes.usage],
    ['Events', itemAttributes.events],
    ['Sims', itemAttributes.sims],
    ['Files', itemAttributes.files],
  ] as const)('lists every attribute of %s with its type, and no other', (table, attributes) => {
    expect(sorted(documented(table))).toEqual(sorted(attributes));
  });

  it('lists every stamp with the attributes of its group and the tables that have it, and no other', () => {
    const rows = stampRows.map(([stamp, group, where]) => [namesIn(stamp), namesIn(group), where]);
    const groups = new Map([...sessionSchema, ...simSchema].map((group) => [group.stamp, group]));
    const expected = [...groups.values()].map(({ stamp, attributes }) => {
      const where = [
        ...(sessionSchema.some((group) => group.stamp === stamp) ? ['Sessions'] : []),
        ...(simSchema.some((group) => group.stamp === stamp) ? ['Sims'] : []),
      ];
      return [[stamp], attributes.map(({ name }) => name), where.join(', ')];
    });
    const inOrder = (list: readonly unknown[]): string[] => list.map((row) => JSON.stringify(row)).sort();
    expect(inOrder(rows)).toEqual(inOrder(expected));
  });

  it('lists every attribute of Deliveries, and no other', async () => {
    const written: unknown[] = [];
    const send = async ({ input }: { readonly input: { readonly Item?: object } }): Promise<object> => {
      if (input.Item !== undefined) written.push(input.Item);
      return {};
    };
    const notes = new StoredDeliveryNotes({ send } as unknown as DynamoDBClient, 'Deliveries');
    await notes.begin({ shard: 'stream/shard', sequenceNumber: '1', arrivedAt: 0 });
    expect(written.map((item) => Object.keys(item as object).sort())).toEqual([
      sorted(attributesIn('## Deliveries')).map(({ name }) => name),
    ]);
  });

  it('names the keys of every table of the ledger', () => {
    const rows = readTable('# Tables').map(([table, partitionKey, sortKey]) => [
      table?.replace(/^\[(\w+)\].*$/, '$1'),
      namesIn(partitionKey),
      namesIn(sortKey),
    ]);
    expect(rows).toEqual(
      ledgerTables.map(({ name, partitionKey, sortKey }) => [
        name,
        [partitionKey],
        sortKey === undefined ? [] : [sortKey],
      ]),
    );
  });

  it('has a section of every table', () => {
    const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name);
    expect(sections).toEqual(expect.arrayContaining(tables.map(({ name }) => name)));
  });

  it('lists every event type of the data streamer by its id, and no other', () => {
    const rows = readTable('### Event types', /Data streamer:\n/);
    const documentedTypes = rows.flatMap(([id = '', type, otherId = '', otherType]) => [
      ...pairTypes(id, type),
      ...pairTypes(otherId, otherType),
    ]);
    const ids = Array.from({ length: 1_000 }, (_, id) => String(id));
    const known = ids.flatMap((id) => {
      const names = [
        eventTypeName(id, undefined, false),
        eventTypeName(id, undefined, true),
        eventTypeName(id, 'Purge location', false),
        eventTypeName(id, 'SMS API callback', false),
      ].filter((name) => name !== `event.${id}`);
      return names.length === 0 ? [] : [[id, [...new Set(names)]]];
    });
    expect(documentedTypes.sort(([a], [b]) => Number(a) - Number(b))).toEqual(known);
  });
});

/** A cell of ids beside one of types; of several ids, the types after the first may leave out what they share. */
function pairTypes(ids: string, types = ''): [string, string[]][] {
  const names = [...types.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => name);
  const [first = ''] = names;
  const full = names.map((name) => (name.startsWith('.') ? `${first.split('.')[0]}${name}` : name));
  const each = ids.split(', ').filter((id) => id !== '');
  return each.length === 1
    ? each.map((id) => [id, full])
    : each.map((id, index) => [id, full.slice(index, index + 1)]);
}
