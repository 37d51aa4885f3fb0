import { describe, expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { isNothing } from '../../../lambda/carriers/nothing.ts';
import { makeFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { arrivalFrom, statedBy } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  csvOf,
  flatUsageRecord,
  pdpContext,
  readCsv,
  streamerSim,
  usageRecord,
} from '../../records/datastreamer.ts';
import { connectionEvent, fullData, type Members } from '../../records/supersim.ts';

const words = [
  'NULL',
  'null',
  '\\N',
  'N/A',
  'n/a',
  '#N/A',
  'None',
  'nil',
  'undefined',
  'Unknown',
  '-',
  ' ',
  '',
];

it.each(words)('%j says nothing', (word) => {
  expect(isNothing(word)).toBe(true);
});

it.each(['0', 'NA', 'no', 'false', 'nothing', 'nullable', 'x', 0, false, {}, []])(
  '%j says something',
  (value) => {
    expect(isNothing(value)).toBe(false);
  },
);

/** A record with the member at a path replaced. */
function withMember(record: Members, path: string, value: unknown): Members {
  const [name = '', ...rest] = path.split('.');
  const member = record[name];
  if (rest.length === 0) return { ...record, [name]: value };
  return { ...record, [name]: withMember(member as Members, rest.join('.'), value) };
}

function paths(text: string): string[] {
  return text.split(' ');
}

const superSim = connectionEvent('data-session.ended', {
  ...fullData,
  data_session_end_time: '2026-11-02T10:00:00Z',
  data_modifier: 'blocked',
});
const context = contextEvent(5, pdpContext, { session_id: 's', volume: { rx: 1, tx: 1, total: 2 } });
const flatEvent = {
  ...carrierEvent(5, { event_type: undefined, event_type_id: 5 }),
  detail_session_id: 's',
  detail_pdp_context_rat_type: 6,
  detail_pdp_context_mcc: '262',
};

/** The members of each format's records that have a type. */
const typed: readonly (readonly [string, Members, readonly string[]])[] = [
  [
    'a connection event',
    superSim,
    paths(
      'data.event_sid data.timestamp data.account_sid data.sim_sid data.sim_iccid data.fleet_sid data.apn data.imsi ' +
        'data.imei data.ip_address data.rat_type data.network.iso_country data.network.mcc data.network.mnc ' +
        'data.location.cell_id data.location.lac data.data_session_sid data.data_session_start_time ' +
        'data.data_session_end_time data.data_session_update_start_time data.data_session_update_end_time ' +
        'data.data_upload data.data_download data.data_total data.data_session_data_upload ' +
        'data.data_session_data_download data.data_session_data_total data.data_modifier',
    ),
  ],
  [
    'nested usage',
    { ...usageRecord, session_id: 's' },
    paths(
      'id imsi organisation.id end_timestamp sim.id sim.iccid sim.msisdn currency.code operator.mnc ' +
        'operator.country.mcc operator.country.name traffic_type.id traffic_type.description endpoint.imei cost ' +
        'volume.total volume.tx volume.rx session_id',
    ),
  ],
  [
    'flat usage',
    flatUsageRecord,
    paths(
      'id sim_id endpoint_imei organisation_id operator_mnc traffic_type_id end_timestamp volume_tx ' +
        'volume_rx cost ipcan_session_id',
    ),
  ],
  [
    'a nested event',
    context,
    paths(
      'id timestamp event_severity.id event_severity.description organisation.id sim.id sim.iccid sim.msisdn ' +
        'imsi.imsi endpoint.imei endpoint.ip_address',
    ),
  ],
  ['a flat event', flatEvent, paths('id timestamp organisation.id')],
];

/** A reading without the carrier's own words, which an event keeps as they were sent. */
function meaningOf(record: Members): Reading {
  const reading = interpret(record, arrivalFrom('1nce'));
  if (reading.kind === 'fault') return makeFault(reading.code, reading.code);
  if (reading.kind !== 'observed' || reading.event == null) return reading;
  return { ...reading, event: { ...reading.event, detail: undefined } };
}

describe.each(typed)('in %s', (_, record, members) => {
  it.each(members)('a word for nothing is nothing as %s', (path) => {
    const meanings = words.map((word) => meaningOf(withMember(record, path, word)));
    expect(meanings).toEqual(words.map(() => meaningOf(withMember(record, path, null))));
  });
});

describe('in an event’s detail', () => {
  it.each(
    paths(
      'name|country.iso_code|country.name|country.mcc|pdp_context.mcc|pdp_context.mnc|pdp_context.lac|pdp_context.ci|' +
        'pdp_context.rat_type|pdp_context.apn|pdp_context.imeisv|pdp_context.ue_ip_address|pdp_context.tunnel_created|' +
        'volume.total|volume.tx|volume.rx',
    ).flatMap((text) => text.split('|').slice(1)),
  )('a word for nothing is nothing as %s', (path) => {
    const meanings = words.map((word) => meaningOf(withMember(context, `detail.${path}`, word)));
    expect(meanings).toEqual(words.map(() => meaningOf(withMember(context, `detail.${path}`, null))));
  });
});

describe('a name', () => {
  const spoken = words.filter((word) => word.trim() !== '');

  it.each(spoken)('may be %s', (word) => {
    const sim = statedBy(meaningOf(withMember(superSim, 'data.sim_unique_name', word)), 'sim');
    const usage = statedBy(
      meaningOf({
        ...usageRecord,
        endpoint: { name: word },
        operator: { name: word },
        tariff: { name: word, ratezone: { name: word } },
      }),
      'usage',
    );
    const event = statedBy(meaningOf(carrierEvent(1, { description: word })), 'event');
    expect([
      sim.groups.label?.group.simName,
      usage.operatorName,
      usage.tariff,
      usage.rateZone,
      event.description,
    ]).toEqual([word, word, word, word, word]);
  });
});

describe('in a row', () => {
  it('a word for nothing is an empty field', () => {
    const columns = paths(
      'id event_start_timestamp sim_id iccid imsi traffic_type_id volume volume_tx cost currency_code endpoint_imei country_mcc',
    );
    const row = ['1', '2026-11-02 10:00:00', '7', streamerSim, '9014', '5', '1', '1', '1', 'EUR', '', '262'];
    const readings = (value: string) =>
      columns.map((_, changed) => {
        const fields = row.map((field, index) => (index === changed ? value : field));
        const [reading] = readCsv(csvOf(columns, fields), 'any.csv');
        return reading?.kind === 'fault' ? reading.code : reading;
      });
    expect(words.map(readings)).toEqual(words.map(() => readings('')));
  });
});
