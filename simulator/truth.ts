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

/** What the item of a session must say. Times are ISO 8601 with milliseconds; volumes are bytes. */
export interface ExpectedSession {
  readonly status: 'open' | 'ended' | 'failed';
  /** As stated; if no record states it, the earliest time in a record of the session. */
  readonly start: string;
  readonly end: string | undefined;
  readonly lastUpdated: string;
  /** Running totals: the last ones stated, or undefined where the carrier states none. */
  readonly dataUploaded: number | undefined;
  readonly dataDownloaded: number | undefined;
  readonly dataTotal: number | undefined;
}

/** What the item of a usage record must say. Volumes are bytes; the members of messages are undefined on data usage. */
export interface ExpectedUsage {
  readonly dataUploaded: number;
  readonly dataDownloaded: number;
  readonly dataTotal: number;
  readonly messages: number | undefined;
  /** As the carrier calls the direction: all simulated messages are tx. */
  readonly messagesTx: number | undefined;
  readonly messagesRx: number | undefined;
  /** ISO 3166 code of the country of the network, and the tariff; undefined where the record names none. */
  readonly country?: string | undefined;
  readonly tariff?: string | undefined;
}

/**
 * What the item of an event must say. Super SIM types have one name; for a data-streamer event it is the number that
 * the carrier sent, because the ledger chooses its name.
 */
export type ExpectedEvent = { readonly type: string } | { readonly carrierType: string };

/**
 * What the query API must answer about a Super SIM session, in either setting of `sessionRefresh`: volumes are the
 * running totals if the session's last record states them, otherwise the greater of those and the sum of its windows.
 */
export interface ExpectedAnswer {
  readonly status: ExpectedSession['status'];
  readonly start: string;
  /** As stated: a failed session has none. */
  readonly end: string | undefined;
  readonly lastUpdated: string;
  readonly dataUploaded: number;
  readonly dataDownloaded: number;
  readonly dataTotal: number;
}

/** When a device last gave each sign of life, in epoch milliseconds; undefined for one that it never gave. */
export interface SignsOfLife {
  readonly signalled: number | undefined;
  readonly bytes: number | undefined;
  /** When its session was last seen open, which is not a sign of life of the device. */
  readonly session: number | undefined;
}

/** All that the ledger must hold under one partition key: a SIM, or an account that an event without SIM names. */
export interface ExpectedPartition {
  readonly sessions: ReadonlyMap<string, ExpectedSession>;
  readonly usage: ReadonlyMap<string, ExpectedUsage>;
  readonly events: ReadonlyMap<string, ExpectedEvent>;
  /** Answers about those of the sessions that are a Super SIM's. */
  answers(): ReadonlyMap<string, ExpectedAnswer>;
  /** When the device was last heard. */
  readonly signs: SignsOfLife;
  /** The facts that rules of alerts use; undefined if no alerts are compared. */
  readonly facts?: LifeFacts | undefined;
  /** Sum of the usage. */
  readonly total: { readonly uploaded: number; readonly downloaded: number; readonly messages: number };
}

/** Counts in records: an array's element, a JSON line, a CSV row and a test event are one each. */
export interface FleetCounts {
  /** All that was delivered: the receipts' `received`. */
  readonly delivered: number;
  /** Different records about the fleet. */
  readonly distinct: number;
  /** Deliveries of the platform's own messages. */
  readonly ignored: number;
  /** Deliveries of broken records. */
  readonly rejected: number;
}

/** A network that was out, and the SIMs that were silent because of it. */
export interface NetworkOutage {
  /** MCC and MNC. */
  readonly network: string;
  readonly sims: ReadonlySet<string>;
  /** All SIMs that visit the network. */
  readonly visitors: ReadonlySet<string>;
}

/** What the ledger must hold once all is delivered. It grows as the deliveries are generated. */
export interface FleetTruth {
  /** By partition key: `sim`, or `account:<source>:<account id>`. */
  readonly partitions: ReadonlyMap<string, ExpectedPartition>;
  readonly counts: FleetCounts;
  /** Undefined where no network was out. */
  readonly outage?: NetworkOutage | undefined;
  /** What must be found missing, or twice; undefined where losses are not simulated. */
  readonly missing?: readonly ExpectedLoss[] | undefined;
  /** What data-streamer carriers bill; undefined where no invoices are simulated. */
  readonly measured?: readonly MeasuredUsage[] | undefined;
}

/** A finding that must be there once all days are closed, seven days after the last record included. */
export interface ExpectedLoss {
  readonly sim: string;
  readonly check: 'chain' | 'close' | 'orphan' | 'duplicate' | 'path';
  readonly reason: string;
  readonly sessionId: string | undefined;
  /** Undefined where nothing proves them. */
  readonly bytes: number | undefined;
  /** Ids of the records that show it; empty where a session does. */
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

/** A Super SIM session by all its records, also those that do not write its item. */
interface ObservedSession {
  /** Equal to the item's if every record writes it. */
  readonly session: SessionDraft;
  /** The running total that was stated last, and when. */
  total: Volume | undefined;
  totalAt: number;
  latest: number;
  /** Sum of its windows. */
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
 * What the life of one SIM or account leaves in the ledger. The life reports its records in the order in which things
 * happen; how the records are then delivered must not change the result.
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
  private readonly lived = new Map<string, ObservedSession>();
  readonly facts: LifeFacts | undefined;
  private readonly sessionRefresh: SessionRefresh;

  private readonly measured: MeasuredUsage[] | undefined;

  /**
   * @param facts are collected, too, if given.
   * @param measured what the carrier's billing measured is added to it, if given.
   */
  constructor(sessionRefresh: SessionRefresh = 'update', facts?: LifeFacts, measured?: MeasuredUsage[]) {
    this.sessionRefresh = sessionRefresh;
    this.facts = facts;
    this.measured = measured;
  }

  answers(): ReadonlyMap<string, ExpectedAnswer> {
    // A session without an item is not listed; its usage is.
    const listed = [...this.lived].filter(([id]) => this.sessions.has(id));
    return new Map(listed.map(([id, session]) => [id, makeAnswer(session)]));
  }

  addConnection(event: ConnectionEvent): void {
    const { session, window, sim } = event;
    if (attachmentTypes.has(event.type)) this.facts?.attachments.push(event.at);
    if (event.type === 'data-session.failed') this.facts?.failures.push(event.at);
    this.facts?.noteDevice(sim.imei, event.at, window !== undefined);
    if (window !== undefined) this.facts?.usage.push({ at: event.at, bytes: window.up + window.down });
    if (askingTypes.has(event.type)) this.sign('signalled', event.at);
    if (window !== undefined && window.up > 0) this.sign('bytes', event.at);
    if (openTypes.has(event.type)) this.sign('session', event.at);
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
    const lived = this.addLive(session.sid, statement, window);
    if (this.sessionRefresh === 'update') this.sessions.set(session.sid, lived);
    else if (refreshesHourly(event)) this.addSession(session.sid, statement);
  }

  addEvent(event: CarrierEvent): void {
    const { context, sim } = event;
    const key = `${formatIso(cutToSecond(event.at))}#${event.id}`;
    this.events.set(key, makeExpectedEvent('carrierType', String(event.typeId)));
    if (sim !== undefined && event.typeId >= 1 && event.typeId <= 4) this.sign('signalled', event.at);
    if (event.typeId === 1 || event.typeId === 2) this.facts?.attachments.push(event.at);
    if (event.typeId === 3 && context === undefined) this.facts?.failures.push(event.at);
    if (sim !== undefined) this.facts?.noteDevice(sim.imei, event.at, false);
    if (context === undefined || sim === undefined) return;
    if (event.typeId !== 5) this.sign('session', event.at);
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
    if (record.messages === 0) this.sign('session', last);
    if (record.volume.up > 0) this.sign('bytes', last);
    // All simulated messages are tx, which at 1NCE the device sends.
    if (record.messages > 0 && record.sim.carrier === '1nce') this.sign('signalled', last);
    if (record.sessionId === undefined || record.messages > 0 || record.path === 'file') return;
    this.addSession(record.sessionId, { earliest: record.start, latest: record.end });
  }

  private sign(name: keyof SignsOfLife, at: number): void {
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
    tell(session, statement);
  }

  /** @returns the session as all its records so far tell it. */
  private addLive(id: string, statement: SessionStatement, window: Volume | undefined): SessionDraft {
    const lived = this.lived.get(id) ?? observeSession(statement);
    this.lived.set(id, lived);
    const { runningTotal, latest } = statement;
    tell(lived.session, statement);
    lived.latest = Math.max(lived.latest, latest);
    if (runningTotal !== undefined) {
      lived.total = runningTotal;
      lived.totalAt = latest;
    }
    if (window !== undefined) {
      lived.used.up += window.up;
      lived.used.down += window.down;
    }
    return lived.session;
  }
}

/** Events of a Super SIM's requests to the network, accepted or not. */
const askingTypes: ReadonlySet<ConnectionEvent['type']> = new Set([
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

/** Events while a session is open. */
const openTypes: ReadonlySet<ConnectionEvent['type']> = new Set([
  'data-session.started',
  'data-session.updated',
]);

/** Adds what one more record states to a session. */
function tell(session: SessionDraft, statement: SessionStatement): void {
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
 * Whether an event writes its session with hourly refresh. An update does if a new hour begins after the start of its
 * window and up to its end, if its window is the first, or if it has no length.
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

/** Data-streamer keys are cut to the second, because not every rendering of a record states milliseconds. */
function cutToSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** By what a usage record may be charged. */
type Charged = Required<Pick<ExpectedUsage, 'country' | 'tariff'>>;

const idle = new Map<string, ExpectedUsage>();

/** One object for all idle windows of a country and tariff, of which there are many. */
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
 * The ledger's key of a data-streamer session: emnify's `session_id`; `ipcan_session_id` of 1NCE's 2.0; otherwise
 * `pdp_context_id`, joined with the time of its tunnel, because the ids may be reused.
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

/** The partition of an event without SIM. */
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
