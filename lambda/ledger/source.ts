/**
 * Which session updates write their session.
 *
 * A Super SIM sends an update every six minutes. Its window is a usage item of its own; its session's item mostly says
 * again what it said, with newer totals, and costs as much as the window. So a stack may have it refreshed once an
 * hour. What the session's item is not told of its totals then stands in the usage item, where the query API finds it.
 *
 * The rule looks at the record alone: never at what is stored, at other records, or at a clock. Therefore the tables
 * are a function of the set of records in both settings.
 */
export const sessionRefreshes = ['update', 'hourly'] as const;

/** `update`: every update writes its session. `hourly`: once an hour, and where `refreshesHourly` says so. */
export type SessionRefresh = (typeof sessionRefreshes)[number];

/** What tells one carrier from another, as far as records and requests depend on it. */
interface CarrierTraits {
  /** Its name in sentences. */
  readonly title: string;
  /** Name of the wire format of its JSON records: `lambda/carriers` has a module for each. */
  readonly format: string;
  /** What its records state as `cost`: an amount of money, or the volume in megabytes again. */
  readonly cost: 'money' | 'volume';
  /** How its webhook requests prove who sends them: `lambda/functions/webhook-receiver` has a check for each. */
  readonly webhook: string;
  /** The carrier that took over its SIMs, so that both may deliver the same event. */
  readonly successor: string | null;
}

/**
 * The carriers whose records simledger reads, one row each. What a new row needs besides, the compiler and the tests
 * name: a format or a webhook check that does not exist yet, a portal, an example, a page.
 */
export const carrierTraits = {
  twilio: { title: 'Twilio', format: 'supersim', cost: 'money', webhook: 'twilio-hmac', successor: 'kore' },
  kore: { title: 'KORE', format: 'supersim', cost: 'money', webhook: 'kore-hmac', successor: null },
  '1nce': { title: '1NCE', format: 'datastreamer', cost: 'volume', webhook: 'basic', successor: null },
  emnify: { title: 'emnify', format: 'datastreamer', cost: 'money', webhook: 'token', successor: null },
  telekom: { title: 'Telekom', format: 'datastreamer', cost: 'volume', webhook: 'basic', successor: null },
} as const satisfies Readonly<Record<string, CarrierTraits>>;

export type Carrier = keyof typeof carrierTraits;

/** The names of all carriers. */
export const carriers: readonly Carrier[] = Object.keys(carrierTraits) as Carrier[];

/** Name of a wire format. */
export type FormatName = (typeof carrierTraits)[Carrier]['format'];

/** Name of a way in which webhook requests prove who sends them. */
export type WebhookAuthentication = (typeof carrierTraits)[Carrier]['webhook'];

/**
 * One carrier connection. Nothing in a data-streamer record says which carrier sent it, so the source is known by
 * where a record arrived.
 */
export interface Source {
  /** Unique among the sources; letters, digits and hyphens. */
  readonly name: string;
  readonly carrier: Carrier;
  /** Bytes of the carrier's megabyte: 1,000,000 unless configured. */
  readonly bytesPerMegabyte: number;
  /**
   * Whether files are the only path by which its records come: it has no stream. Then no rendering of a usage record
   * says more than its CSV row, and rows are written many at once; otherwise each is written on a condition.
   */
  readonly filesOnly?: boolean;
  /**
   * Whether another source is of this carrier's successor, so that both may deliver the same event. The successor's
   * statement of such an event is the one that stays.
   */
  readonly superseded?: boolean;
  /** Which of its Super SIM updates write their session; every one where it is absent. The same for all sources. */
  readonly sessionRefresh?: SessionRefresh;
}
