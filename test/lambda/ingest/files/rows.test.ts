import { describe, expect, it } from 'vitest';
import {
  type Delimiter,
  detectDelimiter,
  findRowEnds,
  parseRows,
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

const whole = (fields: string[], text: string) => ({ fields, isText: true, text });
const broken = (text: string) => ({ fields: undefined, isText: true, text });

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

  it.each([
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
