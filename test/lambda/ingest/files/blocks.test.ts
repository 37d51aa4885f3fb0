import { describe, expect, test } from 'vitest';
import { type Block, BlockReader } from '../../../../lambda/ingest/files/blocks.ts';

/** Bytes that arrive in chunks of this size; asking for more after their end is an error. */
function arrive(text: string, chunk: number) {
  const bytes = Buffer.from(text);
  const asked = { chunks: 0 };
  let at = 0;
  let isOver = false;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    if (isOver) throw new Error('There is nothing behind the end');
    isOver = at >= bytes.length;
    if (isOver) return { done: true, value: undefined };
    asked.chunks += 1;
    at += chunk;
    return { done: false, value: bytes.subarray(at - chunk, at) };
  };
  return { asked, chunks: { [Symbol.asyncIterator]: () => ({ next }) } };
}

/** The texts of a block's rows. */
function listRows({ bytes, ends }: Block): string[] {
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end).toString());
}

/** All blocks of a reader; `…` follows those after which reading cannot resume. */
async function readAll(reader: BlockReader, maxBlocks = 100): Promise<string[][]> {
  const blocks: string[][] = [];
  for (let block = await reader.readNext(','); block !== undefined; block = await reader.readNext(',')) {
    blocks.push([...listRows(block), ...(reader.isResumable ? [] : ['…'])]);
    if (blocks.length > maxBlocks) expect.fail('The blocks do not end');
  }
  return blocks;
}

describe('blocks of eight bytes', () => {
  test.each([
    ['nothing', '', []],
    ['short rows', 'a,b\nc,d\ne,f\n', [['a,b\n', 'c,d\n'], ['e,f\n']]],
    ['rows of which the last has no line break', 'a,b\nc,d\ne', [['a,b\n', 'c,d\n'], ['e']]],
    ['one row without a line break', 'a,b', [['a,b']]],
    ['one row of eight bytes without a line break', 'abcdefgh', [['abcdefgh']]],
    ['a row that the block would cut', 'a,b\nc,defgh\ni\n', [['a,b\n'], ['c,defgh\n'], ['i\n']]],
    ['a row longer than a block', 'abcdefghijklmnopqrs\nt\n', [['abcdefghijklmnopqrs\n', 't\n']]],
    ['a line break in quotes', '"a\nb",c\nd\n', [['"a\nb",c\n'], ['d\n']]],
    ['a closed quote without a line break behind it', 'a\n"b\nc"', [['a\n'], ['"b\nc"']]],
    ['a quote that is not closed', 'a\n"b\nc\nd', [['a\n'], ['"b\n', 'c\n', 'd']]],
    ['a quote that is not closed, and a line break at the end', '"b\nc\n', [['"b\n', 'c\n']]],
    [
      'more than a block of lines behind a quote that is not closed',
      '"oops\nb\nlonger than a block\nc\nd',
      [
        ['"oops\n', 'b\n', '…'],
        ['longer than a block\n', '…'],
        ['c\n', 'd'],
      ],
    ],
    [
      'a long last line behind such a quote',
      '"a\nlonger than a block',
      [['"a\n', '…'], ['longer than a block']],
    ],
  ])('of %s hold whole rows, in whatever chunks the bytes arrive', async (_, text, blocks) => {
    for (const chunk of [1, 3, 8, 100]) {
      expect(await readAll(new BlockReader(arrive(text, chunk).chunks, 8))).toEqual(blocks);
    }
  });

  test('are read one by one, with no more of the file than they need', async () => {
    const { asked, chunks } = arrive('a,b\nc,d\n'.repeat(3), 8);
    const reader = new BlockReader(chunks, 8);
    for (const read of [1, 2, 3]) {
      await reader.readNext(',');
      expect(asked.chunks).toBe(read);
    }
  });
});

describe('what is put back', () => {
  test('begins the next block, which may have another separator', async () => {
    const reader = new BlockReader(arrive('a,b\nc;"d\ne";f\n', 100).chunks);
    const [block, text] = [await reader.readNext(','), 'c;"d\ne";f\n'];
    expect(block && listRows(block)).toEqual(['a,b\n', 'c;"d\n', 'e";f\n']);
    reader.putBack(Buffer.from(text));
    expect(reader.isResumable).toBe(true);
    const next = await reader.readNext(';');
    expect(next && listRows(next)).toEqual([text]);
    expect(await reader.readNext(';')).toBeUndefined();
  });

  test('is a whole row, though longer than a block, where the file has been read to its end', async () => {
    const reader = new BlockReader(arrive('more than sixteen\nthe second\n', 100).chunks, 8);
    const block = await reader.readNext(',');
    expect(block && listRows(block)).toEqual(['more than sixteen\n', 'the second\n']);
    reader.putBack(Buffer.from('the second\n'));
    expect(await readAll(reader)).toEqual([['the second\n']]);
  });

  test('of lines behind a quote that is not closed stays lines', async () => {
    const reader = new BlockReader(arrive('"a\nb\nc\n', 100).chunks);
    const block = await reader.readNext(',');
    expect([block && listRows(block), reader.isResumable]).toEqual([['"a\n', 'b\n', 'c\n'], true]);
    reader.putBack(Buffer.from('b\nc\n'));
    expect(reader.isResumable).toBe(false);
    expect(await readAll(reader)).toEqual([['b\n', 'c\n']]);
  });

  test('of rows after such lines are rows again', async () => {
    const lines = `${'y'.repeat(99_999)}\n`;
    const reader = new BlockReader(arrive(`"${lines.repeat(21)}a,b\n"c\nd"\n`, 65_536).chunks, 1024 * 1024);
    await reader.readNext(',');
    await reader.readNext(',');
    await reader.readNext(',');
    reader.putBack(Buffer.from('"c\nd"\n'));
    expect([reader.isResumable, await readAll(reader)]).toEqual([true, [['"c\nd"\n']]]);
  });
});

describe('a row that is longer than any record', () => {
  const mebibyte = 1024 * 1024;
  const line = `${'y'.repeat(99_999)}\n`;

  test('has a quote that is not closed: its lines are rows, up to where reading begins again', async () => {
    const { chunks } = arrive(`"${line.repeat(22)}tail`, 65_536);
    const blocks = await readAll(new BlockReader(chunks, mebibyte));
    expect(blocks.map((rows) => [rows.length, rows.at(-1)])).toEqual([
      [11, '…'],
      [10, line],
      [2, line],
      [1, 'tail'],
    ]);
  });

  test('is cut where it is one line', async () => {
    const { chunks } = arrive('x'.repeat(2 * mebibyte + 5), 65_536);
    const blocks = await readAll(new BlockReader(chunks));
    expect(blocks.map((rows) => rows.map(({ length }) => length))).toEqual([[2 * mebibyte], [5]]);
  });
});

describe('a block', () => {
  const tiny = '1\n'.repeat(5_000);
  const broken = `"\n${'1\n'.repeat(1_000)}"x\n`;

  test.each([
    ['tiny rows', tiny, [4_096, 904]],
    ['as many tiny rows as it may have, and one', '1\n'.repeat(4_097), [4_096, 1]],
    ['tiny rows behind a quote that is not closed', `"\n${tiny}1`, [4_096, 906]],
    ['rows of many lines that are broken', broken.repeat(9), [4_008, 4_008, 1_002]],
    ['a row of very many lines, and rows behind it', `"\n${tiny}"x\na,b\nc,d\n`, [4_096, 906, 2]],
    ['a row of very many lines without a line break', `"\n${tiny}"x`, [4_096, 906]],
    ['as many lines as it may have', `"\n${'1\n'.repeat(4_094)}"x\n`, [4_096]],
  ])('of %s has at most 4,096 rows, of whose lines each may be one', async (_, text, counts) => {
    const reader = new BlockReader(arrive(text, 65_536).chunks);
    const found: number[] = [];
    const bytes: Buffer[] = [];
    for (let block = await reader.readNext(','); block !== undefined; block = await reader.readNext(',')) {
      found.push(block.bytes.toString().trimEnd().split('\n').length);
      bytes.push(block.bytes);
      if (found.length > 10) break;
    }
    expect(found).toEqual(counts);
    expect(Buffer.concat(bytes).toString()).toBe(text);
  });

  test('of the lines of a row that has very many cannot be the last before a pause', async () => {
    const reader = new BlockReader(arrive(`"\n${tiny}"x\na,b\n`, 65_536).chunks);
    const resumable: boolean[] = [];
    while ((await reader.readNext(',')) !== undefined) resumable.push(reader.isResumable);
    expect(resumable).toEqual([false, true, true]);
  });
});
