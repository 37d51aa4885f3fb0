import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { Item, LedgerTables } from '../../simulator/compare.ts';
import type { FleetDelivery } from '../../simulator/delivery-path.ts';

/**
 * The simplest reader of deliveries that can be right: it knows the documents, nothing of the simulator, and keeps
 * everything in memory. What it makes of the bytes is what the simulator's truth must say.
 */

type Json = Record<string, unknown>;

/** Items in the making, by table and key, and what was counted. */
export class PlainLedger implements LedgerTables {
  readonly tables = {
    sessions: new Map<string, Json>(),
    usage: new Map<string, Json>(),
    events: new Map<string, Json>(),
  };
  readonly counts = { delivered: 0, ignored: 0, rejected: 0 };
  private readonly totalsStatedAt = new Map<Json, string>();
  private readonly statedStarts = new Set<Json>();

  take(delivery: FleetDelivery): void {
    if (delivery.kind === 'file') this.takeFile(delivery.source, delivery.bytes);
    else
      for (const record of recordsOf(delivery.data))
        this.count(() => this.takeRecord(delivery.source, record));
  }

  sessions(): AsyncIterable<Item> {
    return itemsOf(this.tables.sessions);
  }

  usage(): AsyncIterable<Item> {
    return itemsOf(this.tables.usage);
  }

  events(): AsyncIterable<Item> {
    return itemsOf(this.tables.events);
  }

  private count(take: () => 'kept' | 'ignored' | 'rejected'): void {
    this.counts.delivered++;
    const fate = take();
    if (fate !== 'kept') this.counts[fate]++;
  }

  private takeRecord(source: string, record: Json | undefined): 'kept' | 'ignored' | 'rejected' {
    if (record === undefined) return 'rejected';
    if ('specversion' in record) return this.takeCloudEvent(record);
    return 'start_timestamp' in record ? this.takeUsage(source, record) : this.takeEvent(source, record);
  }

  private takeCloudEvent(record: Json): 'kept' | 'ignored' | 'rejected' {
    const fullType = String(record['type']);
    if (!fullType.includes('.supersim.connection.')) return 'ignored';
    const type = fullType.split('.supersim.connection.')[1] ?? '';
    const data = (typeof record['data'] === 'string' ? JSON.parse(record['data']) : record['data']) as Json;
    const time = timeOf(data['timestamp']);
    if ((data['event_sid'] ?? null) === null || time === undefined) return 'rejected';
    const sim = String(data['sim_iccid']).slice(0, 19);
    if (type !== 'data-session.updated')
      this.put('events', sim, 'eventKey', `${time}#${data['event_sid']}`, { type });
    if ('data_total' in data) {
      // A window that states no beginning is known by when it ended.
      const [from, to] = ['start', 'end'].map((edge) => timeOf(data[`data_session_update_${edge}_time`]));
      const start = from ?? to;
      const bytes = {
        dataUploaded: data['data_upload'],
        dataDownloaded: data['data_download'],
        dataTotal: data['data_total'],
      };
      this.put('usage', sim, 'usageId', `${start}#${data['event_sid']}`, bytes);
    }
    if (!type.startsWith('data-session')) return 'kept';
    this.touch(sim, String(data['data_session_sid']), {
      observed: [time],
      statedStart: timeOf(data['data_session_start_time']),
      terminal: type.endsWith('ended') ? 'ended' : type.endsWith('failed') ? 'failed' : undefined,
      totals:
        'data_session_data_total' in data
          ? [
              data['data_session_data_upload'],
              data['data_session_data_download'],
              data['data_session_data_total'],
            ]
          : undefined,
    });
    return 'kept';
  }

  private takeUsage(source: string, record: Json): 'kept' | 'rejected' {
    const [start, end] = [timeOf(record['start_timestamp']), timeOf(record['end_timestamp'])];
    if ((record['id'] ?? null) === null || start === undefined || end === undefined) return 'rejected';
    const sim = simOf(record) ?? '';
    const sms = Number(at(record, 'traffic_type', 'id') ?? record['traffic_type_id']) === 6;
    const volume = (record['volume'] ?? {
      rx: record['volume_rx'],
      tx: record['volume_tx'],
      total: record['volume_total'],
    }) as Json;
    this.putUsage(
      sim,
      `${secondOf(start)}#${record['id']}`,
      sms,
      volume['tx'],
      volume['rx'],
      volume['total'],
    );
    const session = source === 'emnify' ? record['session_id'] : record['ipcan_session_id'];
    if (session !== undefined && !sms) this.touch(sim, String(session), { observed: [start, end] });
    return 'kept';
  }

  private putUsage(sim: string, key: string, sms: boolean, tx: unknown, rx: unknown, total: unknown): void {
    const bytes = { dataUploaded: bytesOf(tx), dataDownloaded: bytesOf(rx), dataTotal: bytesOf(total) };
    const none = { dataUploaded: 0, dataDownloaded: 0, dataTotal: 0 };
    const messages = { messages: Number(total), messagesTx: Number(tx), messagesRx: Number(rx) };
    this.put('usage', sim, 'usageId', key, sms ? { ...none, ...messages } : bytes);
  }

  private takeEvent(source: string, record: Json): 'kept' | 'rejected' {
    const time = timeOf(record['timestamp']);
    if ((record['id'] ?? null) === null || time === undefined) return 'rejected';
    const carrierType = String(at(record, 'event_type', 'id') ?? record['event_type_id']);
    const organisation = at(record, 'organisation', 'id') ?? record['organisation_id'];
    const sim = simOf(record) ?? `account:${source}:${organisation}`;
    this.put('events', sim, 'eventKey', `${secondOf(time)}#${record['id']}`, { carrierType });
    const context = contextOf(record);
    if (context === undefined) return 'kept';
    const { tunnel, volume } = context;
    this.touch(
      sim,
      context.session ?? (tunnel === undefined ? context.id : `${context.id}#${secondOf(tunnel)}`),
      {
        observed: [time],
        statedStart: tunnel,
        terminal: carrierType === '5' ? 'ended' : undefined,
        totals:
          volume === undefined
            ? undefined
            : [bytesOf(volume['tx']), bytesOf(volume['rx']), bytesOf(volume['total'])],
      },
    );
    return 'kept';
  }

  private takeFile(source: string, bytes: Buffer): void {
    const rows = parse(bytes, { bom: true, columns: true, relax_column_count: true }) as Json[];
    for (const row of rows) this.count(() => this.takeRow(source, row));
  }

  private takeRow(source: string, row: Json): 'kept' | 'rejected' {
    const isEvent = 'event_type_id' in row;
    const iccid = String(row['iccid'] ?? row['sim_iccid'] ?? '');
    if (!('country_mcc' in row || 'user_name' in row) || !/^(\d{19,20})?$/.test(iccid)) return 'rejected';
    if (isEvent) return this.takeEvent(source, row);
    const start = timeOf(row['event_start_timestamp']);
    if (start === undefined) return 'rejected';
    const sms = row['traffic_type_id'] === '6';
    this.putUsage(
      iccid.slice(0, 19),
      `${secondOf(start)}#${row['id']}`,
      sms,
      row['volume_tx'],
      row['volume_rx'],
      row['volume'],
    );
    return 'kept';
  }

  private put(table: 'usage' | 'events', sim: string, keyName: string, key: string, attributes: Json): void {
    this.tables[table].set(`${sim}|${key}`, { sim, [keyName]: key, ...attributes });
  }

  private touch(
    sim: string,
    sessionId: string,
    told: {
      observed: string[];
      statedStart?: string | undefined;
      terminal?: string | undefined;
      totals?: unknown[] | undefined;
    },
  ): void {
    const key = `${sim}|${sessionId}`;
    const session = this.tables.sessions.get(key) ?? { sim, sessionId, status: 'open' };
    this.tables.sessions.set(key, session);
    const times = told.observed.toSorted();
    const [earliest = '', latest = ''] = [times[0], times.at(-1)];
    if (told.statedStart !== undefined) {
      session['start'] = told.statedStart;
      this.statedStarts.add(session);
    } else if (!this.statedStarts.has(session) && earliest < String(session['start'] ?? '~'))
      session['start'] = earliest;
    if (latest > String(session['lastUpdated'] ?? '')) session['lastUpdated'] = latest;
    if (told.terminal !== undefined) session['status'] = told.terminal;
    if (told.terminal === 'ended') session['end'] = latest;
    if (told.totals === undefined || latest < (this.totalsStatedAt.get(session) ?? '')) return;
    this.totalsStatedAt.set(session, latest);
    [session['dataUploaded'], session['dataDownloaded'], session['dataTotal']] = told.totals;
  }
}

/** The records in a body; undefined for one that is not JSON. Integers beyond 15 digits are quoted before parsing. */
export function recordsOf(data: Buffer): readonly (Json | undefined)[] {
  const text = (data[0] === 0x1f ? gunzipSync(data) : data).toString('utf8').trim();
  const exact = text.replaceAll(/([:[,]\s*)(\d{16,})(?=\s*[,}\]])/g, '$1"$2"');
  const list = exact.startsWith('[') ? exact : `[${exact.replaceAll(/\}\s*\{(?=")/g, '},{')}]`;
  try {
    return JSON.parse(list) as Json[];
  } catch {
    return [undefined];
  }
}

function contextOf(
  record: Json,
):
  | { id: string; session: string | undefined; tunnel: string | undefined; volume: Json | undefined }
  | undefined {
  const flat = 'detail_pdp_context_ipcan_session_id' in record;
  const detail = (typeof record['detail'] === 'object' ? record['detail'] : undefined) as
    | Json
    | null
    | undefined;
  const context = flat ? record : ((detail?.['pdp_context'] ?? undefined) as Json | undefined);
  if (context === undefined) return undefined;
  const prefix = flat ? 'detail_pdp_context_' : '';
  const session = detail?.['session_id'] ?? context[`${prefix}ipcan_session_id`];
  const flatVolume = {
    rx: record['detail_volume_rx'],
    tx: record['detail_volume_tx'],
    total: record['detail_volume_total'],
  };
  const volume = flat ? flatVolume : ((detail?.['volume'] ?? {}) as Json);
  return {
    id: String(context[`${prefix}pdp_context_id`]),
    session: session === undefined ? undefined : String(session),
    tunnel: timeOf(context[`${prefix}tunnel_created`]),
    volume: volume['total'] === undefined ? undefined : volume,
  };
}

/** The SIM's key; 1NCE's flat records have the ICCID as the endpoint's name, if at all, and else the carrier's id. */
function simOf(record: Json): string | undefined {
  const iccid = String(at(record, 'sim', 'iccid') ?? (record['sim_iccid'] || record['endpoint_name']) ?? '');
  if (/^89\d{17,18}$/.test(iccid)) return iccid.slice(0, 19);
  return Number(record['sim_id'] ?? 0) === 0 ? undefined : String(record['sim_id']);
}

function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, day = '', time = '', fraction = '000'] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{3})\d*)?/.exec(value) ?? [];
  const date = new Date(`${day}T${time}.${fraction}Z`);
  const valid =
    !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) && date.getUTCFullYear() < 2100;
  return valid ? date.toISOString() : undefined;
}

function bytesOf(megabytes: unknown): number {
  return Math.round(Number(megabytes) * 1_000_000);
}

function at(record: Json, member: string, inner: string): unknown {
  const value = record[member];
  return typeof value === 'object' && value !== null ? (value as Json)[inner] : undefined;
}

async function* itemsOf(table: Map<string, Json>): AsyncGenerator<Item> {
  for (const item of table.values()) yield item as Item;
}

/** Data-streamer keys are cut to the second. */
function secondOf(time: string): string {
  return `${time.slice(0, 19)}.000Z`;
}
