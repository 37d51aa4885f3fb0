import { expect, test } from 'vitest';
import { formatCsvRow, formatJson, ResultWriter, writePlainly } from '../../../cli/terminal/terminal.ts';

async function* from(...values: readonly unknown[]): AsyncGenerator<unknown> {
  yield* values;
}

test('an array is JSON with an element a line, also if it is empty', async () => {
  const written: string[] = [];
  const writer = new ResultWriter({ write: (text) => written.push(text) });
  await writer.writeArray(from());
  await writer.write('\n');
  await writer.writeArray(from({ a: 1 }, { a: 'ü\n' }));
  await writer.flush();
  expect(written.join('')).toBe('[]\n[\n{"a":1},\n{"a":"ü\\n"}\n]');
});

test('an array whose elements end with an error is not JSON', async () => {
  const written: string[] = [];
  const writer = new ResultWriter({ write: (text) => written.push(text) });
  async function* broken(): AsyncGenerator<unknown> {
    yield 1;
    throw new Error('The table is gone');
  }
  await expect(writer.writeArray(broken())).rejects.toThrow('The table is gone');
  await writer.flush();
  expect(() => JSON.parse(written.join(''))).toThrow(SyntaxError);
});

test('reading pauses while nobody reads the results', async () => {
  let drain: (() => void) | undefined;
  const written: number[] = [];
  const writer = new ResultWriter({
    write: (text) => {
      written.push(text.length);
      return false;
    },
    once: (_, listener) => {
      drain = listener;
    },
  });
  let read = 0;
  async function* endless(): AsyncGenerator<string> {
    while (read < 1_000) {
      read += 1;
      yield 'x'.repeat(1_000);
    }
  }
  const done = writer.writeArray(endless());
  await new Promise(setImmediate);
  expect(written).toEqual([66 * 1_004 - 1 + 1]);
  expect(read).toBe(66);
  let rounds = 0;
  while (read < 1_000) {
    rounds += 1;
    drain?.();
    await new Promise(setImmediate);
  }
  await done;
  expect(rounds).toBe(Math.floor(1_000 / 66));
});

test('text cannot control a terminal, and keeps its colours, tabs and lines', () => {
  const coloured = '\u001b[1mbold\u001b[22m\t\u001b[38;5;1mred\n';
  expect(writePlainly(coloured)).toBe(coloured);
  expect(writePlainly('a\u001b]0;title\u0007\u009b2J\rb\u202ec\u0007[1m')).toBe(
    'a\ufffd]0;title\ufffd\ufffd2J\ufffdb\ufffdc\ufffd[1m',
  );
});

const hostile = 'a\u0007\u001b[2J\u007f\u009b2J\u202eb\u2066';

test('JSON cannot control a terminal, and a program reads the same from it', () => {
  const text = formatJson({ [hostile]: [hostile] }, 2);
  expect(text).toBe(writePlainly(text));
  expect(JSON.parse(text)).toEqual({ [hostile]: [hostile] });
});

test('results cannot control a terminal, and are unchanged in a file or pipe', async () => {
  for (const isTTY of [true, false]) {
    const written: string[] = [];
    const writer = new ResultWriter({ isTTY, write: (text) => written.push(text) });
    await writer.write(formatCsvRow([hostile, 1]));
    await writer.writeArray(from(hostile));
    await writer.flush();
    const [row, ...rest] = written.join('').split('\n');
    expect(row).toBe(isTTY ? 'a\ufffd\ufffd[2J\ufffd\ufffd2J\ufffdb\ufffd,1' : `${hostile},1\r`);
    expect(JSON.parse(rest.join('\n'))).toEqual([hostile]);
  }
});
