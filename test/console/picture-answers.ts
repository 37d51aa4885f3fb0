import type { components } from '../../console/api/schema.ts';

/** What the API answers in the pictures of the console: always the same, and typed as the contract has it. */

type Schemas = components['schemas'];

/** The time of the pictures. */
export const pictureTime = Date.parse('2026-11-02T20:00:00Z');

/** The API's address in the pictures. */
export const pictureOrigin = 'http://console.test';

/** The SIM whose page is pictured. */
export const picturedSim = '8988280666001000101';

const hour = 3_600_000;

function ago(hours: number): string {
  return new Date(pictureTime - hours * hour).toISOString();
}

function makeSim([
  iccid,
  name,
  source,
  mcc,
  mnc,
  country,
  operator,
  hours,
]: (typeof simRows)[number]): Schemas['Sim'] {
  const url = `${pictureOrigin}/v1/Sims/${iccid}`;
  return {
    ...{ sid: iccid, unique_name: name, iccid: `${iccid}0`, sim_id: null, msisdn: null, imsi: null },
    ...{ account_sid: null, account_id: null, fleet_sid: null, source, carrier: source, status: 'active' },
    ...{ online: hours < 24, online_changed: ago(hours), online_stated_at: ago(hours) },
    ...{ last_activity: ago(hours), last_activity_precision: 'exact' as const },
    ...{ last_heard: ago(hours), last_heard_precision: 'exact' as const },
    ...{
      last_event: 'pdp-context.created',
      last_event_time: ago(hours),
      imei: '358600842867678',
      cell: null,
    },
    network: {
      ...{ radio_link: 'LTE-M', operator_mcc: mcc, operator_mnc: mnc },
      ...{ operator_country: country, operator_name: operator },
    },
    url,
    links: {
      data_sessions: `${url}/DataSessions`,
      usage_records: `${url}/UsageRecords`,
      connection_events: `${url}/ConnectionEvents`,
    },
  };
}

const simRows = [
  [picturedSim, 'tracker-1', 'emnify', '262', '01', 'DEU', 'Telekom', 31],
  ['8988280666001000102', 'tracker-2', 'emnify', '262', '01', 'DEU', 'Telekom', 30],
  ['8988280666001000103', 'tracker-3', 'emnify', '262', '01', 'DEU', 'Telekom', 29],
  ['8988280666001000104', 'tracker-4', 'emnify', '208', '01', 'FRA', 'Orange', 28],
  ['8988307000000120011', 'cold-chain-17', 'twilio', '310', '260', 'USA', 'T-Mobile', 27],
  ['8988228066602000001', 'meter-SG', '1nce', '525', '01', 'SGP', 'Singtel', 26],
  ['8988280666001000105', 'tracker-5', 'emnify', '222', '10', 'ITA', 'Vodafone', 3],
  ['8988280666001000106', 'tracker-6', 'emnify', '214', '03', 'ESP', 'Orange', 2],
  ['8988280666001000107', 'tracker-7', 'emnify', '262', '02', 'DEU', 'Vodafone', 1],
  ['8988280666001000108', 'gateway-9', 'kore', '404', '10', 'IND', 'Airtel', 1],
] as const;

const sims = simRows.map(makeSim);
const silent = sims.filter(({ last_heard: at }) => Date.parse(at ?? '') < pictureTime - 24 * hour);

const watermarks: Schemas['Watermark'][] = ['1nce', 'emnify', 'kore', 'twilio'].map((source, index) => ({
  ...{ source, watermark: ago(1 + index / 4), swept: ago(0.05) },
}));

function makeAlert(index: number, severity: Schemas['Alert']['severity']): Schemas['Alert'] {
  const sim = silent[index]!;
  const id = String(index).repeat(32);
  return {
    ...{ id, rule: 'silent', kind: 'silent', rule_version: '1', severity, state: 'open', subject: 'sim' },
    ...{ sim: sim.sid, sim_name: sim.unique_name, source: sim.source, shared_by: null, shared_value: null },
    ...{
      cause: null,
      sims: 1,
      start_time: sim.last_heard ?? '',
      met_time: ago(1),
      end_time: null,
      final: false,
      records: 2,
    },
    ...{ merged_into: null, group: null, messages: 1, held: false, judged_until: ago(1), created: ago(1) },
    told: { state: 'open', start_time: sim.last_heard ?? '', end_time: null },
    url: `${pictureOrigin}/v1/Alerts/${id}`,
    links: { sim: sim.url, merged_into: null, group: null },
  } as const;
}

const alerts = [makeAlert(0, 'critical'), makeAlert(1, 'critical'), makeAlert(3, 'warning')];

const file: Schemas['File'] = {
  ...{ id: 'ZmlsZQ', bucket: 'files', key: 'cdr_20261102_130000.csv', version: '1', source: '1nce' },
  ...{
    carrier: '1nce',
    state: 'done',
    rows: 1200,
    accepted: 1197,
    rejected: 3,
    size: 391_200,
    imported: 391_200,
  },
  ...{
    delivered: ago(7),
    noted: ago(6.9),
    stalled: false,
    reason: null,
    url: `${pictureOrigin}/v1/Files/ZmlsZQ`,
  },
};

const rejects: Schemas['Reject'][] = (
  [
    ['kore', 'broken-json', 3],
    ['kore', 'broken-json', 4],
    ['1nce', 'impossible-time', 7],
  ] as const
).map(([source, code, hours], index) => ({
  ...{ id: String(index).repeat(32), source, code, bytes: 412 + index, kept: ago(hours) },
}));

const network = {
  ...{ operator_mcc: '262', operator_mnc: '01', operator_country: 'DEU', operator_name: 'Telekom' },
} as const;

const sessions: Schemas['DataSession'][] = [
  [60, 52],
  [50, 43],
  [40, 31],
].map(([from = 0, to = 0], index) => ({
  ...{
    sid: `90${index}`,
    sim_sid: picturedSim,
    account_sid: null,
    radio_link: 'LTE-M',
    ...network,
    cell_id: null,
  },
  ...{ cell_location_estimate: {}, packets_uploaded: 0, packets_downloaded: 0, last_updated: ago(to) },
  ...{ start: ago(from), end: index === 2 ? null : ago(to), imei: '358600842867678', data_uploaded: 8_000 },
  ...{ data_downloaded: 4_000, data_total: 12_000 * (index + 1), apn: 'em', ip_address: null, imsi: null },
  ...{ status: index === 2 ? 'open' : 'ended', source: 'emnify', error: null },
}));

function makeUsage(hours: number, bytes: number): Schemas['FleetUsageRecord'] {
  return {
    ...{
      account_sid: null,
      sim_sid: null,
      sim_name: null,
      fleet_sid: null,
      network_sid: '262-01',
      iso_country: 'DE',
    },
    period: { start_time: ago(hours), end_time: ago(hours - 1) },
    ...{
      data_upload: bytes,
      data_download: 0,
      data_total: bytes,
      data_total_billed: 0.25,
      billed_unit: 'EUR',
    },
    ...{ source: null, tariff: null, rate_zone: null, traffic_type: null, records: 1, messages: null },
    ...{ messages_tx: null, messages_rx: null, costs: [{ currency: 'EUR', amount: '0.25' }], live: true },
  };
}

const dayUsage = Array.from({ length: 30 }, (_, index) => makeUsage(32 + index, 900 + 400 * (index % 5)));

const hourUsage: Schemas['UsageRecord'][] = dayUsage.map(({ period, data_total: bytes }) => ({
  ...{
    account_sid: null,
    sim_sid: picturedSim,
    fleet_sid: null,
    network_sid: null,
    iso_country: null,
    period,
  },
  ...{ data_upload: Number(bytes), data_download: 0, data_total: Number(bytes) },
  ...{ data_total_billed: 0.01, billed_unit: 'EUR' },
}));

const events: Schemas['ConnectionEvent'][] = [60, 52, 50, 43, 40].map((hours, index) => ({
  ...{ sid: `7${index}`, sim_iccid: `${picturedSim}0`, carrier_event_type: '3', timestamp: ago(hours) },
  ...{
    event_type: index % 2 === 0 ? 'pdp-context.created' : 'pdp-context.deleted',
    severity: 'INFO',
    alert: false,
  },
  ...{
    description: 'PDP Context',
    error_code: null,
    error_message: null,
    data_session_sid: `90${index >> 1}`,
  },
  ...{ radio_link: 'LTE-M', ...network, cell_id: null, imsi: null, source: 'emnify', detail: null },
}));

function makeRow(name: string, used: string, amount: string, country: string | null): Schemas['BillRow'] {
  return {
    ...{ sim: null, country, network: null, zone: null, tariff: 'eu-fleet', kind: 'usage', name, line: null },
    ...{ lines: 1, records: 12, unit: 'MB', used, rounded: used, included: '100', billed: used },
    ...{ exact: amount, amount, currency: 'EUR' },
  };
}

const version: Schemas['BillVersion'] = {
  ...{ version: 1, made_at: ago(14), sims: 10, totals: [{ amount: '20.75', currency: 'EUR' }] },
} as Schemas['BillVersion'];

const billLinks: Schemas['BillLinks'] = {
  ...{ month: '2026-10', tariffs: ['eu-fleet'], url: `${pictureOrigin}/v1/Bills/2026-10` },
  links: { lines: `${pictureOrigin}/v1/Bills/2026-10/Lines` },
};

const bill: Schemas['Bill'] = {
  ...version,
  ...billLinks,
  rows: [makeRow('data', '512.25', '15.75', 'DE'), makeRow('data', '80', '5.00', 'FR')],
  ...{ account_rows: [], not_rated: [], assumptions: [], missing_days: [], pending_days: [], history: [] },
  days: Array.from({ length: 31 }, (_, index) => ({
    ...{ day: `2026-10-${String(index + 1).padStart(2, '0')}`, version: 1, root: '0' },
  })),
};

const coverage: Schemas['Coverage'] = { as_of: ago(0), live: [], partial: [], missing: [], expired: [] };

const details: Schemas['SimDetails'] = {
  ...sims[0]!,
  open_session: sessions[2]!,
  usage_this_month: {
    period: { start_time: '2026-11-01T00:00:00.000Z', end_time: '2026-12-01T00:00:00.000Z' },
    ...{ data_upload: 24_000, data_download: 12_000, data_total: 36_000 },
  },
  source_watermark: watermarks[1]!,
};

function makeList(name: string, rows: readonly object[]): object {
  return { [name]: rows, coverage, meta: { key: name, next_page_url: null } };
}

/** The answer to a request; undefined for one that no picture needs. */
export function answerPicture(path: string, query: URLSearchParams): object | undefined {
  const last = path.split('/').at(-1) ?? '';
  const ofSim = path.startsWith(`/v1/Sims/${picturedSim}`);
  if (path === '/v1/Sims') return { ...makeList('sims', query.has('Silent') ? silent : sims), watermarks };
  if (path === '/v1/Fleet') return { as_of: null, sims: null, countries: [] };
  if (path === '/v1/Alerts')
    return makeList(
      'alerts',
      query.has('Sim') ? alerts.filter(({ sim }) => sim === query.get('Sim')) : alerts,
    );
  if (path.startsWith('/v1/Alerts/')) {
    const alert = alerts.find(({ id }) => id === last);
    return alert && { ...alert, evidence: null, members: [], undelivered: [], mute: null };
  }
  if (path === '/v1/Files') return makeList('files', [file]);
  if (path === '/v1/Rejects') return makeList('rejects', rejects);
  if (path === '/v1/Findings') return makeList('findings', []);
  if (path === '/v1/Bills') return makeList('bills', [{ ...version, ...billLinks }]);
  if (path === '/v1/Bills/2026-10') return bill;
  if (path === '/v1/UsageRecords')
    return makeList('usage_records', query.has('Group') ? dayUsage : [makeUsage(40, 36_000)]);
  if (!ofSim) return undefined;
  if (last === 'DataSessions') return makeList('data_sessions', sessions.toReversed());
  if (last === 'ConnectionEvents') return makeList('connection_events', events.toReversed());
  if (last === 'UsageRecords') return makeList('usage_records', hourUsage);
  return last === picturedSim ? details : undefined;
}
