import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../lambda/errors.ts';
import { openUserFile, readBodies } from '../../local/user-files.ts';
import { readAll } from '../records/read-all.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-user-files-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function given(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The bodies in a file of this content, as text. */
async function bodies(content: string | Buffer, name = 'records.json'): Promise<string[]> {
  const found: string[] = [];
  for await (const body of readBodies(await openUserFile(await given(name, content))))
    found.push(body.toString());
  return found;
}

describe('a file of the user', () => {
  test.for([
    ['cdr_20261102_130000.csv', 'csv'],
    ['EVENTS.CSV', 'csv'],
    ['records.json', 'json'],
    ['records.jsonl', 'json'],
    ['records.ndjson', 'json'],
  ] as const)('called %s is of the kind %s', async ([name, kind]) => {
    const path = await given(name, 'abc');
    expect(await openUserFile(path)).toEqual({ path, name, kind, bytes: 3 });
  });

  test('of another kind, missing or a folder is refused before anything is started', async () => {
    const other = await given('records.xlsx', '');
    await expect(openUserFile(other)).rejects.toThrow(
      new UsageError(`${other}: give files whose names end in .csv, .csv.gz, .json, .jsonl, .ndjson`),
    );
    const missing = join(folder, 'missing.csv');
    await expect(openUserFile(missing)).rejects.toThrow(`${missing} cannot be read: ENOENT`);
    const inner = await mkdtemp(join(folder, 'folder-'));
    await expect(openUserFile(`${inner}/`)).rejects.toThrow(UsageError);
  });
});

const one = '{"id":9007199254740993,"a":"x"}';
const two = '{"id":2,"b":{"c":[1,2]}}';

describe('the records in a JSON file', () => {
  test('are the bytes of its lines, with any content, across the chunks in which a file is read', async () => {
    const strange = Buffer.concat([
      Buffer.from('{"a":"\u2028'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    const long = Buffer.from(`{"a":"${'é'.repeat(100_000)}"}`);
    const content = Buffer.concat(
      [one, strange, long, two].flatMap((line) => [Buffer.from(line), Buffer.from('\n')]),
    );
    const found: Buffer[] = [];
    for await (const body of readBodies(await openUserFile(await given('strange.jsonl', content))))
      found.push(body);
    expect(found).toEqual([Buffer.from(one), strange, long, Buffer.from(two)]);
  });

  test('are its lines if they are records, without blank ones', async () => {
    expect(await bodies(`${one}\n${two}\n`)).toEqual([one, two]);
    expect(await bodies(`\n${one}\r\n\r\n  \n${two}`)).toEqual([one, two]);
  });

  test('are its lines even if some of them are broken', async () => {
    expect(await bodies(`${one}\n{"id":\n${two}\n`)).toEqual([one, '{"id":', two]);
  });

  test('are an array’s elements, digit for digit', async () => {
    expect(await bodies(`[${one}, ${two}]`)).toEqual([one, two]);
    const pretty = `[\n  ${one},\n  {\n    "id": 2.50\n  }\n]\n`;
    expect((await bodies(pretty)).map((body) => body.replaceAll(/\s/g, ''))).toEqual([one, '{"id":2.50}']);
  });

  test('are consecutive objects, each on several lines', async () => {
    const pretty = '{\n  "id": 1\n}\n{\n  "id": 2\n}\n';
    expect((await bodies(pretty)).map((body) => body.replaceAll(/\s/g, ''))).toEqual([
      '{"id":1}',
      '{"id":2}',
    ]);
    expect(await bodies(`${one}${two}`)).toEqual([one, two]);
  });

  test('are those before the file is truncated, and the rest, which will be rejected', async () => {
    const found = await bodies(`[${one},${two.slice(0, -3)}`);
    expect(found).toContain(one);
    expect(found.length).toBeGreaterThan(1);
  });

  test('are found after a byte order mark', async () => {
    for (const content of [`\uFEFF${one}\n${two}`, `\uFEFF[${one},${two}]`]) {
      const values = (await bodies(content)).flatMap((body) => readAll(Buffer.from(body)).values);
      expect(values).toEqual([{ id: '9007199254740993', a: 'x' }, JSON.parse(two)]);
    }
  });

  test('are absent in an empty file', async () => {
    expect([await bodies(''), await bodies('\n \n')]).toEqual([[], []]);
  });

  test.each([
    ['an array', ['[', ',\n', ']']],
    ['objects over several lines', ['{\n}\n', '\n', '\n']],
  ])(
    'keep their bytes in %s if one of them is not UTF-8',
    async (_, [before = '', between = '', after = '']) => {
      const latin = Buffer.from('{"id":3,\n"a":"Z\u00fcrich"}', 'latin1');
      const utf8 = Buffer.from('{"id":4,"a":"Z\u00fcrich \u20ac"}');
      const content = [before, one, between, latin, between, utf8, after].map((part) => Buffer.from(part));
      const mark = Buffer.from('\uFEFF');
      const path = await given('latin.json', Buffer.concat([mark, ...content]));
      const found: Buffer[] = [];
      for await (const body of readBodies(await openUserFile(path))) found.push(body);
      const records = found.slice(-3);
      expect(records).toEqual([Buffer.from(one), latin, utf8]);
      expect(records.map((body) => readAll(body).broken.map(({ code }) => code))).toEqual([
        [],
        ['not-utf8'],
        [],
      ]);
    },
  );

  test('are one body, to be rejected, if the file is in another encoding', async () => {
    const wide = Buffer.from(`[${one},\n${two}]`, 'utf16le');
    const found: Buffer[] = [];
    for await (const body of readBodies(await openUserFile(await given('wide.json', wide)))) found.push(body);
    expect(found).toEqual([wide]);
    expect(readAll(wide).broken.map(({ reason }) => reason)).toEqual([
      'The body is text in UTF-16, not in UTF-8. Convert it (iconv) and send it again',
    ]);
  });

  test('are one body, to be rejected, if the file is something else', async () => {
    expect(await bodies('hello')).toEqual(['hello']);
  });
});
