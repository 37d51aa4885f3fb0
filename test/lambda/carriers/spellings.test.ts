import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../lambda/carriers/reading.ts';
import type { Observations } from '../../../lambda/ledger/observation.ts';
import { observationsOf } from '../../records/arrival.ts';
import { csvOf, readCsv, readStreamer, streamerSim } from '../../records/datastreamer.ts';
import type { Members } from '../../records/supersim.ts';

/** Where the data streamer's dialects state the same thing in different ways. */

/** Something that a record states, its value, and the ways to state it. */
type Stated = readonly [what: string, value: unknown, ...ways: readonly Members[]];

/** What is compared, by the names in the tables below. */
const facts: Readonly<Record<string, (stated: Observations) => unknown>> = {
  ICCID: ({ usage, event }) => (usage ?? event)?.iccid,
  'SIM id': ({ sim }) => sim?.groups.ids?.group.simId,
  organisation: ({ sim }) => sim?.groups.ids?.group.accountId,
  'phone number': ({ sim }) => sim?.groups.phone?.group.msisdn,
  'endpoint’s name': ({ sim }) => sim?.groups.label?.group.simName,
  IMEI: ({ sim }) => sim?.groups.device?.group.imei,
  IMSI: ({ usage, event }) => (usage ?? event)?.imsi,
  session: ({ usage, session }) => [usage?.sessionId ?? session?.sessionId, session?.sessionId],
  traffic: ({ usage }) => usage?.trafficType,
  messages: ({ usage }) => usage?.messages,
  'messages by direction': ({ usage }) => [usage?.messagesTx, usage?.messagesRx],
  volume: ({ usage }) => usage?.volume,
  'bytes both ways': ({ usage, session }) => {
    const { dataUploaded, dataDownloaded } = session?.groups.totals?.group ?? usage ?? {};
    return [dataUploaded, dataDownloaded];
  },
  'bytes in all': ({ usage, session }) => (session?.groups.totals?.group ?? usage)?.dataTotal,
  cost: ({ usage }) => usage?.cost,
  currency: ({ usage }) => usage?.currency,
  operator: ({ usage, event }) => (usage ?? event?.network)?.operatorName,
  MCC: ({ usage, event }) => (usage ?? event?.network)?.mcc,
  MNC: ({ usage, event }) => (usage ?? event?.network)?.mnc,
  country: ({ usage, event }) => (usage ?? event?.network)?.country,
  tariff: ({ usage }) => usage?.tariff,
  'rate zone': ({ usage }) => usage?.rateZone,
  start: ({ usage }) => usage?.start,
  end: ({ usage }) => usage?.end,
  time: ({ event }) => event?.time,
  type: ({ event }) => event?.type,
  severity: ({ event }) => event?.severity,
  alert: ({ event }) => event?.alert,
  description: ({ event }) => event?.description,
  detail: ({ event }) => event?.detail,
  radio: ({ event }) => event?.network?.radio,
  cell: ({ event }) => event?.cellId,
  'location area': ({ session }) => session?.groups.cell?.group.lac,
  APN: ({ session }) => session?.groups.address?.group.apn,
  address: ({ session }) => session?.groups.address?.group.ipAddress,
  'session’s start': ({ session }) => [session?.start, session?.startStated],
  'session’s IMEI': ({ session }) => session?.groups.device?.group.imei,
};

interface Fact {
  readonly what: string;
  readonly value: unknown;
  readonly ways: readonly Members[];
}

function factsOf(stated: readonly Stated[]): Fact[] {
  return stated.map(([what, value, ...ways]) => ({ what, value, ways }));
}

function factOf(what: string, reading: Reading | undefined): unknown {
  const fact = facts[what];
  if (fact === undefined || reading === undefined) throw new Error(`There is no ${what}`);
  return fact(observationsOf(reading));
}

const imei = '863576047850008';
const time = '2026-11-02T09:59:59.000Z';

const inUsage: readonly Stated[] = [
  ['ICCID', streamerSim, { sim: { iccid: streamerSim } }, { sim_iccid: streamerSim }, { iccid: streamerSim }],
  ['ICCID', streamerSim, { endpoint: { name: streamerSim } }, { endpoint_name: streamerSim }],
  ['SIM id', '7', { sim: { id: 7 } }, { sim_id: '7' }],
  ['organisation', '42', { organisation: { id: 42 } }, { organisation_id: 42 }],
  ['phone number', '8822', { sim: { msisdn: '8822' } }, { msisdn_msisdn: '8822' }, { msisdn: '8822' }],
  ['endpoint’s name', 'a', { endpoint: { name: 'a' } }, { endpoint_name: 'a' }],
  ['IMEI', imei, { endpoint: { imei } }, { endpoint_imei: imei }],
  ['IMSI', '9014', { imsi: { imsi: '9014' } }, { imsi_imsi: '9014' }, { imsi: '9014' }],
  ['session', ['s', 's'], { session_id: 's' }, { ipcan_session_id: 's' }],
  [
    'traffic',
    'sms',
    { traffic_type: { id: 6 } },
    { traffic_type_id: 6 },
    { traffic_type: { description: 'SMS' } },
    { traffic_type: { name: 'sms' } },
    { traffic_type_description: 'SMS' },
  ],
  [
    'traffic',
    'data',
    {},
    { traffic_type: { id: 5 } },
    { traffic_type_id: '5' },
    { traffic_type: { id: 99, description: 'Data' } },
    { traffic_type_description: 'data' },
  ],
  [
    'traffic',
    'Voice',
    { traffic_type: { id: 1, description: 'Voice' } },
    { traffic_type_description: 'Voice' },
  ],
  ['traffic', 'traffic-type.9', { traffic_type: { id: 9 } }, { traffic_type_id: 9 }],
  ['messages', 3, { traffic_type_id: 6, volume: { total: 3 } }, { traffic_type_id: 6, volume: '3' }],
  ['volume', '0.5', { volume: { total: 0.5 } }, { volume_total: '0.50' }, { volume: 0.5 }],
  [
    'bytes both ways',
    [1, 2],
    { volume: { tx: 0.000001, rx: 0.000002 } },
    { volume_total: 1, volume_tx: '0.000001', volume_rx: '0.000002' },
  ],
  [
    'bytes in all',
    3,
    { volume: { tx: 0.000001, rx: 0.000002 } },
    { volume: { total: 0.000003 } },
    { volume: 0.000003 },
  ],
  [
    'messages by direction',
    [1, 2],
    { traffic_type: { id: 6 }, volume: { tx: 1, rx: 2 } },
    { traffic_type: 'SMS', volume_tx: 1, volume_rx: '2.0', volume_total: 3 },
    { traffic_type: 6, volume: { tx: 1, rx: 2, total: 3 } },
  ],
  ['cost', '0.25', { cost: 0.25 }, { cost: '0.2500' }],
  ['currency', 'USD', { currency: { code: 'USD' } }, { currency: 'USD' }, { currency_code: 'USD' }],
  ['currency', 'EUR', { volume_total: 1 }],
  ['currency', undefined, { volume: { total: 1 } }],
  ['operator', 'O2', { operator: { name: 'O2' } }, { operator_name: 'O2' }],
  [
    'MCC',
    '262',
    { operator: { country: { mcc: '262' } } },
    { operator_country_mcc: '262' },
    { country_mcc: '262' },
  ],
  ['MNC', '01', { operator: { mnc: '01' } }, { operator_mnc: '01' }],
  [
    'country',
    'DE',
    { operator: { country: { name: 'Germany' } } },
    { operator_country_name: 'germany' },
    { country_mcc: '262' },
  ],
  ['tariff', 'T', { tariff: { name: 'T' } }, { tariff_name: 'T' }],
  ['rate zone', 'R', { tariff: { ratezone: { name: 'R' } } }, { tariff_ratezone_name: 'R' }],
  ['end', time, { end_timestamp: '2026-11-02T09:59:59Z' }, { end_timestamp: '2026-11-02 09:59:59' }],
  ['end', '2026-11-02T09:00:00.000Z', {}, { end_timestamp: null }, { end_timestamp: '' }],
];

const detail = (members: Members, flat: Members) => [{ detail: members }, flat] as const;
const context = (members: Members) =>
  [
    { detail: { pdp_context: members } },
    Object.fromEntries(Object.entries(members).map(([name, value]) => [`detail_pdp_context_${name}`, value])),
  ] as const;

const inEvents: readonly Stated[] = [
  ...inUsage.slice(0, 3),
  ...inUsage.slice(3, 8).filter(([what]) => what !== 'phone number'),
  ['phone number', '8822', { sim: { msisdn: '8822' } }, { msisdn_msisdn: '8822' }],
  [
    'time',
    time,
    { timestamp: '2026-11-02T09:59:59Z' },
    { timestamp: undefined, event_timestamp: '2026-11-02 09:59:59' },
  ],
  [
    'type',
    'sim.suspended',
    { event_type_id: 9 },
    { event_type: { id: 9 } },
    { event_type: 9, event_type_id: undefined },
  ],
  [
    'type',
    'location.purged',
    { event_type: { id: 15, description: 'Purge location' } },
    { event_type: { id: 15, name: 'Purge location' } },
    { event_type_id: 15, event_type_description: 'Purge location' },
  ],
  ['type', 'sms-api.callback', { event_type_id: 15, event_type_description: 'SMS API callback' }],
  ['type', 'event.15', { event_type_id: 15 }, { event_type_id: 15, event_type_description: 'Something' }],
  [
    'severity',
    'warn',
    { event_severity: { id: 1 } },
    { event_severity_id: 1 },
    { event_severity: { description: 'WARN' } },
    { event_severity_description: 'Warn' },
  ],
  ['alert', true, { alert: true }, { alert: 1 }, { alert: '1' }, { alert: 'TRUE' }, { alert: 't' }],
  ['alert', false, { alert: false }, { alert: 0 }, { alert: '0' }, { alert: 'False' }, { alert: 'f' }],
  ['alert', undefined, {}, { alert: null }, { alert: 'perhaps' }, { alert: 2 }],
  ['description', 'Some words', { description: ' Some words ' }],
  ['operator', 'O2', ...detail({ name: 'O2' }, { detail_name: 'O2' })],
  [
    'MCC',
    '262',
    ...detail({ country: { mcc: '262' } }, { detail_country_mcc: '262' }),
    ...context({ mcc: '262' }),
  ],
  [
    'MNC',
    '01',
    ...detail({ name: 'O2', mnc: '01' }, { detail_name: 'O2', detail_mnc: '01' }),
    ...context({ mcc: '262', mnc: '01' }),
  ],
  [
    'country',
    'DE',
    ...detail(
      { name: 'O2', country: { iso_code: 'de' } },
      { detail_name: 'O2', detail_country_iso_code: 'de' },
    ),
  ],
  [
    'country',
    'DE',
    ...detail(
      { name: 'O2', country: { name: 'Germany' } },
      { detail_name: 'O2', detail_country_name: 'Germany' },
    ),
  ],
  [
    'radio',
    '4G',
    ...context({ rat_type: 6 }),
    { description: "RAT type='E_UTRAN'" },
    { description: 'New RAT type=LTE.' },
  ],
  [
    'cell',
    '5559',
    ...context({ ci: 5559 }),
    { detail_pdp_context_gtp_v1_uli_ci: 5559, detail_pdp_context_ci: 1 },
  ],
];

const named = { pdp_context_id: 'c' };
const inContexts: readonly Stated[] = [
  [
    'location area',
    '38701',
    ...context({ ...named, lac: 38701 }),
    {
      detail_pdp_context_pdp_context_id: 'c',
      detail_pdp_context_gtp_v1_uli_lac: 38701,
      detail_pdp_context_lac: 1,
    },
  ],
  ['APN', 'iot', ...context({ ...named, apn: 'iot' })],
  [
    'address',
    '10.0.0.10',
    ...context({ ...named, ue_ip_address: '10.0.0.10' }),
    { detail: { session_id: 's' }, endpoint: { ip_address: '10.0.0.10' } },
    { detail_session_id: 's', endpoint_ip_address: '10.0.0.10' },
  ],
  [
    'session’s IMEI',
    imei,
    ...context({ ...named, imeisv: '8635760478500001' }),
    { detail: { session_id: 's' }, endpoint: { imei } },
  ],
  ['session', ['c', 'c'], ...context({ ipcan_session_id: 'c' }), ...context({ pdp_context_id: 'c' })],
  [
    'session',
    ['s', 's'],
    ...detail(
      { session_id: 's', pdp_context: { ipcan_session_id: 'c' } },
      { detail_session_id: 's', detail_pdp_context_ipcan_session_id: 'c' },
    ),
  ],
  ['session’s start', [time, true], ...context({ ...named, tunnel_created: '2026-11-02T09:59:59' })],
  [
    'session’s start',
    ['2026-11-02T10:00:00.000Z', false],
    ...detail({ session_id: 's' }, { detail_session_id: 's' }),
  ],
  [
    'bytes both ways',
    [1, 2],
    ...detail(
      { session_id: 's', volume: { tx: 0.000001, rx: '0.000002' } },
      { detail_session_id: 's', detail_volume_tx: 0.000001, detail_volume_rx: '0.000002' },
    ),
  ],
  [
    'bytes in all',
    3,
    ...detail(
      { session_id: 's', volume: { total: 0.000003 } },
      { detail_session_id: 's', detail_volume_total: 0.000003 },
    ),
  ],
];

function rowOf(columns: Members): Reading | undefined {
  const names = Object.keys(columns);
  const [row] = readCsv(
    csvOf(
      names,
      names.map((name) => String(columns[name] ?? '')),
    ),
    'any.csv',
    'emnify',
  );
  return row;
}

const inUsageRows: readonly Stated[] = [
  ['ICCID', streamerSim, { iccid: streamerSim }, { sim_iccid: streamerSim }, { endpoint_name: streamerSim }],
  ['SIM id', '7', { sim_id: 7 }],
  ['organisation', '42', { organisation_id: 42 }],
  ['phone number', '8822', { msisdn_msisdn: '8822' }, { msisdn: '8822' }],
  ['endpoint’s name', 'a', { endpoint_name: 'a' }, { ' Endpoint_Name ': 'a' }],
  ['IMEI', imei, { endpoint_imei: imei }],
  ['IMSI', '9014', { imsi: '9014' }, { imsi_imsi: '9014' }],
  [
    'session',
    ['s', 's'],
    { session_id: 's' },
    { ipcan_session_id: 's' },
    { session_id: 's', ipcan_session_id: 't' },
  ],
  [
    'traffic',
    'sms',
    { traffic_type_id: 6 },
    { traffic_type_description: 'SMS' },
    { traffic_type_name: 'SMS' },
  ],
  ['volume', '0.5', { volume: '0.50' }, { volume_total: '0.5' }, { volume_total: '0.5', volume: '1' }],
  ['bytes both ways', [1, 2], { volume_tx: '0.000001', volume_rx: '0.000002' }],
  ['bytes in all', 3, { volume_tx: '0.000003' }, { volume_rx: '0.000003' }, { volume: '0.000003' }],
  [
    'messages by direction',
    [1, 2],
    { traffic_type_id: 6, volume: '3', volume_tx: '1', volume_rx: '2' },
    { traffic_type_id: 6, volume_tx: '1.0', volume_rx: '2.0' },
  ],
  ['cost', '0.25', { cost: '0.2500' }],
  ['currency', 'USD', { currency_code: 'USD' }],
  ['operator', 'O2', { operator_name: 'O2' }],
  ['MCC', '262', { operator_country_mcc: '262' }, { country_mcc: '262' }],
  ['MNC', '01', { operator_mnc: ' 01 ' }, { operator_mncs: '01' }],
  [
    'MNC',
    undefined,
    { operator_mnc: '01,02' },
    { operator_mncs: '01;02' },
    { operator_mncs: '01 02' },
    { operator_mncs: '01|02' },
  ],
  ['country', 'DE', { operator_country_name: 'Germany' }],
  ['tariff', 'T', { tariff_name: 'T' }, { ratezone_tariff_name: 'T' }],
  ['rate zone', 'R', { tariff_ratezone_name: 'R' }, { ratezone_name: 'R' }],
  [
    'end',
    time,
    { end_timestamp: '2026-11-02 09:59:59' },
    { event_stop_timestamp: '2026-11-02 09:59:59' },
    { event_end_timestamp: '2026-11-02 09:59:59' },
  ],
];

const inEventRows: readonly Stated[] = [
  ['ICCID', streamerSim, { iccid: streamerSim }, { sim_iccid: streamerSim }],
  ['IMSI', '9014', { imsi: '9014' }, { imsi_imsi: '9014' }],
  ['time', time, { timestamp: '2026-11-02 09:59:59' }, { event_timestamp: '2026-11-02 09:59:59' }],
  [
    'type',
    'sim.suspended',
    { event_type_id: 9 },
    { event_type_id: '', event_type_description: ' SIM suspension ' },
    { event_type_id: 'NULL', event_type_description: 'SIM suspension' },
  ],
  ['type', 'event.New kind', { event_type_id: '', event_type_description: 'New kind' }],
  ['severity', 'warn', { event_severity_id: 1 }, { event_severity_description: 'Warn' }],
  ['alert', true, { alert: 'true' }, { alert: '1' }],
  ['description', 'a, "b"', { description: 'a, "b"' }],
  ['detail', '{"name":"O2"}', { detail: '{"name":"O2"}' }],
  ['detail', '{"name":', { detail: '{"name":' }],
  ['operator', 'O2', { detail: '{"name":"O2"}' }, { detail_name: 'O2' }],
];

function expectEachWay(
  base: Members,
  { what, value, ways }: Fact,
  // From a carrier whose cost is money.
  read: (way: Members) => Reading | undefined = (way) => readStreamer(way, 'emnify'),
): void {
  expect(ways.map((way) => factOf(what, read({ ...base, ...way })))).toEqual(ways.map(() => value));
}

describe('in a usage record', () => {
  const base = { id: 1, start_timestamp: '2026-11-02T09:00:00Z', sim_id: 1 };
  const isVolume = (name: string) => name.startsWith('volume');

  it.each(factsOf(inUsage))('the $what is $value in each of its places', (fact) => {
    const statesVolume = fact.ways.some((way) => Object.keys(way).some(isVolume));
    expectEachWay(statesVolume ? base : { ...base, volume_total: 0 }, fact);
  });
});

describe('in an event', () => {
  const base = { id: 1, timestamp: '2026-11-02T10:00:00Z', event_type_id: 1, sim_id: 1 };

  it.each(factsOf(inEvents))('the $what is $value in each of its places', (fact) => {
    expectEachWay(base, fact);
  });

  it.each(factsOf(inContexts))('of a PDP context, the $what is $value in each of its places', (fact) => {
    expectEachWay({ ...base, event_type_id: 5 }, fact);
  });
});

describe('in a row', () => {
  it.each(factsOf(inUsageRows))('of usage, the $what is $value under each of its columns', (fact) => {
    const base = { id: 1, start_timestamp: '2026-11-02 09:00:00', sim_id: 1 };
    const statesVolume = fact.ways.some((way) => Object.keys(way).some((name) => name.startsWith('volume')));
    expectEachWay(statesVolume ? base : { ...base, volume: '1' }, fact, rowOf);
  });

  it.each(factsOf(inEventRows))('of an event, the $what is $value under each of its columns', (fact) => {
    const base = { id: 1, timestamp: '2026-11-02 10:00:00', event_type_id: 1, sim_id: 1 };
    const { timestamp, ...untimed } = base;
    expectEachWay(fact.what === 'time' ? untimed : base, fact, rowOf);
  });
});
