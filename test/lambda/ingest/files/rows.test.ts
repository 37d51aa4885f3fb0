import { describe, expect, it, test } from 'vitest';
import {
  type Delimiter,
  detectDelimiter,
  findLineEnds,
  findRowEnds,
  parseRows,
  scanRows,
} from '../../../../lambda/ingest/files/rows.ts';

/** The rows of a whole text. */
function rowsOf(text: string | Buffer, delimiter: Delimiter = ',') {
  const bytes = Buffer.from(text);
  const ends = [...findRowEnds(bytes, delimiter), bytes.length];
  return parseRows(bytes, ends, delimiter).map(({ fields, isText, bytes: row }) => ({
    fields,
    isText,
    text: row.toString(),
  }));
}

/** The texts between the ends of rows, and what follows the last of them. */
function cutText(bytes: Buffer, ends: readonly number[]): string[] {
  return [...ends, bytes.length].map((end, index, all) => bytes.toString('latin1', all[index - 1] ?? 0, end));
}

const whole = (fields: string[], text: string) => ({ fields, isText: true, text });
const broken = (text: string) => ({ fields: undefined, isText: true, text });

describe('rows end', () => {
  test.each<[string, string, string[], Delimiter?]>([
    ['with their lines', 'a,b\r\nc\nd', ['a,b\r\n', 'c\n', 'd']],
    ['behind line breaks in quotes', '"a\nb",c\nd\n', ['"a\nb",c\n', 'd\n', '']],
    ['behind a later field in quotes', 'a,"b\nc"\nd\n', ['a,"b\nc"\n', 'd\n', '']],
    ['behind quotes at the beginning of a later row', 'a\n"b\nc"\nd\n', ['a\n', '"b\nc"\n', 'd\n', '']],
    ['behind doubled quotes', '"a""\n""b",c\nd\n', ['"a""\n""b",c\n', 'd\n', '']],
    ['behind a doubled quote at the beginning of a field', '""" \nb"\nc\n', ['""" \nb"\n', 'c\n', '']],
    ['with their lines where quotes are empty', '"",a\nb\n', ['"",a\n', 'b\n', '']],
    ['with their lines where a quote is inside a bare field', 'a"b\nc"\n', ['a"b\n', 'c"\n', '']],
    ['with their lines where a quote follows a closed one', '"a"b"\nc\n', ['"a"b"\n', 'c\n', '']],
    ['behind quotes after the separator', 'a;"b\nc"\n', ['a;"b\nc"\n', ''], ';'],
    ['with their lines where quotes follow another separator', 'a;"b\nc"\n', ['a;"b\n', 'c"\n', '']],
    ['behind quotes after a byte-order mark', 'ï»¿"a\nb"\nc\n', ['ï»¿"a\nb"\n', 'c\n', '']],
    ['behind quotes after a mark in the middle', 'a\nï»¿"b\nc"\n', ['a\n', 'ï»¿"b\nc"\n', '']],
    ['with their lines after the end of a mark', 'x»¿"a\nb"\n', ['x»¿"a\n', 'b"\n', '']],
    ['with their lines after both ends of a mark', 'ïx¿"a\nb"\n', ['ïx¿"a\n', 'b"\n', '']],
    ['with their lines after the beginning of a mark', 'ï»x"a\nb"\n', ['ï»x"a\n', 'b"\n', '']],
    ['not at all behind a quote that is not closed', 'a\n"b\nc\n', ['a\n', '"b\nc\n']],
  ])('%s', (_, text, rows, delimiter = ',') => {
    const bytes = Buffer.from(text, 'latin1');
    expect(cutText(bytes, findRowEnds(bytes, delimiter))).toEqual(rows);
  });

  test.each([
    ['a\nb', false],
    ['"a"\nb', false],
    ['a\n"b', true],
    ['a\n"b""', true],
    ['a\n"b"""', false],
    ['', false],
  ])('%j with a quote open: %s', (text, isOpen) => {
    expect(scanRows(Buffer.from(text), ',', 10).isOpen).toBe(isOpen);
  });

  test.each(['a\nb\nc\nd\n', '"a"\n"b"\n"c"\n"d"\n'])('at most as often as is asked for: %j', (text) => {
    const bytes = Buffer.from(text);
    for (const max of [1, 2, 4, 9]) {
      expect([scanRows(bytes, ',', max).ends.length, findLineEnds(bytes, max).length]).toEqual([
        Math.min(max, 4),
        Math.min(max, 4),
      ]);
    }
  });
});

describe('rows', () => {
  it.each([
    ['quoted and bare fields', '"a",b,,"d"\n', [whole(['a', 'b', '', 'd'], '"a",b,,"d"')]],
    ['line breaks in quotes', '"a\nb","c\r\nd"\n', [whole(['a\nb', 'c\r\nd'], '"a\nb","c\r\nd"')]],
    ['doubled quotes', '"a""b","""",""\n', [whole(['a"b', '"', ''], '"a""b","""",""')]],
    ['separators in quotes', '"a,b",c\n', [whole(['a,b', 'c'], '"a,b",c')]],
    [
      'separators in quotes in some of them only',
      '"a,b",c\n"d",e\n"f""",g\nh,i\n',
      [
        ...[whole(['a,b', 'c'], '"a,b",c'), whole(['d', 'e'], '"d",e')],
        ...[whole(['f"', 'g'], '"f""",g'), whole(['h', 'i'], 'h,i')],
      ],
    ],
    ['Windows line ends', 'a,b\r\nc,d\r\n', [whole(['a', 'b'], 'a,b'), whole(['c', 'd'], 'c,d')]],
    ['no line end at the end', 'a,b\nc,d', [whole(['a', 'b'], 'a,b'), whole(['c', 'd'], 'c,d')]],
    ['blank lines between', '\n\na\n\r\n\nb\n', [whole(['a'], 'a'), whole(['b'], 'b')]],
    ['different numbers of fields', 'a\nb,c\n', [whole(['a'], 'a'), whole(['b', 'c'], 'b,c')]],
    ['€ and other signs', '"€",ä,"𝄞"\n', [whole(['€', 'ä', '𝄞'], '"€",ä,"𝄞"')]],
    ['nothing', '', []],
    ['blanks', '  \n', []],
    ['empty cells', ',,\n"",""\n', []],
    ['a separator stated', 'sep=;\n', []],
    ['the separator of the rows stated', 'sep=,,\n', []],
    ['a cell that looks as if it stated a separator', 'sep=,x\n', [whole(['sep=', 'x'], 'sep=,x')]],
    ['carriage returns inside of fields', 'a\rb,"c,d"\n', [whole(['a\rb', 'c,d'], 'a\rb,"c,d"')]],
    ['a byte-order mark', '\uFEFFa,b\n', [whole(['a', 'b'], '\uFEFFa,b')]],
  ])('with %s are read', (_, text, rows) => {
    expect(rowsOf(text)).toEqual(rows);
  });

  it.each([
    [';', '"a";"b,c"\n'],
    ['\t', '"a"\t"b,c"\n'],
  ] as const)('are separated by %j as well', (delimiter, text) => {
    expect(rowsOf(text, delimiter)).toEqual([whole(['a', 'b,c'], text.trimEnd())]);
  });

  it('hold their separator in quotes, whichever it is', () => {
    expect(rowsOf('"a";"b;c"\n', ';')).toEqual([whole(['a', 'b;c'], '"a";"b;c"')]);
  });

  it('of lines that were cut inside of quotes are broken, and say nothing of the next', () => {
    const bytes = Buffer.from('"oops\nb"\nc\n');
    expect(parseRows(bytes, [6, 9, 11], ',').map(({ fields }) => fields)).toEqual([
      undefined,
      undefined,
      ['c'],
    ]);
  });

  it.each([
    [
      'a quote at the end of a bare field',
      'a\nb",d\ne\n',
      [whole(['a'], 'a'), broken('b",d'), whole(['e'], 'e')],
    ],
    ['a quote and nothing else in a field', 'a\nb,"\n', [whole(['a'], 'a'), broken('b,"')]],
    [
      'a quote inside a bare field, beside a line break and a separator in quotes',
      '"a\n,b",c\nb"c,d\n',
      [whole(['a\n,b', 'c'], '"a\n,b",c'), broken('b"c,d')],
    ],
    [
      'a quote inside a bare field',
      'a\nb"c,d\n"e"\n',
      [whole(['a'], 'a'), broken('b"c,d'), whole(['e'], '"e"')],
    ],
    [
      'something behind a closing quote',
      'a\n"b"c,d\ne\n',
      [whole(['a'], 'a'), broken('"b"c,d'), whole(['e'], 'e')],
    ],
    [
      'a quote that is not closed',
      'a\n"b,c\nd\ne',
      [whole(['a'], 'a'), broken('"b,c'), whole(['d'], 'd'), whole(['e'], 'e')],
    ],
    [
      'a quote that the next row closes',
      'a\n"b","c\n"d","e"\nf\n',
      [whole(['a'], 'a'), broken('"b","c'), whole(['d', 'e'], '"d","e"'), whole(['f'], 'f')],
    ],
  ])('lose nothing but one with %s', (_, text, rows) => {
    expect(rowsOf(text)).toEqual(rows);
  });

  it('are all read, except one that is not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('a,b\n"c",'), Buffer.from([0xe4]), Buffer.from(',d\n€\n')]);
    expect(rowsOf(bytes)).toEqual([
      whole(['a', 'b'], 'a,b'),
      { fields: undefined, isText: false, text: '"c",\ufffd,d' },
      whole(['€'], '€'),
    ]);
  });
});

describe('a separator', () => {
  it.each([
    ['"id","volume","cost, in EUR"', ','],
    ['id;volume;"cost, in EUR"', ';'],
    ['id\tvolume', '\t'],
    ['id', ','],
  ])('of the header %s is %j', (header, delimiter) => {
    expect(detectDelimiter(header)).toBe(delimiter);
  });
});
