import type { Reading } from '../../../lambda/carriers/reading.ts';
import type { Change, Changes } from '../../../lambda/ledger/fold.ts';
import {
  complete,
  type LedgerEvent,
  type Observations,
  type Session,
  type SessionGroups,
  type Sim,
  type SimGroups,
  type Usage,
} from '../../../lambda/ledger/observation.ts';

/** Observations like those of the carriers' readers, with only what a test needs. */

/** A minute of one day, `minute(75)` being 01:15. */
export function minute(count: number): string {
  return new Date(Date.UTC(2026, 10, 2, 0, count)).toISOString();
}

/** The same as a stamp: milliseconds since the epoch, as an attribute. */
export function stamp(time: string): { N: string } {
  return { N: String(Date.parse(time)) };
}

/** The groups of a session about which nothing is stated. */
export const noSessionGroups: SessionGroups = {
  totals: undefined,
  network: undefined,
  cell: undefined,
  device: undefined,
  address: undefined,
  subscriber: undefined,
  ids: undefined,
  label: undefined,
  trouble: undefined,
};

/** What is stated of a session at one time; each group given is stated at that time. */
export function sessionAt(
  at: string,
  sim: string,
  stated: Partial<Pick<Session, 'start' | 'startStated' | 'terminal'>> & {
    readonly [Name in keyof SessionGroups]?: NonNullable<SessionGroups[Name]>['group'];
  } = {},
): Session {
  const { start, startStated, terminal, ...groups } = stated;
  return {
    sim,
    sessionId: 'session',
    origin: { at, group: { source: 'main', carrier: 'twilio', iccid: `${sim}0` } },
    start: start ?? at,
    startStated: startStated ?? start !== undefined,
    terminal,
    groups: { ...noSessionGroups, ...statedAt(at, groups) },
  };
}

const noSimGroups: SimGroups = {
  ids: undefined,
  label: undefined,
  phone: undefined,
  device: undefined,
  subscriber: undefined,
  network: undefined,
  cell: undefined,
  connection: undefined,
  lifecycle: undefined,
  lastEvent: undefined,
  signalled: undefined,
  bytes: undefined,
  session: undefined,
};

/** What is stated of a SIM at one time. */
export function simAt(
  at: string,
  sim: string,
  groups: { readonly [Name in keyof SimGroups]?: NonNullable<SimGroups[Name]>['group'] } = {},
): Sim {
  return {
    sim,
    origin: { at, group: { source: 'main', carrier: 'twilio', iccid: `${sim}0` } },
    groups: { ...noSimGroups, ...statedAt(at, groups) },
  };
}

/** A usage record of this many bytes. */
export function usageAt(start: string, sim: string, recordId: string, more: Partial<Usage> = {}): Usage {
  return {
    sim,
    usageId: `${start}#${recordId}`,
    completeness: complete,
    source: 'main',
    carrier: '1nce',
    iccid: sim,
    imsi: undefined,
    start,
    end: start,
    recordId,
    sessionId: undefined,
    trafficType: 'data',
    dataUploaded: 1,
    dataDownloaded: 2,
    dataTotal: 3,
    messages: undefined,
    messagesTx: undefined,
    messagesRx: undefined,
    volume: '0.000003',
    cost: undefined,
    currency: undefined,
    costVolume: undefined,
    operatorName: undefined,
    mcc: undefined,
    mnc: undefined,
    country: undefined,
    radio: undefined,
    apn: undefined,
    imei: undefined,
    tariff: undefined,
    rateZone: undefined,
    dataModifier: undefined,
    extra: undefined,
    sessionUploaded: undefined,
    sessionDownloaded: undefined,
    sessionTotal: undefined,
    observedAt: undefined,
    ...more,
  };
}

export function eventAt(
  time: string,
  sim: string,
  eventId: string,
  more: Partial<LedgerEvent> = {},
): LedgerEvent {
  return {
    sim,
    eventKey: `${time}#${eventId}`,
    completeness: complete,
    source: 'main',
    carrier: '1nce',
    iccid: sim,
    imsi: undefined,
    time,
    eventId,
    type: 'location.updated',
    carrierType: '1',
    severity: undefined,
    alert: undefined,
    description: undefined,
    detail: undefined,
    sessionId: undefined,
    network: undefined,
    cellId: undefined,
    extra: undefined,
    arrivedAt: Date.parse(time),
    ...more,
  };
}

/** A record that states this, and nothing else. */
export function observe(stated: Partial<Observations>): Reading {
  return {
    kind: 'observed',
    session: undefined,
    usage: undefined,
    event: undefined,
    sim: undefined,
    ...stated,
  };
}

/** Changes of one record each; records are numbered consecutively: sessions, usage, events, SIMs. */
export function changesOf(states: {
  readonly sessions?: readonly Session[];
  readonly usage?: readonly Usage[];
  readonly events?: readonly LedgerEvent[];
  readonly sims?: readonly Sim[];
}): Changes {
  let index = 0;
  const numbered = <State>(list: readonly State[] = []): Change<State>[] =>
    list.map((state) => ({ state, indexes: [index++] }));
  return {
    sessions: numbered(states.sessions),
    usage: numbered(states.usage),
    events: numbered(states.events),
    sims: numbered(states.sims),
  };
}

function statedAt(at: string, groups: object): object {
  return Object.fromEntries(
    Object.entries(groups)
      .filter(([, group]) => group !== undefined)
      .map(([name, group]) => [name, { at, group }]),
  );
}
