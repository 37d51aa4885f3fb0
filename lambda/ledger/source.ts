/**
 * Which session updates write their session.
 *
 * A Super SIM sends an update every six minutes. Each window is a usage item of its own. The session item usually
 * changes only in its totals, and writing it costs as much as writing the window. So a stack may refresh it once an
 * hour; the newer totals are then in the usage item, where the query API finds them.
 *
 * The rule depends only on the record, never on stored items, other records or a clock, so the tables are a function
 * of the set of records in both settings.
 */
export const sessionRefreshes = ['update', 'hourly'] as const;

/** `update`: every update writes its session. `hourly`: only those for which `refreshesHourly` is true. */
export type SessionRefresh = (typeof sessionRefreshes)[number];

/** The differences between carriers that matter for records and requests. */
interface CarrierTraits {
  /** Its name in sentences. */
  readonly title: string;
  /** The wire format of its JSON records: `lambda/carriers` has a module for each. */
  readonly format: string;
  /** What `cost` in its records is: money, or a repetition of the volume in megabytes. */
  readonly cost: 'money' | 'volume';
  /** How its webhook requests authenticate: `lambda/functions/webhook-receiver` has a check for each way. */
  readonly webhook: string;
  /** What it calls a text message from the device; null if it does not say, or has no records of messages. */
  readonly deviceMessages: 'tx' | 'rx' | null;
  /** The carrier that took over its SIMs, so that both may deliver the same event. */
  readonly successor: string | null;
}

/**
 * The carriers whose records simledger reads, one row each. The compiler and the tests point out what else a new row
 * needs: a format or webhook check that does not exist yet, a portal, an example, a page.
 */
export const carrierTraits = {
  twilio: {
    title: 'Twilio',
    format: 'supersim',
    cost: 'money',
    webhook: 'twilio-hmac',
    deviceMessages: null,
    successor: 'kore',
  },
  kore: {
    title: 'KORE',
    format: 'supersim',
    cost: 'money',
    webhook: 'kore-hmac',
    deviceMessages: null,
    successor: null,
  },
  '1nce': {
    title: '1NCE',
    format: 'datastreamer',
    cost: 'volume',
    webhook: 'basic',
    deviceMessages: 'tx',
    successor: null,
  },
  emnify: {
    title: 'emnify',
    format: 'datastreamer',
    cost: 'money',
    webhook: 'token',
    deviceMessages: 'rx',
    successor: null,
  },
  telekom: {
    title: 'Telekom',
    format: 'datastreamer',
    cost: 'volume',
    webhook: 'basic',
    deviceMessages: null,
    successor: null,
  },
} as const satisfies Readonly<Record<string, CarrierTraits>>;

export type Carrier = keyof typeof carrierTraits;

/** The names of all carriers. */
export const carriers: readonly Carrier[] = Object.keys(carrierTraits) as Carrier[];

/** A wire format. */
export type FormatName = (typeof carrierTraits)[Carrier]['format'];

/** A way in which webhook requests authenticate. */
export type WebhookAuthentication = (typeof carrierTraits)[Carrier]['webhook'];

/**
 * A connection to a carrier. A data-streamer record does not name its carrier, so the source is determined by the
 * stream or bucket in which the record arrived.
 */
export interface Source {
  /** Unique among the sources; letters, digits and hyphens. */
  readonly name: string;
  readonly carrier: Carrier;
  /** Bytes of the carrier's megabyte: 1,000,000 unless configured. */
  readonly bytesPerMegabyte: number;
  /**
   * Whether its records arrive only in files, without a stream. Then no rendering of a usage record says more than
   * its CSV row, and rows are written in batches; otherwise each row needs a conditional write.
   */
  readonly filesOnly?: boolean;
  /**
   * Whether another source belongs to this carrier's successor, so that both may deliver the same event. The
   * successor's statement then wins.
   */
  readonly superseded?: boolean;
  /** Which of its Super SIM updates write their session; all by default. The same for all sources. */
  readonly sessionRefresh?: SessionRefresh;
  /**
   * Precision of when its SIMs were last heard, in milliseconds: from 15 minutes to 12 hours, half the shortest
   * silence that a rule waits for. 12 hours by default. A change applies to records that arrive after it.
   */
  readonly granuleMilliseconds?: number;
  /**
   * How much later than their time its records may arrive, in milliseconds. Later ones are noted for the alerts.
   * Undefined if no rule watches the source.
   */
  readonly lateness?: number;
}
