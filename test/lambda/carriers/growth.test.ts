import { describe, expect, it } from 'vitest';
import { makeRowInterpreter } from '../../../lambda/carriers/datastreamer/csv.ts';
import { makeSimKey } from '../../../lambda/carriers/identifier.ts';
import { interpret } from '../../../lambda/carriers/index.ts';
import { isFault } from '../../../lambda/carriers/reading.ts';
import { findRowEnds, parseRows } from '../../../lambda/ingest/files/rows.ts';
import { arrivalFrom } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  csvOf,
  flatUsageRecord,
  pdpContext,
  streamerSim,
  usageRecord,
} from '../../records/datastreamer.ts';
import { outgrownSize } from '../../records/doubling.ts';
import { bodyOf } from '../../records/fixtures.ts';
import { connectionEvent, fullData, type Members } from '../../records/supersim.ts';

/** For every field, twice the length takes less than three times the work. */

/** Texts of a length that make careless expressions and loops go over them again and again. */
const longTexts: Readonly<Record<string, (length: number) => string>> = {
  'a small fraction': (length) => `0.${'0'.repeat(length)}1`,
  'zeros behind the point': (length) => `1.${'0'.repeat(length)}x`,
  digits: (length) => '8'.repeat(length),
  'an exponent': (length) => `1e${'9'.repeat(length)}`,
  'blanks within': (length) => `a${' '.repeat(length)}b`,
  'no-break blanks within': (length) => `1${'\u00a0'.repeat(length)}2`,
  'digits and dashes': (length) => '1-'.repeat(length / 2),
  padding: (length) => `${streamerSim}${'f'.repeat(length)}x`,
  apostrophes: (length) => "'".repeat(length),
  formulas: (length) => '="'.repeat(length / 2),
  'quotes and backslashes': (length) => '\\"'.repeat(length / 2),
  'what is not seen': (length) => `a${'\u200b'.repeat(length)}b`,
  'replacement characters': (length) => '\ufffd'.repeat(length),
  'halves of characters': (length) => '\ud800'.repeat(length),
  'a fraction of a second': (length) => `2026-11-02T10:00:00.${'0'.repeat(length)}x`,
  'blanks before a zone': (length) => `2026-11-02T10:00:00${' '.repeat(length)}x`,
  'technologies in a text': (length) => "RAT type='".repeat(length / 10),
  separators: (length) => ', ;|'.repeat(length / 4),
  'line breaks': (length) => 'a\n'.repeat(length / 2),
  levels: (length) => '{"a":['.repeat(length / 6),
};

/** Numbers as JSON's text has them. */
const longNumbers: Readonly<Record<string, (length: number) => string>> = {
  'a number of many digits': (length) => `1${'0'.repeat(length)}`,
  'a number of many fraction digits': (length) => `0.${'0'.repeat(length)}1`,
  'a number with a long exponent': (length) => `1e${'9'.repeat(length)}`,
};

/** Arrays and objects of many members, as JSON. */
const largeValues: Readonly<Record<string, (length: number) => string>> = {
  'an array': (length) => JSON.stringify(Array(length / 16).fill({ mnc: '01', id: 1 })),
  'an object': (length) =>
    `{${Array.from({ length: length / 16 }, (_, index) => `"name_${index}":"b"`).join(',')}}`,
  'an object with a long name in it': (length) => `{"${'_plane_ip_address'.repeat(length / 17)}x":1}`,
};

/** Makes a text of a length once, to be shared by many members. */
function madeOnce(text: (length: number) => string): (length: number) => string {
  const made = new Map<number, string>();
  return (length) => {
    const found = made.get(length) ?? text(length);
    made.set(length, found);
    return found;
  };
}

/** Every long value as JSON's text. */
const longValues: readonly (readonly [string, (length: number) => string])[] = [
  ...Object.entries(longTexts).map(
    ([name, text]) => [name, madeOnce((length) => JSON.stringify(text(length)))] as const,
  ),
  ...Object.entries({ ...longNumbers, ...largeValues }).map(
    ([name, text]) => [name, madeOnce(text)] as const,
  ),
];

type Path = readonly (string | number)[];

/** Where a record's texts and numbers stand. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]));
}

/** A record with one of its members replaced. */
function withValue(value: unknown, [name, ...rest]: Path, replacement: unknown): unknown {
  if (name === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((each, index) => (String(index) === name ? withValue(each, rest, replacement) : each));
  }
  const members = value as Members;
  return { ...members, [name]: withValue(members[name], rest, replacement) };
}

const marker = '@long value@';

/** A record's JSON with another JSON in the place of the marker, which may stand in a text in the record. */
function filled(record: unknown, json: string): string {
  const text = JSON.stringify(record);
  const inText = JSON.stringify(JSON.stringify(marker)).slice(1, -1);
  return text.includes(inText)
    ? text.replace(inText, () => JSON.stringify(json).slice(1, -1))
    : text.replace(JSON.stringify(marker), () => json);
}

const oldUsageRecord = {
  ...usageRecord,
  traffic_type: { id: 5, name: 'Data' },
  start_timestamp: '2026-11-02 10:00:00',
  end_timestamp: '2026-11-02 10:15:00',
};
const flatEvent = {
  id: 1,
  timestamp: '2026-11-02T10:00:00Z',
  event_type_id: 5,
  event_severity_id: 0,
  alert: false,
  description: 'Deleted.',
  organisation_id: 12345,
  sim_id: 7,
  imsi_imsi: '901405100000001',
  endpoint_name: streamerSim,
  endpoint_imei: '8635760478500001',
  detail_name: 'T-Mobile',
  detail_session_id: 'b2c5a9de-0000-4000-a000-000000000001',
  detail_volume_total: 0.5,
  ...Object.fromEntries(
    [
      'pdp_context_id',
      'tunnel_created',
      'apn',
      'ue_ip_address',
      'imeisv',
      'mcc',
      'mnc',
      'lac',
      'ci',
      'rat_type',
    ].map((name) => [`detail_pdp_context_${name}`, (pdpContext as Members)[name]]),
  ),
};
const endedData = {
  ...fullData,
  data_session_end_time: '2026-11-02T10:00:00Z',
  data_modifier: 'blocked',
  error: { code: '30049', message: 'Unknown subscriber' },
  added_since: 'a',
};
const quota = { quota: { threshold_volume: 100, volume: '0.015085', threshold_percentage: 20 } };

/** Each format's records, by what their members are. A function makes the record of its changed part. */
const records: readonly (readonly [string, unknown, (part: unknown) => unknown])[] = [
  ['Super SIM’s envelope', connectionEvent('data-session.updated', fullData), (record) => record],
  ['Super SIM’s data', endedData, (data) => connectionEvent('data-session.ended', data as Members)],
  [
    'Super SIM’s data as a text',
    fullData,
    (data) => connectionEvent('data-session.updated', {}, { data: JSON.stringify(data) }),
  ],
  ['nested usage', { ...usageRecord, session_id: 's', added_since: 'a' }, (record) => record],
  ['nested usage of the old generation', oldUsageRecord, (record) => record],
  ['nested usage of another traffic type', { ...usageRecord, traffic_type: { id: 6 } }, (record) => record],
  ['flat usage', flatUsageRecord, (record) => record],
  [
    'a nested event',
    contextEvent(5, pdpContext, { session_id: 's', volume: { rx: 1, tx: 1, total: 2 } }),
    (record) => record,
  ],
  [
    'a location event',
    carrierEvent(1, {
      detail: { id: 1, name: 'O2', mnc: [{ id: 1, mnc: '20' }], tapcode: [{ tapcode: 'a' }] },
    }),
    (record) => record,
  ],
  ['a quota event', carrierEvent(18, { detail: quota }), (record) => record],
  [
    'an event whose detail is broken JSON in a text',
    carrierEvent(56, { detail: '{"volume": 500.000000, "expiry_date": 2022-03-31T00:00:00Z}' }),
    (record) => record,
  ],
  ['a flat event', flatEvent, (record) => record],
];

function readJson(text: string): void {
  interpret(bodyOf(text).values[0], arrivalFrom('emnify'));
}

/** The members of a record, and the long values that could take more work than their length. */
function outgrown(part: unknown, recordOf: (part: unknown) => unknown): string[] {
  return leavesOf(part).flatMap((path) => {
    const record = recordOf(withValue(part, path, marker));
    return longValues.flatMap(([what, value]) => {
      const size = outgrownSize((length) => {
        const text = filled(record, value(length));
        return () => readJson(text);
      });
      return size === undefined ? [] : [`${path.join('.')}: ${what} of ${size} characters`];
    });
  });
}

describe('the work for a field is proportional to its length', () => {
  it.each(records)('in %s', (_, part, recordOf) => {
    expect(outgrown(part, recordOf)).toEqual([]);
  });

  it.each([
    ['usage', flatRow(usageRecord)],
    ['events', flatRow(flatEvent)],
  ])('in a row of %s, quotes included', (_, row) => {
    const header = Object.keys(row);
    const read = makeRowInterpreter(header, 'any.csv');
    if (isFault(read)) throw new Error(read.problem);
    const found = header.flatMap((column) =>
      Object.entries({ ...longTexts, quotes: (length: number) => '"'.repeat(length) }).flatMap(
        ([what, text]) => {
          const size = outgrownSize((length) => {
            const bytes = Buffer.from(csvOf(Object.values({ ...row, [column]: text(length) })));
            return () => {
              for (const { fields = [] } of parseRows(bytes, findRowEnds(bytes, ','), ',')) {
                read(fields, arrivalFrom('1nce'));
              }
            };
          });
          return size === undefined ? [] : [`${column}: ${what} of ${size} characters`];
        },
      ),
    );
    expect(found).toEqual([]);
  });

  it('in the members of a row’s detail', () => {
    const detail = {
      name: 'O2',
      country: { name: 'Germany' },
      pdp_context: pdpContext,
      volume: { total: 1 },
    };
    const read = makeRowInterpreter(['id', 'timestamp', 'event_type_id', 'iccid', 'detail'], 'events.csv');
    if (isFault(read)) throw new Error(read.problem);
    const found = leavesOf(detail).flatMap((path) =>
      longValues.flatMap(([what, value]) => {
        const size = outgrownSize((length) => {
          const text = filled(withValue(detail, path, marker), value(length));
          return () => read(['1', '2026-11-02 10:00:00', '5', streamerSim, text], arrivalFrom('1nce'));
        });
        return size === undefined ? [] : [`${path.join('.')}: ${what} of ${size} characters`];
      }),
    );
    expect(found).toEqual([]);
  });

  it('in a search for something other than an ICCID', () => {
    const found = Object.entries(longTexts).filter(
      ([, text]) => outgrownSize((length) => () => makeSimKey(text(length))) !== undefined,
    );
    expect(found).toEqual([]);
  });
});

/** A nested or flat record as the row of a file. */
function flatRow(record: Members): Readonly<Record<string, string>> {
  const { event_type_id: type } = record;
  if (type !== undefined) {
    return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
  }
  return {
    id: '1',
    event_start_timestamp: '2026-11-02 10:00:00',
    event_stop_timestamp: '2026-11-02 10:15:00',
    organisation_id: '1234',
    sim_id: '7',
    iccid: streamerSim,
    imsi: '901405100000001',
    operator_name: 'T-Mobile',
    operator_country_name: 'Germany',
    traffic_type_id: '5',
    traffic_type_description: 'Data',
    volume: '0.001176',
    volume_tx: '0.001',
    volume_rx: '0.000176',
    cost: '0.001176',
    currency_code: 'EUR',
    ratezone_tariff_name: 'a',
    ratezone_name: 'b',
    endpoint_name: 'tracker-1',
    endpoint_tags: 'a',
    endpoint_imei: '8635760478500001',
    msisdn_msisdn: '882285100000001',
    operator_mncs: '01',
    country_mcc: '262',
    session_id: 's',
    added_since: 'a',
  };
}
