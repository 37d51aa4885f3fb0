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

/** The carriers whose records simledger reads. */
export const carriers = ['twilio', 'kore', '1nce', 'emnify', 'telekom'] as const;
export type Carrier = (typeof carriers)[number];

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
   * Whether another source took over from this one, so that both may deliver the same event: Twilio's, where KORE's is
   * configured as well. The successor's statement of such an event is the one that stays.
   */
  readonly superseded?: boolean;
  /** Which of its Super SIM updates write their session; every one where it is absent. The same for all sources. */
  readonly sessionRefresh?: SessionRefresh;
}
