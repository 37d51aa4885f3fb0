import { monthDays } from './prices.ts';

/** What SIMs do in a month, and how large their stored items are. */

/** Bytes of items as DynamoDB counts them, made from carriers' own documents. A test verifies them. */
export const itemSizes = {
  superSimUsage: 523,
  /** With `sessionRefresh: "hourly"`, where the item has the session's totals. */
  hourlySuperSimUsage: 542,
  usage: 437,
  event: 831,
  session: 743,
  /** A SIM-day with usage in one country and tariff. */
  simDay: 496,
} as const;

/** Bytes per usage record in a Parquet file, measured for always-on SIMs with ids like those of carriers. */
export const parquetRowBytes = 40;

/** What a SIM of a data streamer (1NCE, emnify, Telekom) does in a month. */
export const streamerSim = {
  usageRecords: 10 * monthDays,
  events: 6 * monthDays,
  sessions: 2 * monthDays,
  /** KB per record, as it is read from the stream. */
  recordKilobytes: 1.2,
} as const;

/** What an always-on Super SIM sends in a month: an update every 6 minutes. */
export const alwaysOnSim = {
  updates: 240 * monthDays,
  refreshes: 24 * monthDays,
  recordKilobytes: 1.5,
} as const;

/**
 * Granules per month, each of which moves a SIM's marks once: 12 hours without rules, and 3 hours with a rule about a
 * silence of 6.
 */
export const granules = { withoutRules: 2 * monthDays, ofThreeHours: 8 * monthDays } as const;

/** What a SIM does on a day. */
export interface SimDayShape {
  readonly usageRecords: number;
  /** Bytes of a usage item. */
  readonly usageBytes: number;
}

/** A day of a data-streamer SIM. */
export const streamerDay: SimDayShape = {
  usageRecords: streamerSim.usageRecords / monthDays,
  usageBytes: itemSizes.usage,
};

/** A day of an always-on Super SIM. */
export const alwaysOnDay: SimDayShape = {
  usageRecords: alwaysOnSim.updates / monthDays,
  usageBytes: itemSizes.superSimUsage,
};
