import { describe, expect, test } from 'vitest';
import { isFault } from '../../../../lambda/carriers/reading.ts';
import { readLayout } from '../../../../lambda/ingest/files/layout.ts';
import { interpretParsedRow, readParts } from '../../../../lambda/ingest/files/parts.ts';
import type { Source } from '../../../../lambda/ledger/source.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';

const source: Source = { name: 'main', carrier: '1nce', bytesPerMegabyte: 1_000_000 };
const header = 'id,iccid,event_start_timestamp,volume_rx,volume_tx,volume';
/** Upload and download swapped. */
const other = 'id,iccid,event_start_timestamp,volume_tx,volume_rx,volume';

function row(id: number | string): string {
  return `${id},8988280666001000101,2026-10-01 00:00:00,0.000007,0.000005,0.000012`;
}

/** How a part reads, with the bytes of its rows, and what each states or why it does not. */
interface Seen {
  readonly rows: readonly string[];
  readonly positions: readonly string[];
  /** Headers that are kept with rows. */
  readonly kept: readonly (string | undefined)[];
  readonly states: readonly unknown[];
  readonly rowsBefore: number;
  readonly length: number;
  readonly rejectGroup: string;
  readonly isResumable: boolean;
  readonly headers: object;
}

/** The parts in which a file is imported, from its beginning or from where its import goes on. */
async function listParts(text: string, begin: Partial<Manifest> = {}, blockBytes?: number): Promise<Seen[]> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  const read = await readLayout('cdr_1.csv', bytes(), begin.header, blockBytes);
  if (isFault(read)) expect.fail(read.problem);
  const { layout, headerBytes, blocks } = read;
  const manifest: Manifest = {
    ...{ object: 'o', source: source.name, carrier: source.carrier, state: 'importing', delivered: '' },
    ...{ rows: 0, accepted: 0, rejected: 0, position: headerBytes, size: text.length },
    ...begin,
  };
  const parts: Seen[] = [];
  for await (const { entries, ...part } of readParts(
    { key: 'cdr_1.csv', source, arrivedAt: Date.parse('2026-11-02'), blocks },
    layout,
    manifest,
  )) {
    expect(entries.map(({ delivery, isRow }) => [delivery, isRow])).toEqual(
      entries.map((_, index) => [index, true]),
    );
    parts.push({
      ...part,
      rows: entries.map((entry) => Buffer.from(entry.readBytes()).toString()),
      positions: entries.map(({ position }) => position),
      kept: entries.map((entry) => entry.header),
      states: entries.map(({ reading }) =>
        reading.kind === 'observed' ? reading.usage?.dataUploaded : 'code' in reading && reading.code,
      ),
    });
  }
  return parts;
}

const firstLength = header.length + 1;
const rowLength = row(1).length + 1;

describe('the parts of a file', () => {
  test('are its blocks, with the numbers of their rows and the bytes that they take', async () => {
    const text = `${header}\n${row(1)}\n${row(2)}\n${row('')}\n`;
    expect(await listParts(text, {}, 2 * rowLength)).toEqual([
      {
        rows: [row(1), row(2)],
        ...{ positions: ['o#1', 'o#2'], kept: [undefined, undefined], states: [5, 5] },
        ...{ rowsBefore: 0, length: 2 * rowLength, rejectGroup: `o#${firstLength}` },
        ...{ isResumable: true, headers: {} },
      },
      {
        rows: [row('')],
        ...{ positions: ['o#3'], kept: [undefined], states: ['missing-identity'] },
        ...{ rowsBefore: 2, length: rowLength - 1, rejectGroup: `o#${firstLength + 2 * rowLength}` },
        ...{ isResumable: true, headers: {} },
      },
    ]);
  });

  test('go on where the import was, under the header that was in force', async () => {
    const begin = { rows: 7, position: 1_000, header: other, headers: 3 };
    expect(await listParts(`${row(1)}\n${header}\n${row(2)}\n`, begin)).toEqual([
      {
        rows: [row(1)],
        ...{ positions: ['o#8'], kept: [other], states: [7] },
        ...{ rowsBefore: 7, length: rowLength, rejectGroup: 'o#1000', isResumable: true, headers: {} },
      },
      {
        ...{ rows: [], positions: [], kept: [], states: [] },
        ...{ rowsBefore: 8, length: firstLength, rejectGroup: `o#${1_000 + rowLength}` },
        ...{ isResumable: true, headers: { header, headers: 4 } },
      },
      {
        rows: [row(2)],
        ...{ positions: ['o#9'], kept: [header], states: [5] },
        ...{ rowsBefore: 8, length: rowLength, rejectGroup: `o#${1_000 + rowLength + firstLength}` },
        ...{ isResumable: true, headers: {} },
      },
    ]);
  });

  test.each([
    ['between rows', `${row(1)}\n${other}\n${row(2)}\n${row(3)}\n`, [[5], [], [7, 7]]],
    ['before all other rows', `${other}\n${row(1)}\n${row(2)}\n`, [[], [7, 7]]],
    ['behind all rows', `${row(1)}\n${other}`, [[5], []]],
    ['twice', `${other}\n${other}\n${row(1)}\n`, [[], [7]]],
    ['in turn with the first', `${row(1)}\n${other}\n${header}\n${row(2)}\n`, [[5], [], [], [5]]],
  ])('are divided where another header stands %s, which is a part of its own', async (_, rows, states) => {
    const text = `${header}\n${rows}`;
    const parts = await listParts(text);
    expect(parts.map((part) => part.states)).toEqual(states);
    expect(parts.map(({ headers }) => 'header' in headers)).toEqual(states.map(({ length }) => length === 0));
    expect(firstLength + parts.reduce((sum, { length }) => sum + length, 0)).toBe(text.length);
  });

  test('are not divided by the header in force, however often it comes', async () => {
    const rows = Array.from({ length: 100 }, (_, number) => row(number));
    const parts = await listParts(`${[header, ...rows.flatMap((one) => [one, header])].join('\n')}\n`);
    expect(parts.map((part) => [part.rows, part.headers])).toEqual([[rows, {}]]);
  });

  test('have a header that swallowed rows as a reject, and those after it', async () => {
    const swallowing = `${other},"note\n${row(2)}\n"`;
    const parts = await listParts(`${header}\n${row(1)}\n${swallowing}\n${row(3)}\n${swallowing}\n`);
    expect(parts.map(({ rows, positions, kept, states }) => [rows, positions, kept, states])).toEqual([
      [[row(1)], ['o#1'], [undefined], [5]],
      [[swallowing], ['o#2'], [swallowing], ['unknown-columns']],
      [[row(3)], ['o#3'], [swallowing], ['unknown-columns']],
      [[swallowing], ['o#4'], [swallowing], ['unknown-columns']],
    ]);
  });

  test('have few rows under a long header, which is kept with each, but never end inside of a row', async () => {
    const long = `${other},${'x'.repeat(65_535 - other.length)}`;
    const broken = '"a\nb\nc"x';
    const rows = ['?\n'.repeat(64), '?\n'.repeat(63), broken, '\n?'].join('');
    const first = `${header},${'y'.repeat(60_000)}`;
    const parts = await listParts(`${first}\n${'!\n'.repeat(100)}${long}\n${rows}`);
    expect(parts.map((part) => [part.rows.length, part.kept.at(-1)?.length])).toEqual([
      [100, undefined],
      [0, undefined],
      [64, 65_536],
      [66, 65_536],
      [1, 65_536],
    ]);
    expect(parts.at(-2)?.rows.slice(-3)).toEqual(['"a', 'b', 'c"x']);
  });

  test('cannot be gone on with inside of the lines behind a quote that is not closed', async () => {
    const parts = await listParts(`${header}\n"oops\n1\n2\n3\n4\n`, {}, 8);
    expect(parts.map(({ rows, isResumable }) => [rows, isResumable])).toEqual([
      [['"oops', '1'], false],
      [['2', '3', '4'], true],
    ]);
  });
});

test.each([
  [true, 'broken-row', 'The row is not CSV: a quote is not closed, or characters follow a closed one'],
  [false, 'not-utf8', 'The row is not UTF-8 text'],
])('a row that cannot be read says why: it is text: %s, %s', (isText, code, problem) => {
  const broken = { fields: undefined, isText, bytes: Buffer.from('"') };
  const interpretRow = () => expect.fail('There are no fields');
  expect(interpretParsedRow(broken, interpretRow, { source, arrivedAt: 0 })).toMatchObject({ code, problem });
});
