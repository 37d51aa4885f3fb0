import type { Carrier } from './source.ts';

/**
 * Observations: what one carrier record states, normalised and immutable.
 *
 * Times are ISO 8601 in UTC with milliseconds and `Z`, so that comparing the strings compares the times. Volumes are
 * whole bytes. Absent and null members of a carrier's record are `undefined` here.
 */

/** A value of an attribute as the tables hold it. */
export type Scalar = string | number | boolean;

/**
 * Attributes that a carrier states together. The group is one register: the latest statement replaces the whole
 * earlier one, including attributes that it lacks.
 *
 * The groups below are types, not interfaces, so that each is assignable to `Group` for code that handles any group,
 * and still accepts only the attributes that it lists.
 */
export type Group = Readonly<Record<string, Scalar | undefined>>;

/** A group with the time of its observation. */
export interface Stated<G extends Group = Group> {
  readonly at: string;
  readonly group: G;
}

/** The source and the card. Every observation states it. */
export type Origin = {
  readonly source: string;
  readonly carrier: Carrier;
  /**
   * The ICCID, 18 to 20 digits; the carrier's text if it is not an ICCID; undefined if the record names the SIM by
   * another id.
   */
  readonly iccid: string | undefined;
};

/**
 * The origin of a session, with its limit. Every record of a session states it, so the next record may lift the
 * limit.
 */
export type SessionOrigin = Origin & {
  /** `blocked` if the data limit is reached. Null and undefined both mean that nothing limits the session. */
  readonly dataModifier?: string | undefined;
};

/** Running totals of a session, in bytes. */
export type Totals = {
  readonly dataUploaded: number | undefined;
  readonly dataDownloaded: number | undefined;
  readonly dataTotal: number | undefined;
};

/** The visited network. */
export type Network = {
  /** Radio access technology: `2G`, `3G`, `4G`, `LTE-M`, `NB-IoT`, … */
  readonly radio: string | undefined;
  /** The radio access technology as the carrier wrote it. */
  readonly ratType: string | undefined;
  readonly mcc: string | undefined;
  readonly mnc: string | undefined;
  readonly operatorName: string | undefined;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | undefined;
};

/** The cell, and the estimated position of its tower. */
export type Cell = {
  readonly cellId: string | undefined;
  readonly lac: string | undefined;
  readonly lat: number | undefined;
  readonly lon: number | undefined;
};

/** The modem. */
export type Device = {
  readonly imei: string | undefined;
  /** The carrier's text, if it differs: an IMEISV, or another check digit. */
  readonly writtenImei?: string | undefined;
};

/** The addresses of the device. */
export type Address = {
  readonly apn: string | undefined;
  readonly ipAddress: string | undefined;
};

/** The subscription in use; multi-IMSI SIMs change it. */
export type Subscriber = {
  readonly imsi: string | undefined;
};

/** The carrier's ids of a SIM and of its owner. */
export type Ids = {
  readonly simSid: string | undefined;
  readonly simId: string | undefined;
  readonly accountId: string | undefined;
  readonly fleetSid: string | undefined;
  /** An unreadable ICCID without blanks and dashes, to find the SIM by. */
  readonly writtenIccid?: string | undefined;
};

/** The owner's name for a SIM. */
export type Label = {
  readonly simName: string | undefined;
};

/** The SIM's phone number. */
export type Phone = {
  readonly msisdn: string | undefined;
};

/** The error of a session; once stated, it stays. */
export type Trouble = {
  readonly error: string | undefined;
};

/** The groups of a session. */
export interface SessionGroups {
  readonly totals: Stated<Totals> | undefined;
  readonly network: Stated<Network> | undefined;
  readonly cell: Stated<Cell> | undefined;
  readonly device: Stated<Device> | undefined;
  readonly address: Stated<Address> | undefined;
  readonly subscriber: Stated<Subscriber> | undefined;
  readonly ids: Stated<Ids> | undefined;
  readonly label: Stated<Label> | undefined;
  readonly trouble: Stated<Trouble> | undefined;
}

/** How a session ended. */
export interface Terminal {
  readonly status: 'ended' | 'failed';
  readonly end: string;
}

/** A session as one record states it (in an observation) or as all its records do (in the table). */
export interface Session {
  readonly sim: string;
  readonly sessionId: string;
  /** `origin.at` is the time of the latest observation. */
  readonly origin: Stated<SessionOrigin>;
  readonly start: string;
  /** Whether `start` was stated; otherwise it is the time of the earliest observation. */
  readonly startStated: boolean;
  readonly terminal: Terminal | undefined;
  readonly groups: SessionGroups;
}

/** The last event of a SIM. */
export type LastEvent = {
  readonly lastEvent: string;
  readonly lastEventTime: string;
};

/** Whether a SIM has a session, according to the last event about one. */
export type Connection = {
  readonly online: boolean;
  /** When `online` last changed. */
  readonly onlineChanged: string;
};

/** A SIM's life-cycle status. */
export type Lifecycle = {
  readonly status: string;
};

/** A sign of life has no attributes; only its time matters. */
export type Mark = Readonly<Record<never, Scalar>>;

/**
 * The latest signs of life of a SIM's device, each truncated to the beginning of its granule: never later than the
 * record that stated it, and less than a granule earlier. See heard.ts.
 */
export interface Marks {
  /** It attached, updated its location, requested a session, or sent a text message. */
  readonly signalled: Stated<Mark> | undefined;
  /** It sent bytes. */
  readonly bytes: Stated<Mark> | undefined;
  /** Its session was open, which alone says nothing about the device. */
  readonly session: Stated<Mark> | undefined;
}

/** The groups of a SIM. */
export interface SimGroups extends Marks {
  readonly ids: Stated<Ids> | undefined;
  readonly label: Stated<Label> | undefined;
  readonly phone: Stated<Phone> | undefined;
  readonly device: Stated<Device> | undefined;
  readonly subscriber: Stated<Subscriber> | undefined;
  readonly network: Stated<Network> | undefined;
  readonly cell: Stated<Cell> | undefined;
  readonly connection: Stated<Connection> | undefined;
  readonly lifecycle: Stated<Lifecycle> | undefined;
  readonly lastEvent: Stated<LastEvent> | undefined;
}

/**
 * A SIM as one record states it, or as all its records do.
 *
 * Events state it at their own time. Usage and session updates arrive every few minutes with the same names, so they
 * state it at the beginning of their UTC day: only the first record of a day changes the SIM item; later ones match
 * it and are skipped.
 */
export interface Sim {
  readonly sim: string;
  readonly origin: Stated<Origin>;
  readonly groups: SimGroups;
}

/**
 * How much a statement about a usage record or event says, compared with other renderings of the same record.
 *
 * A carrier renders one record in several dialects (nested, flat, CSV), which say more or less. The fullest rendering
 * becomes the item. `complete` means that no other rendering could add to it, so it is put unconditionally; a less
 * complete one is put only if no fuller one is stored.
 */
export type Completeness = number;

/** The completeness from which a statement is put unconditionally: each record has one such rendering. */
export const complete: Completeness = 9;

/** A complete statement from a carrier whose successor may state the same record. */
export const superseded: Completeness = complete - 1;

/** A complete statement that also names the session, which a carrier's CSV does not. */
export const completeWithSession: Completeness = 10;

/** A usage record, or the window of a Super SIM update: a delta. */
export interface Usage {
  readonly sim: string;
  /** `<start>#<record id>`. */
  readonly usageId: string;
  readonly completeness: Completeness;
  readonly source: string;
  readonly carrier: Carrier;
  readonly iccid: string | undefined;
  readonly imsi: string | undefined;
  readonly start: string;
  readonly end: string;
  readonly recordId: string;
  readonly sessionId: string | undefined;
  /** `data`, `sms`, or the carrier's own word. */
  readonly trafficType: string;
  readonly dataUploaded: number | undefined;
  readonly dataDownloaded: number | undefined;
  readonly dataTotal: number;
  /** SMS only, like the next two. */
  readonly messages: number | undefined;
  /** What the carrier calls the tx and rx of a text message. Carriers define them in opposite ways. */
  readonly messagesTx: number | undefined;
  readonly messagesRx: number | undefined;
  /** The carrier's decimal, in the carrier's unit. */
  readonly volume: string | undefined;
  /** Money: a decimal as text, so that it stays exact. */
  readonly cost: string | undefined;
  readonly currency: string | undefined;
  /** The decimal that a carrier writes as cost, if it repeats the volume and is not money. */
  readonly costVolume: string | undefined;
  readonly operatorName: string | undefined;
  readonly mcc: string | undefined;
  readonly mnc: string | undefined;
  readonly country: string | undefined;
  readonly radio: string | undefined;
  readonly apn: string | undefined;
  readonly imei: string | undefined;
  /** The IMEI as the carrier wrote it, if that differs. */
  readonly writtenImei?: string | undefined;
  readonly tariff: string | undefined;
  readonly rateZone: string | undefined;
  readonly dataModifier: string | undefined;
  /** Members that the carrier has added since its documents were written, as text. */
  readonly extra: string | undefined;
  /** The session's running totals at the end of a Super SIM window, in bytes, if the record states them. */
  readonly sessionUploaded: number | undefined;
  readonly sessionDownloaded: number | undefined;
  readonly sessionTotal: number | undefined;
  /** When the record was observed. Only for an update that does not write its session: see session-refresh.ts. */
  readonly observedAt: string | undefined;
}

/** A connection, location, life cycle, quota or account event. */
export interface LedgerEvent {
  /** The SIM, or `account:<source>:<account id>` if the record names no SIM. */
  readonly sim: string;
  /** `<time>#<event id>`. */
  readonly eventKey: string;
  readonly completeness: Completeness;
  readonly source: string;
  readonly carrier: Carrier;
  readonly iccid: string | undefined;
  readonly imsi: string | undefined;
  readonly time: string;
  readonly eventId: string;
  readonly type: string;
  /** The type as the carrier wrote it. */
  readonly carrierType: string;
  readonly severity: string | undefined;
  readonly alert: boolean | undefined;
  readonly description: string | undefined;
  /** The carrier's detail, as text. */
  readonly detail: string | undefined;
  readonly sessionId: string | undefined;
  readonly network: Network | undefined;
  readonly cellId: string | undefined;
  readonly extra: string | undefined;
  /** Milliseconds since the epoch when the record arrived; the retention counts from here. */
  readonly arrivedAt: number;
}

/** Everything that one record states. */
export interface Observations {
  readonly session: Session | undefined;
  readonly usage: Usage | undefined;
  readonly event: LedgerEvent | undefined;
  readonly sim: Sim | undefined;
}
