import { episodeStates } from '../alerts/episode.ts';
import { severities } from '../alerts/rules.ts';
import { checks } from '../days/findings/finding.ts';
import { parseTime } from '../ledger/time.ts';

/** The parameters of queries: what they accept, as text for messages, and functions that parse them. */

/** A kind of parameter. `parse` returns undefined for a value that is not accepted. */
export interface ParameterKind<Value> {
  /** Completes the sentence "accepted is …". */
  readonly accepted: string;
  readonly parse: (text: string) => Value | undefined;
}

/** States of a session. */
export const sessionStatuses = ['open', 'ended', 'failed'] as const;
/** The period that one record of a SIM's usage sums up; `raw` is a stored record. */
export const granularities = ['hour', 'day', 'all', 'raw'] as const;
/** What usage of the fleet may be grouped by. The first four are KORE's. */
export const usageGroups = [
  'sim',
  'fleet',
  'network',
  'isoCountry',
  'source',
  'tariff',
  'zone',
  'trafficType',
] as const;
export type UsageGroup = (typeof usageGroups)[number];

/** What usage may be sorted by, greatest first. */
export const usageOrders = ['bytes', 'messages', 'records'] as const;
export type UsageOrder = (typeof usageOrders)[number];

/** The period that one record of the fleet's usage sums up. */
export const fleetGranularities = ['hour', 'day', 'all'] as const;
export const fileStates = ['importing', 'done', 'failed'] as const;

const sourceName: ParameterKind<string> = {
  accepted: 'the name of a source: 1 to 32 lower-case letters, digits and hyphens',
  parse: (text) => (/^[a-z0-9-]{1,32}$/.test(text) ? text : undefined),
};

const online: ParameterKind<boolean> = {
  accepted: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

/** An end of a {@link Period}. */
export const timeParameter: ParameterKind<string> = {
  accepted:
    'a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
  parse: parseTimeParameter,
};

/** The filters of each list. */
export const filters = {
  sims: {
    status: acceptText('the status of a SIM as its carrier words it, such as active', 64),
    online,
    source: sourceName,
    fleet: acceptText('the SID of a fleet', 64),
    name: acceptText('a part of a name', 128),
    silent: { accepted: 'a number of minutes, hours or days such as 90m, 24h or 7d', parse: parseDuration },
  },
  sessions: { status: parseWord(sessionStatuses) },
  usage: { granularity: parseWord(granularities) },
  fleetUsage: {
    group: parseWords(usageGroups),
    granularity: parseWord(fleetGranularities),
    order: parseWord(usageOrders),
    sim: acceptText('the ICCID, SID, carrier’s id or unique name of a SIM', 128),
    fleet: acceptText('the SID of a fleet', 64),
    network: acceptText(
      'a network by its mobile country and network code, such as 262-01, or an operator’s name',
      64,
    ),
    isoCountry: {
      accepted: 'a country by its two letters (ISO 3166-1), such as DE',
      parse: (text: string) => (/^[a-z]{2}$/i.test(text) ? text.toUpperCase() : undefined),
    },
  },
  events: {
    type: {
      accepted: 'the type of an event, such as data-session.started',
      parse: (text: string) => (/^[\w.-]{1,128}$/.test(text) ? text : undefined),
    },
  },
  files: { source: sourceName, state: parseWord(fileStates) },
  rejects: {
    source: sourceName,
    code: {
      accepted: 'the code of a reject: 1 to 64 lower-case letters, digits and hyphens',
      parse: (text: string) => (/^[a-z0-9-]{1,64}$/.test(text) ? text : undefined),
    },
  },
  alerts: {
    state: parseWord(episodeStates),
    severity: parseWord(severities),
    rule: {
      accepted: 'the name of a rule: 1 to 64 lower-case letters, digits and hyphens',
      parse: (text: string) => (/^[a-z0-9-]{1,64}$/.test(text) ? text : undefined),
    },
    sim: acceptText('the ICCID, SID, carrier’s id or unique name of a SIM', 128),
    source: sourceName,
  },
  findings: {
    check: parseWord(checks),
    sim: acceptText('the ICCID, SID, carrier’s id or unique name of a SIM', 128),
    source: sourceName,
  },
} as const satisfies Record<string, Record<string, ParameterKind<unknown>>>;

/** Words separated by commas, each at most once. */
export function parseWords<const Word extends string>(
  words: readonly Word[],
): ParameterKind<readonly Word[]> {
  return {
    accepted: `one or more of ${words.join(', ')}, with commas between them`,
    parse: (text) => {
      const given = text.split(',').map((part) => words.find((word) => word === part));
      const found = given.filter((word) => word !== undefined);
      return found.length < given.length ? undefined : [...new Set(found)];
    },
  };
}

const unitMilliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The duration unchanged, if it is one: up to six digits and a unit. */
function parseDuration(text: string): string | undefined {
  return readDuration(text) === undefined ? undefined : text;
}

/** The milliseconds of a duration such as `90m`, `24h` or `7d`; undefined for any other text. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  return unit === 'm' || unit === 'h' || unit === 'd' ? Number(amount) * unitMilliseconds[unit] : undefined;
}

/** A parameter that accepts one of several words. */
export function parseWord<const Word extends string>(words: readonly Word[]): ParameterKind<Word> {
  return { accepted: `one of ${words.join(', ')}`, parse: (text) => words.find((word) => word === text) };
}

function acceptText(what: string, maxLength: number): ParameterKind<string> {
  return {
    accepted: `${what}, of 1 to ${maxLength} characters`,
    parse: (text) => (text.length >= 1 && text.length <= maxLength ? text : undefined),
  };
}

/** A time in the form of `parseTime`, from any form that ISO 8601 allows for dates and times of day. */
function parseTimeParameter(text: string): string | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?([Z+ -].*)?)?$/i.exec(text);
  if (parts === null) return undefined;
  const [, day = '', minute = '00:00', second = ':00', zone = 'Z'] = parts;
  // An unencoded plus sign arrives as a space.
  return parseTime(`${day}T${minute}${second}${zone.replace(/^ /, '+')}`);
}
