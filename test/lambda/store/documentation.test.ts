import { readFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { nameEventType } from '../../../lambda/carriers/datastreamer/event-types.ts';
import { checkUsagePaths } from '../../../lambda/days/findings/path.ts';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import { makeSimDay, simPeriod } from '../../../lambda/days/sim-days.ts';
import { StoredDeliveryNotes } from '../../../lambda/functions/kinesis-consumer/delivery-notes.ts';
import { fenceCodec, fenceKey } from '../../../lambda/store/day-fence.ts';
import { encodeMarker } from '../../../lambda/store/day-markers.ts';
import { encodeEpisode, encodeMark } from '../../../lambda/store/episodes.ts';
import { namedFileCodec } from '../../../lambda/store/filed-records.ts';
import { encodeFindings } from '../../../lambda/store/findings.ts';
import type { Item } from '../../../lambda/store/items.ts';
import { openTimesCodec } from '../../../lambda/store/open-days.ts';
import { startCodec, startKey } from '../../../lambda/store/schedule-start.ts';
import {
  type ItemAttribute,
  itemAttributes,
  sessionSchema,
  simSchema,
} from '../../../lambda/store/schema.ts';
import { sessionNoteCodec } from '../../../lambda/store/session-notes.ts';
import { encodeShared } from '../../../lambda/store/shared-episodes.ts';
import { encodePartialDay, encodeSimPeriod } from '../../../lambda/store/sim-day-items.ts';
import { ledgerTables, tables } from '../../../lambda/store/tables.ts';
import { makeUsage } from '../days/records.ts';
import { makeEpisode, makeGroup } from '../queries/stored-alerts.ts';

/** docs/tables.md beside the schema, in both directions. */

const page = readFileSync(new URL('../../../docs/tables.md', import.meta.url), 'utf8');

/** The text of a section, up to the next heading. */
function readSection(heading: string): string {
  const [, rest = ''] = `\n${page}`.split(`\n${heading}\n`);
  const [section = ''] = rest.split(/^#/m);
  return section;
}

/** The items of a section's list, one a line. */
function readList(heading: string): string[] {
  return [...readSection(heading).matchAll(/^- (.*)$/gm)].map(([, item = '']) => item);
}

/** The rows of the table below the page's title, cell by cell. */
function readTable(): string[][] {
  const [table = ''] = /(?:^\|.*\n)+/m.exec(readSection('# Tables')) ?? [];
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function namesIn(text = ''): string[] {
  return [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}

const reference = 'As above: ';

/** The attributes to which a section's list gives a type: "`a`, `b` (S), `c` (N): what they are". */
function attributesIn(heading: string): ItemAttribute[] {
  return readList(heading).flatMap((item) => {
    if (item.startsWith(reference)) return [];
    const [names = ''] = item.split(/:(?: |$)/);
    return [...names.matchAll(/([^()]+) \((S|N|BOOL|L)\)/g)].flatMap(([, group, type]) =>
      namesIn(group).map((name) => ({ name, type: type as ItemAttribute['type'] })),
    );
  });
}

const simDay = makeSimDay(
  'a',
  '2026-11-02',
  makeRows('2026-11-02', { ...noItems, usage: [makeUsage({ start: '2026-11-02T10:00:00.000Z' })] }),
);

const foundDay = {
  ...{ sim: 'a', day: '2026-11-02' },
  findings: checkUsagePaths(
    [
      makeUsage({ start: '2026-11-02T10:00:00.000Z', carrier: 'emnify', completeness: 9 }),
      makeUsage({ start: '2026-11-02T11:00:00.000Z', carrier: 'emnify', completeness: 8 }),
    ],
    new Set(),
  ),
};

/** What the table has of a SIM's day besides what docs/days.md lists. */
function pickStored(item: Item): Item {
  const listed: readonly string[] = Object.keys(simPeriod);
  const own = Object.entries(item).filter(
    ([name]) => !listed.includes(name) || name === 'sim' || name === 'period',
  );
  return Object.fromEntries(own);
}

function sorted(attributes: readonly ItemAttribute[]): ItemAttribute[] {
  return attributes.map(({ name, type }) => ({ name, type })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const places = attributesIn('### Network and cell');
const known = [
  ...attributesIn('### Attributes of all tables but Files'),
  ...places,
  ...attributesIn('## Sessions'),
];

/** Each stamp with the attributes of its group, and the tables that have it: both, unless one is named. */
const stampRows = readList('### Stamps').map((item) => {
  const [, stamp = '', table = 'Sessions, Sims', group = ''] =
    /^`(\w+)`(?: \((\w+)\))?: (.*)$/.exec(item) ?? [];
  return { stamp, group: namesIn(group), tables: table.split(', ') };
});

/**
 * A table's attributes: those that its section lists, and those that the item "As above" refers to by name, or in
 * words: "network and cell, stamps".
 */
function documented(table: string): ItemAttribute[] {
  const references = readList(`## ${table}`).find((item) => item.startsWith(reference)) ?? '';
  const named = namesIn(references).map((name) => {
    const attribute = known.find((one) => one.name === name);
    if (attribute === undefined) throw new Error(`${table} refers to ${name}, which is not listed above`);
    return attribute;
  });
  const inWords = references.includes('network and cell') ? places : [];
  const stamps = stampRows
    .filter((row) => references.includes('stamps') && row.tables.includes(table))
    .map(({ stamp }) => ({ name: stamp, type: 'N' as const }));
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
    const groups = new Map([...sessionSchema, ...simSchema].map((group) => [group.stamp, group]));
    const expected = [...groups.values()].map(({ stamp, attributes }) => {
      const where = [
        ...(sessionSchema.some((group) => group.stamp === stamp) ? ['Sessions'] : []),
        ...(simSchema.some((group) => group.stamp === stamp) ? ['Sims'] : []),
      ];
      return { stamp, group: attributes.map(({ name }) => name), tables: where };
    });
    const inOrder = (list: readonly unknown[]): string[] => list.map((row) => JSON.stringify(row)).sort();
    expect(inOrder(stampRows)).toEqual(inOrder(expected));
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

  it('lists every attribute of Alerts, and no other', () => {
    const items = [
      encodeEpisode(
        'live',
        makeEpisode({ to: 1, decidedFrom: 1, decidedTo: 1, mergedInto: 'a', group: 'b' }),
      ),
      encodeMark('live', makeEpisode({})),
      encodeShared(makeGroup({ to: 1 })),
    ];
    const types = new Map(
      items.flatMap((item) => Object.entries(item).map(([name, value]) => [name, Object.keys(value)[0]])),
    );
    // Some items have several lists of attributes, each with a colon after its names.
    const text = readSection('## Alerts');
    const documentedTypes = [...text.matchAll(/((?:`\w+`(?:, )?)+) \((S|N|BOOL)\)/g)].flatMap(
      ([, names, type]) => namesIn(names).map((name): [string, string | undefined] => [name, type]),
    );
    expect(documentedTypes.sort()).toEqual([...types].sort());
  });

  it.each([
    [
      'DayState',
      {
        ...{ ...fenceKey, ...fenceCodec.encode({ closedThrough: '2026-11-02' }) },
        ...startKey,
        ...startCodec.encode({ scheduledFrom: '2026-11-02' }),
        ...openTimesCodec.encode({ orderedAt: 1, unreadAt: 1 }),
        ...namedFileCodec.encode({ source: '1nce', carrier: '1nce', name: 'a', time: 'b', rows: 1 }),
        records: { S: 'AAAAAAAAAAA=' },
      },
    ],
    ['DayMarkers', encodeMarker({ sim: 'a', day: '2026-11-02', sessionId: 'b', token: 'c' })],
    ['SessionDays', sessionNoteCodec.encode({ sim: 'a', sessionId: 'b', day: '2026-11-02', hash: 'c' })],
    [
      'SimDays',
      pickStored({
        ...encodeSimPeriod(simDay, 1),
        leftOut: { S: 'tariff' },
        ...encodePartialDay(simDay, '2026-11-02T06:00:00.000Z'),
      }),
    ],
    ['Findings', { ...encodeFindings(foundDay, 1), leftOut: { N: '1' } }],
  ])('lists every attribute of %s with its type, and no other', (table, item) => {
    const types = Object.entries(item).map(([name, value]) => ({ name, type: Object.keys(value)[0] }));
    expect(sorted(attributesIn(`## ${table}`))).toEqual(types.sort((a, b) => (a.name < b.name ? -1 : 1)));
  });

  it('names the keys of every table of the ledger', () => {
    const rows = readTable().map(([table, partitionKey, sortKey]) => [
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

  it('has a section for every table', () => {
    const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name);
    expect(sections).toEqual(expect.arrayContaining(tables.map(({ name }) => name)));
  });

  it('lists every event type of the data streamer by its id, and no other', () => {
    // "15 `location.purged` or `sms-api.callback`"
    const entries = /(\d+) (`[\w.-]+`(?: or `[\w.-]+`)*)/g;
    const documentedTypes = [...readSection('### Event types').matchAll(entries)].map(
      ([, id = '', types = '']): [string, string[]] => [
        id,
        [...types.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => name),
      ],
    );
    const ids = Array.from({ length: 1_000 }, (_, id) => String(id));
    const expected = ids.flatMap((id) => {
      const names = [
        nameEventType(id, undefined, false),
        nameEventType(id, undefined, true),
        nameEventType(id, 'Purge location', false),
        nameEventType(id, 'SMS API callback', false),
      ].filter((name) => name !== `event.${id}`);
      return names.length === 0 ? [] : [[id, [...new Set(names)]]];
    });
    expect(documentedTypes.sort(([a], [b]) => Number(a) - Number(b))).toEqual(expected);
  });
});
