import { afterEach, describe, expect, it, vi } from 'vitest';
import { cutToBytes, fitExtra, fitText, formatDetail } from '../../../lambda/carriers/detail.ts';

describe('truncated text', () => {
  it.each<[string, number, string]>([
    ['abcd', 4, 'abcd'],
    ['abcde', 4, 'a…'],
    ['ääää', 8, 'ääää'],
    ['ääää', 7, 'ää…'],
    // The cut goes through the third letter, which takes two bytes.
    ['äääää', 8, 'ää…'],
    ['€€€€', 11, '€€…'],
    ['😀😀😀', 11, '😀😀…'],
    ['a😀😀', 8, 'a😀…'],
    ['a😀😀', 7, 'a…'],
    // What the carrier itself could not decode stays within the text, and is left out where it is cut.
    ['\ufffdabcdef', 7, '\ufffda…'],
    ['a\ufffd\ufffdbcdef', 10, 'a…'],
  ])('%s within %i is %s', (text, room, cut) => {
    expect(cutToBytes(text, room)).toBe(cut);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(room);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a detail', () => {
  it.each([undefined, null, '', {}, { a: null }])('is absent for nothing: %j', (detail) => {
    expect(fitText(detail, 100)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    ['as sent', 'as sent'],
    [0, '0'],
    [false, 'false'],
    [['a', null], '["a",null]'],
    [{ a: null, b: { c: null, d: [1] } }, '{"b":{"d":[1]}}'],
    ['a lone \ud800', 'a lone \ufffd'],
  ])('that says something is kept: %j', (detail, text) => {
    expect(fitText(detail, 100)).toBe(text);
  });

  it('that is text is truncated if it is too long', () => {
    expect(fitText('abcdefgh', 6)).toBe('abc…');
  });

  /** Each member that may be left out of the detail of a PDP context, and some that never are. */
  const context = {
    tx_teid_control_plane: 1,
    rx_teid_data_plane: 2,
    my_tx_teid: 3,
    ggsn_control_plane_ip_address: '4',
    plane_ip_address: '5',
    nsapi: 6,
    gtp_version: 7,
    sac: 8,
    rac: 9,
    region: '10',
    breakout_ip: '11',
    tapcode: '12',
    imsi: '13',
    imeisv: '14',
    operator_id: 15,
    ue_ip_address: '16',
    mcc: '17',
    mnc: '18',
    lac: 19,
    ci: 20,
    apn: '21',
    rat_type: 22,
    gtp_v1_uli_lac: 23,
    gtp_v1_uli_ci: 24,
    pdp_context_id: 25,
  };
  const detail = { session_id: 's', name: 'Telekom', country: { name: 'Germany' }, pdp_context: context };

  it('that is too long loses the core network’s members first, then what the item has as attributes', () => {
    const left: string[] = [];
    for (let text = fitText(detail, 10_000); text !== undefined && !text.endsWith('…'); ) {
      left.push(text);
      text = fitText(detail, Buffer.byteLength(text) - 1);
    }
    const membersOf = (text: string) =>
      Object.entries(JSON.parse(text) as typeof detail).flatMap(([name, value]) =>
        name === 'pdp_context' ? Object.keys(value) : [name],
      );
    const gone = left.map((text, stage) => {
      const kept = stage + 1 < left.length ? membersOf(left[stage + 1] ?? '{}') : undefined;
      return kept === undefined ? membersOf(text) : membersOf(text).filter((name) => !kept.includes(name));
    });
    expect(gone).toEqual([
      ['tx_teid_control_plane', 'rx_teid_data_plane'],
      ['ggsn_control_plane_ip_address'],
      ['nsapi', 'gtp_version', 'sac', 'rac', 'region', 'breakout_ip', 'tapcode'],
      ['imsi', 'imeisv', 'operator_id', 'ue_ip_address'],
      ['name', 'country'],
      ['mcc', 'mnc', 'lac', 'ci', 'apn', 'rat_type', 'gtp_v1_uli_lac', 'gtp_v1_uli_ci'],
      ['session_id', 'my_tx_teid', 'plane_ip_address', 'pdp_context_id'],
    ]);
  });

  it('that fits to its last byte loses nothing', () => {
    const text = JSON.stringify(detail);
    expect(fitText(detail, Buffer.byteLength(text))).toBe(text);
    expect(fitText(detail, Buffer.byteLength(text) - 1)).not.toContain('teid_control_plane');
  });

  it('is read to a depth that no carrier reaches, in arrays and in objects', () => {
    const nest = (begin: string, end: string): unknown =>
      JSON.parse(`${begin.repeat(3_000)}7${end.repeat(3_000)}`) as unknown;
    expect([fitText(nest('[', ']'), 100), fitText(nest('{"a":', '}'), 100)]).toEqual([
      '[[[[[[["…"]]]]]]]',
      `${'{"a":'.repeat(7)}"…"${'}'.repeat(7)}`,
    ]);
  });

  it('omits undefined members, however long their names', () => {
    expect(fitText({ ['x'.repeat(30)]: undefined, b: 1 }, 20)).toBe('{"b":1}');
  });

  it('that is still too long is truncated', () => {
    expect(fitText({ apn: 'x', other: 'y'.repeat(30) }, 20)).toBe('{"other":"yyyyyyy…');
  });

  it('consists of only the first members and elements if these fill the room', () => {
    let looked = 0;
    const look = (): number => {
      looked += 1;
      return 1;
    };
    const member = { enumerable: true, get: look };
    const makeObject = (prefix: string) =>
      Object.defineProperties(
        {},
        Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`${prefix}${index}`, member])),
      );
    const elements = Array.from({ length: 5_000 }, () => ({ toJSON: look }));
    expect([
      fitText(makeObject('member_'), 40),
      fitText(makeObject(''), 40),
      fitText({ elements }, 40),
    ]).toEqual([
      '{"member_0":1,"member_1":1,"member_2"…',
      '{"0":1,"1":1,"2":1,"3":1,"4":1,"5":1,…',
      '{"elements":[1,1,1,1,1,1,1,1,1,1,1,1,…',
    ]);
    expect(looked).toBeLessThan(500);
  });

  it('consists of only the beginning of a long text', () => {
    const stringify = vi.spyOn(JSON, 'stringify');
    expect(fitText({ a: ['x'.repeat(100_000)] }, 20)).toBe('{"a":["xxxxxxxxxx…');
    const made = stringify.mock.results.map(({ value }) => String(value).length);
    expect([made.length > 0, Math.max(...made) < 100]).toEqual([true, true]);
  });

  it('shares its bytes with the description, but always has some of its own', () => {
    const text = 'd'.repeat(1_000);
    const bytesBeside = (description: string | undefined) => formatDetail(text, description)?.length;
    expect([bytesBeside(undefined), bytesBeside('ä'.repeat(100)), bytesBeside('x'.repeat(500))]).toEqual([
      538, 338, 118,
    ]);
  });

  it('leaves the rest to undocumented members', () => {
    const extra = 'e'.repeat(1_000);
    const bytesBeside = (description?: string, text?: string) => fitExtra(extra, description, text)?.length;
    expect([
      bytesBeside(),
      bytesBeside('x'.repeat(100), 'ä'.repeat(100)),
      bytesBeside('x'.repeat(300), 'x'.repeat(300)),
    ]).toEqual([538, 238, 38]);
    expect(fitExtra(undefined, undefined, undefined)).toBeUndefined();
  });
});
