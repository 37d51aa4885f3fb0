import { describe, expect, it } from 'vitest';
import { explainBytes, explainText, nameFormat } from '../../../lambda/carriers/unreadable.ts';

/** How the sentence about bytes begins; undefined if the bytes are not explained. */
function explain(bytes: Buffer): string | undefined {
  return explainBytes(bytes, 'body')?.problem;
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** The beginnings of formats, as their documents state them. */
const formats: readonly (readonly [begin: string, name: string, remedy: RegExp])[] = [
  ['504b0304', 'a ZIP archive', /^Send JSON/],
  ['504b0506', 'an empty ZIP archive', /^Send JSON/],
  ['504b0708', 'a part of a ZIP archive', /^Send JSON/],
  ['28b52ffd', 'compressed with Zstandard', /^Send JSON/],
  ['425a68', 'compressed with bzip2', /^Send JSON/],
  ['fd377a585a00', 'compressed with xz', /^Send JSON/],
  ['04224d18', 'compressed with LZ4', /^Send JSON/],
  ['ff060000734e61507059', 'compressed with Snappy', /^Send JSON/],
  ['377abcaf271c', 'a 7z archive', /^Send JSON/],
  ['1f9d', 'compressed with compress (.Z)', /^Send JSON/],
  ['4f626a01', 'an Avro file', /^Send JSON/],
  ['c301', 'an Avro message', /^Send JSON/],
  ['50415231', 'a Parquet file', /^Send JSON/],
  ['4f5243', 'an ORC file', /^Send JSON/],
  ['e00100ea', 'Amazon Ion', /^Send JSON/],
  ['d9d9f7', 'CBOR', /^Send JSON/],
  ['d0cf11e0a1b11ae1', 'an Office file', /^Put CSV files into the bucket/],
  ['25504446', 'a PDF file', /^Put CSV files into the bucket/],
  ['89504e47', 'an image', /^Put CSV files into the bucket/],
  ['ffd8ff', 'an image', /^Put CSV files into the bucket/],
  ['1f8b08', 'gzip inside gzip', /^Compress it once$/],
  ['7801', 'compressed with zlib (deflate)', /^Compress it as gzip/],
  ['785e', 'compressed with zlib (deflate)', /^Compress it as gzip/],
  ['789c', 'compressed with zlib (deflate)', /^Compress it as gzip/],
  ['78da', 'compressed with zlib (deflate)', /^Compress it as gzip/],
  [
    'f3899ac2',
    'an aggregate of the Kinesis Producer Library inside another body',
    /^Aggregate records once$/,
  ],
];

describe('bytes of another format', () => {
  it.each(formats)('that begin with %s are %s', (begin, name, remedy) => {
    const bytes = hex(`${begin}01ff02fe03fd04fc05fb06fa07f908`);
    const fault = explainBytes(bytes, 'unpacked body');
    expect([fault?.code, nameFormat(bytes)]).toEqual(['not-text', name]);
    const sentence = `The unpacked body is ${name}, not text. `;
    expect(fault?.problem.slice(0, sentence.length)).toBe(sentence);
    expect(fault?.problem.slice(sentence.length)).toMatch(remedy);
  });

  it.each(['1f8c', '008b', '7800', '009c', '000b', '504b00'])(
    'are not taken for one that begins almost like %s',
    (begin) => {
      const bytes = hex(`${begin}01ff02fe03fd04fc05fb06fa07f908`);
      expect([explain(bytes)?.slice(0, 35), nameFormat(bytes)]).toEqual([
        'The body is binary data, not text: ',
        undefined,
      ]);
    },
  );

  it('are recognised even if they are valid UTF-8, and a text that begins like them is not', () => {
    expect([hex('504b030414000000'), Buffer.from('PK\x03\x04 and more')].map(nameFormat)).toEqual([
      'a ZIP archive',
      undefined,
    ]);
  });
});

/** A text with two or four bytes for each character, the lowest first. */
function widen(text: string, size: 2 | 4): Buffer {
  const bytes = Buffer.alloc(text.length * size);
  for (let index = 0; index < text.length; index += 1) bytes[index * size] = text.charCodeAt(index);
  return bytes;
}

describe('a text in a wide encoding', () => {
  const json = '{"iccid":"8988"}';
  const [utf16, utf32] = [widen(json, 2), widen(json, 4)];
  const [big16, big32] = [Buffer.from(utf16).swap16(), Buffer.from(utf32).swap32()];
  it.each([
    ['UTF-16', 'the lower byte first', utf16],
    ['UTF-16', 'the higher byte first', big16],
    ['UTF-16', 'the lower byte first, behind a mark', Buffer.concat([hex('fffe'), utf16])],
    ['UTF-16', 'the higher byte first, behind a mark', Buffer.concat([hex('feff'), big16])],
    ['UTF-32', 'the lowest byte first', utf32],
    ['UTF-32', 'the highest byte first', big32],
    ['UTF-32', 'the lowest byte first, behind a mark', Buffer.concat([hex('fffe0000'), utf32])],
    ['UTF-32', 'the highest byte first, behind a mark', Buffer.concat([hex('0000feff'), big32])],
    ['UTF-32', 'of one character', hex('7b000000')],
    ['UTF-16', 'of other letters, behind a mark', Buffer.from('\uFEFF\u4e2d\u6587', 'utf16le')],
    ['UTF-16', 'of the same letters, the higher byte first', hex('feff4e2d6587')],
    ['UTF-32', 'of rare letters, the highest byte first, behind a mark', hex('0000feff0001f6000001f601')],
    ['UTF-32', 'of rare letters, the lowest byte first, behind a mark', hex('fffe000000f6010001f60100')],
  ])('is %s, %s', (encoding, _, bytes) => {
    expect(explainBytes(bytes, 'body')).toEqual({
      kind: 'fault',
      code: 'not-utf8',
      problem: `The body is text in ${encoding}, not in UTF-8. Convert it (iconv) and send it again`,
    });
  });

  it.each([
    ['a zero in it', '7b22007d'],
    ['nothing but zeros', '0000000000000000'],
    ['three characters, two of them zeros', '00007d'],
    ['each first character a zero', '0041414100414141'],
    ['each third character a zero', '4141004141410041'],
    ['each second character a zero', '4100414141004141'],
    ['each fourth character a zero', '4141410041414100'],
    ['pairs of zeros', '4141000041410000'],
    ['zeros in the middle', '4100004141000041'],
    ['more zeros than the higher bytes of UTF-16', '0000004100410041'],
    ['zeros everywhere but at two places', '0000000000410041'],
    ['more zeros than the lower bytes of UTF-16', '4100000041004100'],
    ['zeros everywhere but at two other places', '0000000041004100'],
  ])('is not what UTF-8 with %s is', (_, bytes) => {
    expect(explain(hex(bytes))).toBeUndefined();
  });
});

describe('a text with bytes that are not UTF-8', () => {
  const damaged =
    /^The body is UTF-8 text that was damaged or cut short: byte \d+ is 0x[0-9a-f]{2}\. Repair it/;
  const another = /^The body is not UTF-8 text: byte \d+ is 0x[0-9a-f]{2}\. It is in another encoding/;
  const binary = /^The body is binary data, not text: byte \d+ is 0x[0-9a-f]{2}\. /;
  const begin = '7b2261223a22';
  const emoji = 'f09f9880';
  it.each([
    ['cut behind the first byte of two', `${begin}c3`, damaged],
    ['cut behind the least first byte of two', `${begin}c2`, damaged],
    ['cut behind the first byte of three', `${begin}e2`, damaged],
    ['cut behind the second byte of three', `${begin}e282`, damaged],
    ['cut behind the second byte of the least three', `${begin}e0a4`, damaged],
    ['cut behind the third byte of four', `${begin}f09f98`, damaged],
    ['half of a surrogate pair', `${begin}eda0bd22`, damaged],
    ['a wrong byte among characters of two', `${begin}c3a9c3a9ff22`, damaged],
    ['a wrong byte among characters of three', `${begin}e282ace282acff22`, damaged],
    ['a wrong byte among the least characters of three', `${begin}e0a495e0a495ff22`, damaged],
    ['a wrong byte among characters of four', `${begin}${emoji}${emoji}ff22`, damaged],
    ['Latin-1, its last byte a letter that needs none', `${begin}c1`, another],
    ['Windows-1252, its last byte a euro', `${begin}80`, another],
    ['Windows-1252, its last bytes two euros', `${begin}8080`, another],
    ['Latin-1, a letter with a quote behind it', `${begin}ed22`, another],
    ['Latin-1, two letters', `${begin}e9e922`, another],
    ['three bytes that could be fewer', `${begin}e08080`, another],
    ['four bytes of which the third does not go on', `${begin}f09f22`, another],
    ['Latin-1 in lines with tabs and separators', `1e${begin}e922090a0b0c0d`, another],
    ['one control in a thousand bytes of Latin-1', `00${'41'.repeat(997)}e922`, another],
    ['one control in fewer', `00${'41'.repeat(996)}e922`, binary],
    ['a control beyond the line breaks', `${begin}e90e`, binary],
    ['a control beyond the separators', `${begin}e91f`, binary],
    ['a control before the tabs', `${begin}e908`, binary],
  ])('is explained: %s', (_, bytes, sentence) => {
    expect(explain(hex(bytes))).toMatch(sentence);
  });

  it('is shown by its first wrong byte, wherever that is in a large body', () => {
    for (const character of ['x', 'é', '€', '😀']) {
      const size = Buffer.byteLength(character);
      for (const shift of [0, 1, 2, 3]) {
        const text = Buffer.from('x'.repeat(shift) + character.repeat(Math.ceil(70_000 / size)));
        const sentence = explain(Buffer.concat([text, hex('ff22')]));
        expect(sentence).toContain(`: byte ${text.length} is 0xff. `);
        expect(sentence).toMatch(character === 'x' ? another : damaged);
      }
    }
    expect(explain(hex(`${'bf'.repeat(70_000)}22`))).toContain(': byte 0 is 0xbf. ');
    expect(explain(hex(`${'41'.repeat(65_534)}${'bf'.repeat(8)}22`))).toContain(': byte 65534 is 0xbf. ');
  });

  it('is judged by what is near that byte: within 65,536 bytes of it', () => {
    const near = (distance: number, far: string): Buffer[] => {
      const between = Buffer.alloc(distance, 'x');
      const beyond = Buffer.from(far);
      const wrong = hex('e922');
      return [Buffer.concat([beyond, between, wrong]), Buffer.concat([wrong, between, beyond])];
    };
    const controls = '\0'.repeat(200);
    expect(near(60_000, 'é'.repeat(100)).map(explain)).toEqual(Array(2).fill(expect.stringMatching(damaged)));
    expect(near(65_536, 'é'.repeat(100)).map(explain)).toEqual(Array(2).fill(expect.stringMatching(another)));
    expect(near(60_000, controls).map(explain)).toEqual(Array(2).fill(expect.stringMatching(binary)));
    expect(explain(Buffer.concat([Buffer.alloc(300_000, 'x'), ...near(9, controls).slice(1)]))).toMatch(
      binary,
    );
    expect(near(65_536, controls).map(explain)).toEqual(Array(2).fill(expect.stringMatching(another)));
  });

  it('is shown by the first of its wrong bytes', () => {
    expect(explain(hex(`${begin}c3a9ffc3a9fe`))).toContain(': byte 8 is 0xff. ');
  });
});

describe('a text without JSON', () => {
  const page = /^This is an HTML page, not JSON\. A proxy/;
  const csv = /^This is CSV, not JSON\. Put CSV files into the bucket/;
  const base64 = /^This is base64, not JSON\. Decode it/;
  const form = /^This is a form, not JSON\. Send only the JSON/;
  const quotes = /^This is written with single quotes, not JSON\. JSON needs double quotes/;
  it.each([
    ['<!doctype html>', page],
    ['<HTML lang="en">', page],
    [' \n<?xml version="1.0"?>', /^This is XML, not JSON\. Send JSON$/],
    ['<soap:Envelope>', /^This is XML, not JSON\. Send JSON$/],
    ['<!-- a comment -->', /^This is XML, not JSON\. Send JSON$/],
    ['eyJpZCI6MX0=\n', base64],
    ['W3siaWQiOjF9XQ==', base64],
    ['WwogIHsiaWQiOjF9XQ==', base64],
    ['ewogImlkIjogMX0=', base64],
    ['H4sIAAAAAAAAA6tWyk/MSVWyMqwFAA==', base64],
    [`eyJ${'A'.repeat(73)}\r\n${'A'.repeat(76)}\nAA==\n`, base64],
    [`eyJ${'A'.repeat(2_000)}!`, base64],
    ['id,iccid,volume', csv],
    ['id,iccid,volume\r\n1,2,3\r\n', csv],
    ['id;iccid;volume\n', csv],
    ['"id"\t"iccid"\t"volume"\n', csv],
    ['event={"id":1}', form],
    ['a.b-c=%5B%7B', form],
    ["{'id': 1}", quotes],
    ["['id']", quotes],
    ["{ \n 'id': 1}", quotes],
    ["[{'id': 1}]", quotes],
    ["[\n  { 'id': 1 }\n]", quotes],
    ["{{'id': 1}}", quotes],
  ])('is named: %j', (text, sentence) => {
    const fault = explainText(text);
    expect([fault?.code, fault?.problem]).toEqual(['broken-json', expect.stringMatching(sentence)]);
  });

  it.each([
    'see <html>',
    'a <b> c',
    'token eyJpZCI6MX0=',
    'eyJpZCI6MX0= and more',
    'eyJhbGciOiJub25lIn0.eyJpZCI6MX0.',
    'eyJ{',
    'id,iccid',
    'id,iccid,volume and more',
    '1: id,iccid,volume',
    'id,iccid,2',
    'event = {"id":1}',
    'of a={"id":1}',
    'event=1',
    "it's [{'id': 1}]",
    "('id')",
    "{id: '1'}",
    "[1, 'id']",
    '',
  ])('is not named if nothing indicates what it is: %j', (text) => {
    expect(explainText(text)).toBeUndefined();
  });
});
