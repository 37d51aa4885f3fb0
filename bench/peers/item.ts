import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';

/**
 * What a good developer's own handler would make of a carrier's record: one update of the record's item, with the same
 * attributes as simledger's if the record states them, without checks.
 */

interface CloudEvent {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>> & {
    readonly network?: Readonly<Record<string, unknown>>;
    readonly location?: Readonly<Record<string, unknown>>;
  };
}

interface StreamerRecord {
  readonly id: number;
  readonly sim: { readonly iccid: string };
  readonly imsi?: unknown;
  readonly [readMember: string]: unknown;
}

/** A parsed record. */
export type PeerRecord = CloudEvent | StreamerRecord;

/** The update of a record's item. */
export function makeUpdate(record: PeerRecord): UpdateCommandInput {
  if (isCloudEvent(record)) return makeSessionUpdate(record.data);
  return record['event_type'] === undefined ? makeUsageUpdate(record) : makeEventUpdate(record);
}

function isCloudEvent(record: PeerRecord): record is CloudEvent {
  return 'specversion' in record;
}

function makeSessionUpdate(data: CloudEvent['data']): UpdateCommandInput {
  const lastUpdated = new Date(String(data['timestamp'])).toISOString();
  return update(
    process.env['SESSIONS_TABLE'],
    { sim: String(data['sim_iccid']).slice(0, 19), sessionId: data['data_session_sid'] },
    {
      lastUpdated,
      start: new Date(String(data['data_session_start_time'])).toISOString(),
      status: 'open',
      iccid: data['sim_iccid'],
      imsi: data['imsi'],
      imei: data['imei'],
      dataUploaded: data['data_session_data_upload'],
      dataDownloaded: data['data_session_data_download'],
      dataTotal: data['data_session_data_total'],
      apn: data['apn'],
      ipAddress: data['ip_address'],
      ratType: data['rat_type'],
      mcc: data.network?.['mcc'],
      mnc: data.network?.['mnc'],
      operatorName: data.network?.['friendly_name'],
      country: data.network?.['iso_country'],
      cellId: data.location?.['cell_id'],
      lac: data.location?.['lac'],
      lat: data.location?.['lat'],
      lon: data.location?.['lon'],
      simSid: data['sim_sid'],
      simName: data['sim_unique_name'],
      accountId: data['account_sid'],
      fleetSid: data['fleet_sid'],
    },
    'attribute_not_exists(lastUpdated) OR lastUpdated <= :lastUpdated',
  );
}

function makeUsageUpdate(record: StreamerRecord): UpdateCommandInput {
  const start = new Date(String(record['start_timestamp'])).toISOString();
  return update(
    process.env['USAGE_TABLE'],
    { sim: record.sim.iccid.slice(0, 19), usageId: `${start}#${record.id}` },
    {
      start,
      end: new Date(String(record['end_timestamp'])).toISOString(),
      imsi: record.imsi,
      iccid: record.sim.iccid,
      volume: readMember(record, 'volume', 'total'),
      volumeUp: readMember(record, 'volume', 'tx'),
      volumeDown: readMember(record, 'volume', 'rx'),
      cost: record['cost'],
      currency: readMember(record, 'currency', 'code'),
      trafficType: readMember(record, 'traffic_type', 'description'),
      operatorName: readMember(record, 'operator', 'name'),
      mnc: readMember(record, 'operator', 'mnc'),
      tariff: readMember(record, 'tariff', 'name'),
      imei: readMember(record, 'endpoint', 'imei'),
      simName: readMember(record, 'endpoint', 'name'),
    },
  );
}

function makeEventUpdate(record: StreamerRecord): UpdateCommandInput {
  const time = new Date(String(record['timestamp'])).toISOString();
  return update(
    process.env['EVENTS_TABLE'],
    { sim: record.sim.iccid.slice(0, 19), eventKey: `${time}#${record.id}` },
    {
      time,
      type: readMember(record, 'event_type', 'description'),
      severity: readMember(record, 'event_severity', 'description'),
      description: record['description'],
      imsi: readMember(record, 'imsi', 'imsi'),
      iccid: record.sim.iccid,
      detail: record['detail'],
    },
  );
}

function readMember(record: StreamerRecord, name: string, inner: string): unknown {
  return (record[name] as Record<string, unknown> | undefined)?.[inner];
}

function update(
  table: string | undefined,
  key: Record<string, unknown>,
  attributes: Record<string, unknown>,
  condition?: string,
): UpdateCommandInput {
  const stated = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null);
  return {
    TableName: table,
    Key: key,
    UpdateExpression: `SET ${stated.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(stated.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(stated.map(([name, value]) => [`:${name}`, value])),
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
  };
}
