import type { SessionRefresh } from '../lambda/ledger/source.ts';
import type { LifeFacts } from './alert-truth.ts';
import { nameTariff } from './datastreamer-dialect.ts';
import { carrierIdentities, type SimulatedCarrier } from './identity.ts';
import { type MeasuredUsage, measureUsage } from './invoice.ts';
import {
  type CarrierEvent,
  type ConnectionEvent,
  formatIso,
  hour,
  type PdpContext,
  type UsageRecord,
  type Volume,
} from './records.ts';

/** What a session's item must contain. Times are ISO 8601 with milliseconds; volumes are bytes. */
export interface ExpectedSession {
  readonly status: 'open' | 'ended' | 'failed';
  /** The stated start; if no record states it, the earliest time in a record of the session. */
  readonly start: string;
  readonly end: string | undefined;
  readonly lastUpdated: string;
  /** The latest running totals; undefined if the carrier states none. */
  readonly dataUploaded: number | undefined;
  readonly dataDownloaded: number | undefined;
  readonly dataTotal: number | undefined;
}

/** What a usage record's item must contain. Volumes are bytes; the members of messages are undefined for data usage. */
export interface ExpectedUsage {
  readonly dataUploaded: number;
  readonly dataDownloaded: number;
  readonly dataTotal: number;
  readonly messages: number | undefined;
  /** Directions are named as the carrier does: all simulated messages are tx. */
  readonly messagesTx: number | undefined;
  readonly messagesRx: number | undefined;
  /** ISO 3166 code of the network's country, and the tariff; undefined if the record names none. */
  readonly country?: string | undefined;
  readonly tariff?: string | undefined;
}

/**
 * What an event's item must contain. Super SIM types have one name. For a data-streamer event it is the number that the
 * carrier sent, because the ledger chooses the name.
 */
export type ExpectedEvent = { readonly type: string } | { readonly carrierType: string };

/**
 * What the query API must answer about a Super SIM session, with either setting of `sessionRefresh`. Volumes are the
 * running totals if the session's last record states them, otherwise the greater of the running totals and the sum of
 * its windows.
 */
export interface ExpectedAnswer {
  readonly status: ExpectedSession['status'];
  readonly start: string;
  /** The stated end; a failed session has none. */
  readonly end: string | undefined;
  readonly lastUpdated: string;
  readonly dataUploaded: number;
  readonly dataDownloaded: number;
  readonly dataTotal: number;
}

/** When a device last gave each sign of life, in milliseconds since the epoch; undefined if it never did. */
export interface SignsOfLife {
  readonly signalled: number | undefined;
  readonly bytes: number | undefined;
  /** When its session was last known to be open, which is not a sign of life of the device. */
  readonly session: number | undefined;
}

/** Everything that the ledger must contain under one partition key: a SIM, or the account of events without SIM. */
export interface ExpectedPartition {
  readonly sessions: ReadonlyMap<string, ExpectedSession>;
  readonly usage: ReadonlyMap<string, ExpectedUsage>;
  readonly events: ReadonlyMap<string, ExpectedEvent>;
  /** Answers about those sessions that are of a Super SIM. */
  answers(): ReadonlyMap<string, ExpectedAnswer>;
  /** When the device was last heard. */
  readonly signs: SignsOfLife;
  /** The facts that alert rules use; undefined if alerts are not compared. */
  readonly facts?: LifeFacts | undefined;
  /** The sum of the usage. */
  readonly total: { readonly uploaded: number; readonly downloaded: number; readonly messages: number };
}

/** Counts of records. An element of an array, a JSON line, a CSV row and a test event count as one each. */
export interface FleetCounts {
  /** All that was delivered: `received` in receipts. */
  readonly delivered: number;
  /** Different records of the fleet. */
  readonly distinct: number;
  /** Deliveries of the platform's own messages. */
  readonly ignored: number;
  /** Deliveries of broken records. */
  readonly rejected: number;
}

/** A network that had an outage, and the SIMs that it silenced. */
export interface NetworkOutage {
  /** MCC and MNC. */
  readonly network: string;
  readonly sims: ReadonlySet<string>;
  /** All SIMs that visit the network. */
  readonly visitors: ReadonlySet<string>;
}

/** What the ledger must contain after everything was delivered. It grows while deliveries are generated. */
export interface FleetTruth {
  /** By partition key: `sim`, or `account:<source>:<account id>`. */
  readonly partitions: ReadonlyMap<string, ExpectedPartition>;
  readonly counts: FleetCounts;
  /** Undefined if no network had an outage. */
  readonly outage?: NetworkOutage | undefined;
  /** What must be found missing or duplicated; undefined if losses are not simulated. */
  readonly missing?: readonly ExpectedLoss[] | undefined;
  /** What data-streamer carriers bill; undefined if invoices are not simulated. */
  readonly measured?: readonly MeasuredUsage[] | undefined;
}

/** A finding that must exist when all days are closed, including the seven days after the last record. */
export interface ExpectedLoss {
  readonly sim: string;
  readonly check: 'chain' | 'close' | 'orphan' | 'duplicate' | 'path';
  readonly reason: string;
  readonly sessionId: string | undefined;
  /** Undefined if nothing proves how many. */
  readonly bytes: number | undefined;
  /** Ids of the records that prove it; empty if a session does. */
  readonly records: readonly string[];
}

interface SessionDraft {
  status: 'open' | 'ended' | 'failed';
  start: string;
  startIsStated: boolean;
  end: string | undefined;
  lastUpdated: string;
  dataUploaded: number | undefined;
  dataDownloaded: number | undefined;
  dataTotal: number | undefined;
}

/** A Super SIM session according to all its records, including those that do not write its item. */
interface ObservedSession {
  /** Equal to the item if every record writes it. */
  readonly session: SessionDraft;
  /** The running total that was stated last, and when. */
  total: Volume | undefined;
  totalAt: number;
  latest: number;
  /** The sum of its windows. */
  readonly used: { up: number; down: number };
}

interface SessionStatement {
  readonly earliest: number;
  readonly latest: number;
  readonly statedStart?: number | undefined;
  readonly runningTotal?: Volume | undefined;
  readonly terminal?: 'ended' | 'failed' | undefined;
}

const eventTypes = new Map<string, ExpectedEvent>();

function makeExpectedEvent(member: 'type' | 'carrierType', value: string): ExpectedEvent {
  const known = eventTypes.get(value);
  if (known !== undefined) return known;
  const made = member === 'type' ? { type: value } : { carrierType: value };
  eventTypes.set(value, made);
  return made;
}

/**
 * What the life of one SIM or account leaves in the ledger. The life reports its records in the order in which they
 * happen; how they are then delivered must not change the result.
 */
export class PartitionTruth implements ExpectedPartition {
  readonly sessions = new Map<string, SessionDraft>();
  readonly usage = new Map<string, ExpectedUsage>();
  readonly events = new Map<string, ExpectedEvent>();
  readonly total = { uploaded: 0, downloaded: 0, messages: 0 };
  readonly signs = {
    signalled: undefined as number | undefined,
    bytes: undefined as number | undefined,
    session: undefined as number | undefined,
  };
  private readonly observed = new Map<string, ObservedSession>();
  readonly facts: LifeFacts | undefined;
  private readonly sessionRefresh: SessionRefresh;

  private readonly measured: MeasuredUsage[] | undefined;

  /**
   * @param facts if given, facts for alert rules are added to it.
   * @param measured if given, what the carrier's billing measured is added to it.
   */
  constructor(sessionRefresh: SessionRefresh = 'update', facts?: LifeFacts, measured?: MeasuredUsage[]) {
    this.sessionRefresh = sessionRefresh;
    this.facts = facts;
    this.measured = measured;
  }

  answers(): ReadonlyMap<string, ExpectedAnswer> {
    // A session without an item is not listed, although its usage is.
    const listed = [...this.observed].filter(([id]) => this.sessions.has(id));
    return new Map(listed.map(([id, session]) => [id, makeAnswer(session)]));
  }

  addConnection(event: ConnectionEvent): void {
    const { session, window, sim } = event;
    if (attachmentTypes.has(event.type)) this.facts?.attachments.push(event.at);
    if (event.type === 'data-session.failed') this.facts?.failures.push(event.at);
    this.facts?.noteDevice(sim.imei, event.at, window !== undefined);
    if (window !== undefined) this.facts?.usage.push({ at: event.at, bytes: window.up + window.down });
    if (requestTypes.has(event.type)) this.noteSign('signalled', event.at);
    if (window !== undefined && window.up > 0) this.noteSign('bytes', event.at);
    if (openTypes.has(event.type)) this.noteSign('session', event.at);
    if (event.type !== 'data-session.updated') {
      this.events.set(`${formatIso(event.at)}#${event.eventSid}`, makeExpectedEvent('type', event.type));
    }
    if (window !== undefined) {
      const at = { country: sim.network.isoCountry, tariff: undefined };
      this.addUsage(window.start, event.eventSid, window, undefined, at);
    }
    if (session === undefined) return;
    const statement = {
      earliest: session.start,
      latest: event.at,
      statedStart: session.start,
      runningTotal: event.runningTotal,
      terminal: findTerminal(event.type),
    };
    const observed = this.observe(session.sid, statement, window);
    if (this.sessionRefresh === 'update') this.sessions.set(session.sid, observed);
    else if (refreshesHourly(event)) this.addSession(session.sid, statement);
  }

  addEvent(event: CarrierEvent): void {
    const { context, sim } = event;
    const key = `${formatIso(cutToSecond(event.at))}#${event.id}`;
    this.events.set(key, makeExpectedEvent('carrierType', String(event.typeId)));
    if (sim !== undefined && event.typeId >= 1 && event.typeId <= 4) this.noteSign('signalled', event.at);
    if (event.typeId === 1 || event.typeId === 2) this.facts?.attachments.push(event.at);
    if (event.typeId === 3 && context === undefined) this.facts?.failures.push(event.at);
    if (sim !== undefined) this.facts?.noteDevice(sim.imei, event.at, false);
    if (context === undefined || sim === undefined) return;
    if (event.typeId !== 5) this.noteSign('session', event.at);
    const stated = sim.dataStreamer.statesTunnelCreated;
    this.addSession(makeSessionId(event.source, sim.dataStreamer, context), {
      earliest: event.at,
      latest: event.at,
      statedStart: stated ? context.tunnelCreated : undefined,
      runningTotal: event.volume,
      terminal: event.typeId === 5 ? 'ended' : undefined,
    });
  }

  addUsageRecord(record: UsageRecord): void {
    if (this.measured !== undefined) this.measured.push(...measureUsage(record));
    this.addUsage(
      cutToSecond(record.start),
      record.id,
      record.volume,
      record.messages === 0 ? undefined : record.messages,
      {
        country: record.sim.dataStreamer.generation === 'flat' ? undefined : record.sim.network.isoCountry,
        tariff: nameTariff(record.sim),
      },
    );
    const last = Math.max(record.start, record.end);
    this.facts?.noteDevice(record.sim.imei, last, true);
    this.facts?.usage.push({ at: last, bytes: record.volume.up + record.volume.down });
    if (record.messages === 0) this.noteSign('session', last);
    if (record.volume.up > 0) this.noteSign('bytes', last);
    // All simulated messages are tx, which means at 1NCE that the device sent them.
    if (record.messages > 0 && record.sim.carrier === '1nce') this.noteSign('signalled', last);
    if (record.sessionId === undefined || record.messages > 0 || record.path === 'file') return;
    this.addSession(record.sessionId, { earliest: record.start, latest: record.end });
  }

  private noteSign(name: keyof SignsOfLife, at: number): void {
    if (name !== 'session') this.facts?.heard.push(at);
    this.signs[name] = Math.max(this.signs[name] ?? at, at);
  }

  private addUsage(
    start: number,
    id: string | null,
    volume: Volume,
    messages: number | undefined,
    at: Charged,
  ): void {
    const key = [formatIso(start), id].join('#');
    const isIdle = isZero(volume) && messages === undefined;
    this.usage.set(key, isIdle ? expectNoUsage(at) : makeExpectedUsage(volume, messages, at));
    this.total.uploaded += volume.up;
    this.total.downloaded += volume.down;
    this.total.messages += messages ?? 0;
  }

  private addSession(id: string, statement: SessionStatement): void {
    const session = this.sessions.get(id) ?? startDraft(statement);
    this.sessions.set(id, session);
    addStatement(session, statement);
  }

  /** @returns the session according to all its records so far. */
  private observe(id: string, statement: SessionStatement, window: Volume | undefined): SessionDraft {
    const observed = this.observed.get(id) ?? observeSession(statement);
    this.observed.set(id, observed);
    const { runningTotal, latest } = statement;
    addStatement(observed.session, statement);
    observed.latest = Math.max(observed.latest, latest);
    if (runningTotal !== undefined) {
      observed.total = runningTotal;
      observed.totalAt = latest;
    }
    if (window !== undefined) {
      observed.used.up += window.up;
      observed.used.down += window.down;
    }
    return observed.session;
  }
}

/** Events about a Super SIM's requests to the network, accepted or not. */
const requestTypes: ReadonlySet<ConnectionEvent['type']> = new Set([
  'attachment.accepted',
  'attachment.rejected',
  'attachment.failed',
  'data-session.started',
  'data-session.failed',
]);

/** Attempts of a device to attach to a network. */
const attachmentTypes: ReadonlySet<ConnectionEvent['type']> = new Set([
  'attachment.accepted',
  'attachment.rejected',
  'attachment.failed',
]);

/** Events that show an open session. */
const openTypes: ReadonlySet<ConnectionEvent['type']> = new Set([
  'data-session.started',
  'data-session.updated',
]);

/** Adds what one more record states about a session. */
function addStatement(session: SessionDraft, statement: SessionStatement): void {
  const stated = statement.statedStart;
  if (stated !== undefined) session.start = formatIso(stated);
  else if (!session.startIsStated)
    session.start = chooseEarlier(session.start, formatIso(statement.earliest));
  session.startIsStated ||= stated !== undefined;
  const latest = formatIso(statement.latest);
  if (latest > session.lastUpdated) session.lastUpdated = latest;
  if (statement.terminal !== undefined) session.status = statement.terminal;
  if (statement.terminal === 'ended') session.end = latest;
  if (statement.runningTotal !== undefined) stateGroup(session, statement.runningTotal);
}

/**
 * Whether an event writes its session if `sessionRefresh` is hourly. An update does if a new hour begins after the
 * start of its window and no later than its end, if its window is the first, or if its window has no length.
 */
export function refreshesHourly({ type, session, window, at }: ConnectionEvent): boolean {
  if (type !== 'data-session.updated' || window === undefined || session === undefined) return true;
  const turn = Math.floor(at / hour) * hour;
  return window.start < turn || window.start >= at || window.start <= session.start;
}

function makeAnswer({ session, total, totalAt, latest, used }: ObservedSession): ExpectedAnswer {
  const { status, start, end, lastUpdated } = session;
  const isLast = total !== undefined && (totalAt === latest || addVolumes(total) >= addVolumes(used));
  const { up, down } = isLast ? total : used;
  return { status, start, end, lastUpdated, dataUploaded: up, dataDownloaded: down, dataTotal: up + down };
}

function addVolumes({ up, down }: Volume): number {
  return up + down;
}

/** Data-streamer keys are cut to the second, because not every rendering of a record has milliseconds. */
function cutToSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** The attributes of a usage record that may determine its price. */
type Charged = Required<Pick<ExpectedUsage, 'country' | 'tariff'>>;

const idle = new Map<string, ExpectedUsage>();

/** A shared object for all idle windows of a country and tariff, because there are many. */
function expectNoUsage(at: Charged): ExpectedUsage {
  const key = `${at.country}\n${at.tariff}`;
  const expected = idle.get(key) ?? makeExpectedUsage({ up: 0, down: 0 }, undefined, at);
  idle.set(key, expected);
  return expected;
}

function isZero({ up, down }: Volume): boolean {
  return up === 0 && down === 0;
}

function makeExpectedUsage({ up, down }: Volume, messages: number | undefined, at: Charged): ExpectedUsage {
  const bytes = { dataUploaded: up, dataDownloaded: down, dataTotal: up + down };
  const messagesRx = messages === undefined ? undefined : 0;
  return { ...bytes, messages, messagesTx: messages, messagesRx, ...at };
}

/**
 * The ledger's key of a data-streamer session: emnify's `session_id`; `ipcan_session_id` in 1NCE's 2.0; otherwise
 * `pdp_context_id` with the time of its tunnel, because the ids may be reused.
 */
export function makeSessionId(
  source: SimulatedCarrier,
  dialect: { readonly generation: string; readonly statesTunnelCreated: boolean },
  context: PdpContext,
): string {
  if (source === 'emnify' || dialect.generation === 'flat') return context.uuid;
  return dialect.statesTunnelCreated
    ? `${context.id}#${formatIso(cutToSecond(context.tunnelCreated))}`
    : String(context.id);
}

/** The partition key of events without SIM. */
export function makeAccountPartition(source: SimulatedCarrier): string {
  return `account:${source}:${carrierIdentities[source].account}`;
}

function startDraft(statement: SessionStatement): SessionDraft {
  return {
    status: 'open',
    start: formatIso(statement.statedStart ?? statement.earliest),
    startIsStated: false,
    end: undefined,
    lastUpdated: formatIso(statement.latest),
    dataUploaded: undefined,
    dataDownloaded: undefined,
    dataTotal: undefined,
  };
}

function observeSession(statement: SessionStatement): ObservedSession {
  const session = startDraft(statement);
  const used = { up: 0, down: 0 };
  return { session, total: undefined, totalAt: statement.latest, latest: statement.latest, used };
}

function stateGroup(session: SessionDraft, total: Volume): void {
  session.dataUploaded = total.up;
  session.dataDownloaded = total.down;
  session.dataTotal = total.up + total.down;
}

function findTerminal(type: ConnectionEvent['type']): 'ended' | 'failed' | undefined {
  if (type === 'data-session.ended') return 'ended';
  return type === 'data-session.failed' ? 'failed' : undefined;
}

function chooseEarlier(one: string, other: string): string {
  return one < other ? one : other;
}
