import { hashText } from './hash-text.ts';
import type { LedgerEvent, Marks, Observations, Sim, Usage } from './observation.ts';
import { carrierTraits, type Source } from './source.ts';
import { formatTime, toMilliseconds } from './time.ts';

/**
 * When a SIM was last heard.
 *
 * Not every record comes from the device. This table says which sign of life each record is (docs/last-heard.md), and
 * how a SIM's item keeps it: as marks, truncated to a granule, so that an always-on SIM costs one write per granule.
 */

/** A sign of life. A SIM has a group of this name that keeps its time. */
export type MarkName = keyof Marks;

/** The signs of life. */
export const markNames: readonly MarkName[] = ['signalled', 'bytes', 'session'];

/** The device signalled. */
const signalled = ['signalled'] as const;
/** The device signalled, and its session is open. */
const opened = ['signalled', 'session'] as const;
/** The record comes from the carrier and says nothing about the device. */
const silent = [] as const;

/**
 * What each type of event says about the device. The carriers' modules take their types from this table, so a type
 * without a row does not compile.
 *
 * The end of a session, a purge, a quota or a life-cycle change comes from the carrier, often because the device is
 * gone. An attachment or session that was refused or failed is still a sign of life: the device requested it.
 */
const eventMarks = {
  'attachment.accepted': signalled,
  'attachment.rejected': signalled,
  'attachment.failed': signalled,
  'data-session.started': opened,
  'data-session.ended': silent,
  'data-session.failed': signalled,

  'location.updated': signalled,
  'gprs-location.updated': signalled,
  'location.purged': silent,
  'gprs-location.purged': silent,
  'pdp-context.created': opened,
  'pdp-context.refused': signalled,
  'pdp-context.updated': opened,
  'pdp-context.deleted': silent,
  'sms-api.callback': silent,

  'sim.activated': silent,
  'sim.suspended': silent,
  'sim.deleted': silent,
  'sim.factory-tested': silent,
  'sim.registered': silent,
  'sim.released': silent,
  'sim.assigned': silent,
  'endpoint.blocked': silent,
  'endpoint.enabled': silent,
  'endpoint.disabled': silent,
  'data-quota.threshold-reached': silent,
  'data-quota.used-up': silent,
  'data-quota.enabled': silent,
  'data-quota.disabled': silent,
  'data-quota.assigned': silent,
  'data-quota.deleted': silent,
  'data-quota.expired': silent,
  'sms-quota.threshold-reached': silent,
  'sms-quota.used-up': silent,
  'sms-quota.enabled': silent,
  'sms-quota.disabled': silent,
  'sms-quota.assigned': silent,
  'sms-quota.deleted': silent,
  'user.authentication-failed': silent,
  'user.multi-factor-authentication': silent,
  'user.signed-up': silent,
  'user.verified': silent,
  'user.deleted': silent,
  'user.workspace-switched': silent,
  'application.authentication-failed': silent,
  'organisation.blocked': silent,
  'organisation.configuration-updated': silent,
  'billing.configuration-updated': silent,
  'support.accessed': silent,
  'cloud-connect.share-created': silent,
  'cloud-connect.gateway-available': silent,
  'cloud-connect.breakout-terminated': silent,
  'openvpn.authentication': silent,
  generic: silent,
} as const satisfies Readonly<Record<string, readonly MarkName[]>>;

/** A known type of event, as the events table names it. */
export type EventType = keyof typeof eventMarks;

/** The known types of events. */
export const eventTypes = Object.keys(eventMarks) as readonly EventType[];

/** The types of events that are signs of life. */
export const heardEventTypes: readonly EventType[] = eventTypes.filter((type) => isHeardByEvent(type));

/** The signs of life in an event. An unknown type has none, because its sender is unknown too. */
export function listEventMarks(type: string): readonly MarkName[] {
  return Object.hasOwn(eventMarks, type) ? eventMarks[type as EventType] : silent;
}

/** Whether an event of this type comes from the device. */
export function isHeardByEvent(type: string): boolean {
  return listEventMarks(type).includes('signalled');
}

/** What a usage record says about volumes and their direction. */
export type UsageVolumes = Pick<
  Usage,
  | 'carrier'
  | 'trafficType'
  | 'dataUploaded'
  | 'dataDownloaded'
  | 'dataTotal'
  | 'messagesTx'
  | 'messagesRx'
  | 'start'
  | 'end'
>;

/**
 * Whether usage has bytes from the device: uploaded bytes, or bytes without a direction. If a record states only a
 * total, both directions are 0 or absent.
 */
export function hasDeviceBytes({ dataUploaded = 0, dataDownloaded = 0, dataTotal }: UsageVolumes): boolean {
  return dataUploaded > 0 || dataTotal > dataDownloaded;
}

/**
 * Whether a text message came from the device. Carriers define the directions in opposite ways. If the direction is
 * not stated, or the carrier does not define it, the message may have been sent to a device that is off.
 */
export function hasDeviceMessages({ carrier, messagesTx = 0, messagesRx = 0 }: UsageVolumes): boolean {
  const { deviceMessages } = carrierTraits[carrier];
  if (deviceMessages === 'tx') return messagesTx > 0;
  return deviceMessages === 'rx' && messagesRx > 0;
}

/** Whether a usage record comes from the device. */
export function isHeardByUsage(usage: UsageVolumes): boolean {
  return hasDeviceBytes(usage) || hasDeviceMessages(usage);
}

/** The latest time that a usage record states. Its start may be after its end. */
export function findUsageTime({ start, end }: Pick<Usage, 'start' | 'end'>): string {
  return start > end ? start : end;
}

/** The longest granule, which is also that of a source without rules: 12 hours. */
export const maxGranuleMilliseconds = 12 * 3_600_000;

/** The shortest granule: 15 minutes. */
export const minGranuleMilliseconds = 15 * 60_000;

/**
 * The beginning of the granule in which a SIM was heard. Granules are shifted by a hash of the SIM, so that the marks
 * of a million SIMs are not all written in the same minute.
 */
export function cutToGranule(time: string, sim: string, granuleMilliseconds: number): string {
  const at = toMilliseconds(time);
  const shift = (1_000 * hashText(sim)) % granuleMilliseconds;
  return formatTime(at - ((at - shift) % granuleMilliseconds));
}

/** A SIM as a record states it, before its marks are added. */
export type UnmarkedSim = Omit<Sim, 'groups'> & { readonly groups: Omit<Sim['groups'], MarkName> };

/** Observations whose SIM has no marks yet. */
export type UnmarkedObservations = Omit<Observations, 'sim'> & { readonly sim: UnmarkedSim | undefined };

/**
 * Adds the marks of a record to its SIM. They depend only on the record and the source's granule, so SIM items stay a
 * function of the set of records.
 */
export function addMarks(observations: UnmarkedObservations, source: Source): Observations {
  const { sim } = observations;
  if (sim === undefined) return { ...observations, sim };
  const { granuleMilliseconds = maxGranuleMilliseconds } = source;
  const mark = (time: string | undefined) =>
    time === undefined ? undefined : { at: cutToGranule(time, sim.sim, granuleMilliseconds), group: {} };
  const times = listSigns(observations);
  const session = mark(times.session);
  // Usage states both at the same time, and truncating it takes as long as reading a few members.
  const bytes = times.bytes === times.session ? session : mark(times.bytes);
  const { groups } = sim;
  return {
    session: observations.session,
    usage: observations.usage,
    event: observations.event,
    // Members are listed individually: spreading objects takes several times the memory.
    sim: {
      sim: sim.sim,
      origin: sim.origin,
      groups: {
        ids: groups.ids,
        label: groups.label,
        phone: groups.phone,
        device: groups.device,
        subscriber: groups.subscriber,
        network: groups.network,
        cell: groups.cell,
        connection: groups.connection,
        lifecycle: groups.lifecycle,
        lastEvent: groups.lastEvent,
        signalled: mark(times.signalled),
        bytes,
        session,
      },
    },
  };
}

/** The time of each sign of life in a record; undefined if it has none. */
function listSigns({
  session,
  usage,
  event,
}: Omit<Observations, 'sim'>): Readonly<Record<MarkName, string | undefined>> {
  const usedAt = usage && findUsageTime(usage);
  const hasBytes = usage !== undefined && hasDeviceBytes(usage);
  const hasMessages = usage !== undefined && hasDeviceMessages(usage);
  return {
    signalled: event === undefined ? selectTime(hasMessages, usedAt) : findEventTime(event, 'signalled'),
    bytes: selectTime(hasBytes, usedAt),
    // Usage without an event is a record of an open session, named or not, and so is an update without volumes. An
    // event of a file does not say whether a context was created.
    session:
      event === undefined
        ? selectTime(usage === undefined || usage.trafficType === 'data', usedAt ?? session?.origin.at)
        : session && findEventTime(event, 'session'),
  };
}

function findEventTime({ type, time }: LedgerEvent, mark: MarkName): string | undefined {
  return selectTime(listEventMarks(type).includes(mark), time);
}

function selectTime(isTold: boolean, time: string | undefined): string | undefined {
  return isTold ? time : undefined;
}
