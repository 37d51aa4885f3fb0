import { describe, expect, it } from 'vitest';
import { cutToBytes, fitExtra, fitText, formatDetail } from '../../../lambda/carriers/detail.ts';

describe('a text of so many bytes', () => {
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
  ])('%s within %i is %s', (text, room, cut) => {
    expect(cutToBytes(text, room)).toBe(cut);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(room);
  });
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

  it('that is text is cut where it is too long', () => {
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

  it('that is too long loses the core network’s members first, then what the item holds beside it', () => {
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

  it('that is too long even so is cut', () => {
    expect(fitText({ apn: 'x', other: 'y'.repeat(30) }, 20)).toBe('{"other":"yyyyyyy…');
  });

  it('is made of the first members and elements only where these take the room', () => {
    let looked = 0;
    const look = (): number => {
      looked += 1;
      return 1;
    };
    const member = { enumerable: true, get: look };
    const members = Array.from({ length: 5_000 }, (_, index) => [`member_${index}`, member] as const);
    const object = Object.defineProperties({}, Object.fromEntries(members));
    const elements = Array.from({ length: 5_000 }, () => ({ toJSON: look }));
    expect([fitText(object, 40), fitText({ elements }, 40)]).toEqual([
      '{"member_0":1,"member_1":1,"member_2"…',
      '{"elements":[1,1,1,1,1,1,1,1,1,1,1,1,…',
    ]);
    expect(looked).toBeLessThan(500);
  });

  it('shares its bytes with the description, and has some of its own whatever that takes', () => {
    const text = 'd'.repeat(1_000);
    const bytesBeside = (description: string | undefined) => formatDetail(text, description)?.length;
    expect([bytesBeside(undefined), bytesBeside('ä'.repeat(100)), bytesBeside('x'.repeat(500))]).toEqual([
      538, 338, 118,
    ]);
  });

  it('leaves the rest to what no document lists', () => {
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
