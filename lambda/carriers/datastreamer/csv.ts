import { parseObject } from '../../json/json.ts';
import { collectUnknownMembers } from '../extra.ts';
import { isNothing } from '../nothing.ts';
import { type Arrival, type Fault, makeFault, makeMemberFault, type Reading } from '../reading.ts';
import { interpretEvent } from './event.ts';
import { readEventFields } from './event-fields.ts';
import { findEventTypeId } from './event-types.ts';
import { interpretUsage, type UsageFields } from './usage.ts';

/**
 * The data streamer's CSV files: `cdr_…` with usage, and `events_…` with events. Columns are identified by name,
 * never by position; unknown ones are kept verbatim. Described in docs/wire-formats.md.
 */

/** The fields of a row, in the header's order. */
export type Row = readonly string[];

/** Reads rows under one header. */
export type RowInterpreter = (row: Row, arrival: Arrival) => Reading;

/** Columns with several names. */
const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    event_start_timestamp: 'start_timestamp',
    event_stop_timestamp: 'end_timestamp',
    event_end_timestamp: 'end_timestamp',
    event_timestamp: 'timestamp',
    volume: 'volume_total',
    sim_iccid: 'iccid',
    imsi_imsi: 'imsi',
    msisdn: 'msisdn_msisdn',
    operator_mncs: 'operator_mnc',
    country_mcc: 'operator_country_mcc',
    ratezone_tariff_name: 'tariff_name',
    ratezone_name: 'tariff_ratezone_name',
    traffic_type_name: 'traffic_type_description',
    event_source_description: 'event_source_name',
  }),
);

/** Columns that the carriers document, by their names after {@link aliases}. */
const documented = new Set(
  (
    'id start_timestamp end_timestamp timestamp ingestion_timestamp organisation_id organisation_name endpoint_id ' +
    'sim_id iccid imsi imsi_id operator_id operator_name country_id operator_country_id operator_country_name ' +
    'traffic_type_id traffic_type_description volume_total volume_tx volume_rx cost currency_id currency_code ' +
    'currency_symbol ratezone_tariff_id tariff_id tariff_name ratezone_id tariff_ratezone_id tariff_ratezone_name ' +
    'endpoint_name endpoint_ip_address endpoint_tags endpoint_imei msisdn_msisdn sim_production_date operator_mnc ' +
    'operator_country_mcc session_id ipcan_session_id quota_id rat_type event_type_id event_type_description ' +
    'event_severity_id event_severity_description event_source_id event_source_name description alert detail ' +
    'user_id user_username user_name'
  ).split(' '),
);

/** The canonical name of a column, however a carrier or a spreadsheet writes it. */
function canonicalizeName(heading: string): string {
  const name = heading.trim().toLowerCase();
  return aliases.get(name) ?? name;
}

/** Minimum number of column names that make a row a header. */
const minHeaderNames = 3;

/**
 * Whether a row is a header: in concatenated files, another order of columns may begin in the middle. At least three
 * of its cells, and at least half of those that are not empty, must be names of documented columns, and none may
 * begin with a digit, as ids, times and volumes do.
 */
export function isHeaderRow(row: Row): boolean {
  const cells = row.map((cell) => cell.trim()).filter((cell) => cell !== '');
  if (cells.some((cell) => /^\d/.test(cell))) return false;
  const names = new Set(cells.map(canonicalizeName).filter((name) => documented.has(name)));
  return names.size >= minHeaderNames && 2 * names.size >= cells.length;
}

/** The index of the column with the records' ids; -1 if the header has none. */
export function findIdColumn(header: Row): number {
  return header.findIndex((heading) => canonicalizeName(heading) === 'id');
}

/**
 * Prepares to read rows under a header.
 *
 * @param fileName the object's name without folders, which decides about files whose columns could be of either kind.
 */
export function makeRowInterpreter(header: Row, fileName: string): RowInterpreter | Fault {
  const columns = new Map<string, number>();
  for (const [index, heading] of header.entries()) {
    const canonical = canonicalizeName(heading);
    // If two columns have the same meaning, the first one counts.
    if (canonical !== '' && !columns.has(canonical)) columns.set(canonical, index);
  }
  if (!columns.has('id')) {
    return makeMemberFault('no-id-column', 'The header', 'has no column id', header.join(','));
  }
  const hasVolume = ['volume_total', 'volume_tx', 'volume_rx'].some((name) => columns.has(name));
  if (columns.has('start_timestamp') && hasVolume) return makeUsageInterpreter(columns, header.length);
  const hasEvents = columns.has('event_type_id') || columns.has('event_type_description');
  if (hasEvents || fileName.startsWith('events_')) return makeEventInterpreter(columns, header.length);
  return makeMemberFault(
    'unknown-columns',
    'The header',
    'has the columns of neither usage nor events',
    header.join(','),
  );
}

/** The fault of a row whose number of fields differs from the header's. Extra fields may be empty. */
function findLengthFault(row: Row, expected: number): Fault | undefined {
  if (row.length === expected) return undefined;
  if (row.length > expected && row.slice(expected).every((field) => field === '')) return undefined;
  return makeFault('broken-row', `The row has ${row.length} fields where the header has ${expected}`);
}

function makeUsageInterpreter(columns: ReadonlyMap<string, number>, width: number): RowInterpreter {
  const column = (name: string): number => columns.get(name) ?? -1;
  const id = column('id');
  const start = column('start_timestamp');
  const end = column('end_timestamp');
  const sessionId = columns.has('session_id') ? column('session_id') : column('ipcan_session_id');
  const iccid = column('iccid');
  const simId = column('sim_id');
  const msisdn = column('msisdn_msisdn');
  const endpointName = column('endpoint_name');
  const imei = column('endpoint_imei');
  const imsi = column('imsi');
  const organisationId = column('organisation_id');
  const trafficTypeId = column('traffic_type_id');
  const trafficTypeWord = column('traffic_type_description');
  const volumeTotal = column('volume_total');
  const volumeUp = column('volume_tx');
  const volumeDown = column('volume_rx');
  const cost = column('cost');
  const currency = column('currency_code');
  const operatorName = column('operator_name');
  const mcc = column('operator_country_mcc');
  const mnc = column('operator_mnc');
  const countryName = column('operator_country_name');
  const tariff = column('tariff_name');
  const rateZone = column('tariff_ratezone_name');
  const unknown = listUnknownColumns(columns);
  return (row, arrival) => {
    const fault = findLengthFault(row, width);
    if (fault !== undefined) return fault;
    const networkCodes = row[mnc];
    const single = networkCodes === undefined || !/[\s,;|]/.test(networkCodes.trim());
    const fields: UsageFields = {
      id: row[id],
      start: row[start],
      end: row[end],
      sessionId: row[sessionId],
      iccid: row[iccid],
      simId: row[simId],
      msisdn: row[msisdn],
      endpointName: row[endpointName],
      imei: row[imei],
      imsi: row[imsi],
      organisationId: row[organisationId],
      trafficTypeId: row[trafficTypeId],
      trafficTypeWord: row[trafficTypeWord],
      volumeTotal: row[volumeTotal],
      volumeUp: row[volumeUp],
      volumeDown: row[volumeDown],
      cost: row[cost],
      currency: row[currency],
      operatorName: row[operatorName],
      mcc: row[mcc],
      // A list of an operator's codes does not say which network the SIM used.
      mnc: single ? networkCodes : undefined,
      countryName: row[countryName],
      tariff: row[tariff],
      rateZone: row[rateZone],
      // JSON may name the session, and CSV never does: if both may arrive, a row must not replace the JSON record.
      abridged: arrival.source.filesOnly !== true && sessionId === -1,
      extra: unknown.length === 0 ? undefined : collectExtra(row, unknown),
    };
    return interpretUsage(fields, arrival);
  };
}

function listUnknownColumns(columns: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...columns].filter(([name]) => !documented.has(name) && !name.startsWith('detail_'));
}

function collectExtra(row: Row, unknown: readonly (readonly [string, number])[]): string | undefined {
  return collectUnknownMembers(
    Object.fromEntries(unknown.map(([name, index]) => [name, row[index]])),
    new Set(),
  );
}

/** Event rows are rare, so they are converted into flat records and read like those. */
function makeEventInterpreter(columns: ReadonlyMap<string, number>, width: number): RowInterpreter {
  const named = [...columns];
  const unknown = listUnknownColumns(columns);
  return (row, arrival) => {
    const fault = findLengthFault(row, width);
    if (fault !== undefined) return fault;
    const record: Record<string, unknown> = Object.create(null);
    for (const [name, index] of named) {
      const field = row[index];
      if (field !== undefined && field !== '') record[name] = field;
    }
    if (isNothing(record['event_type_id'])) {
      record['event_type_id'] = findEventTypeId(String(record['event_type_description'] ?? ''));
    }
    const detail = record['detail'];
    // Text that is not JSON stays unchanged.
    if (typeof detail === 'string') record['detail'] = parseObject(detail) ?? detail;
    const fields = { ...readEventFields(record), abridged: true, extra: collectExtra(row, unknown) };
    return interpretEvent(fields, arrival);
  };
}
