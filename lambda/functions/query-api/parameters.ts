import { type PersonalField, personalFields } from '../../queries/disclosure.ts';
import { ParameterError } from '../../queries/errors.ts';
import { maxPageSize } from '../../queries/page.ts';
import { filters, type ParameterKind, timeParameter } from '../../queries/parameters.ts';
import { maxTokenCharacters } from './page-token.ts';
import type { Operation } from './routes.ts';

/** The query parameters of each operation, by their names over HTTP. */

/** Entries of a page by default. */
export const defaultPageSize = 50;

/** A greater `PageSize` counts as the maximum, because Twilio's clients pass on any number. */
const pageSize: ParameterKind<number> = {
  accepted: `a whole number from 1; more than ${maxPageSize} counts as ${maxPageSize}`,
  parse: (text) => (/^0*[1-9]\d*$/.test(text) ? Math.min(Number(text), maxPageSize) : undefined),
};

const page: ParameterKind<number> = {
  accepted: 'a whole number from 0',
  parse: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
};

const pageToken: ParameterKind<string> = {
  accepted: 'the PageToken of a meta.next_page_url',
  parse: (text) => (text === '' || text.length > maxTokenCharacters ? undefined : text),
};

const include: ParameterKind<readonly PersonalField[]> = {
  accepted: `one or more of ${personalFields.join(', ')}, with commas between them`,
  parse: (text) => {
    const fields = text.split(',').map((part) => personalFields.find((field) => field === part));
    return fields.some((field) => field === undefined)
      ? undefined
      : fields.filter((field) => field !== undefined);
  },
};

const paging = { PageSize: pageSize, Page: page, PageToken: pageToken };
const period = { StartTime: timeParameter, EndTime: timeParameter };
const { sims, sessions, usage, fleetUsage, events, files, rejects, alerts, findings } = filters;

/** The parameters of each operation. All others are refused, so that a misspelt filter does not go unnoticed. */
export const operationParameters = {
  listSims: {
    ...paging,
    ...{ Status: sims.status, Online: sims.online, Source: sims.source, Fleet: sims.fleet, Name: sims.name },
    ...{ Silent: sims.silent, Include: include },
  },
  fetchSim: { Include: include },
  fetchFleet: {},
  listDataSessions: { ...paging, ...period, Status: sessions.status, Include: include },
  listUsageRecords: { ...paging, ...period, Granularity: usage.granularity, Include: include },
  listConnectionEvents: { ...paging, ...period, EventType: events.type, Include: include },
  listFleetUsageRecords: {
    ...{ ...paging, ...period, Group: fleetUsage.group, Granularity: fleetUsage.granularity },
    ...{ Sim: fleetUsage.sim, Fleet: fleetUsage.fleet, Network: fleetUsage.network },
    ...{ IsoCountry: fleetUsage.isoCountry, Order: fleetUsage.order },
  },
  listFiles: { ...paging, Source: files.source, State: files.state },
  fetchFile: {},
  listRejects: { ...paging, Source: rejects.source, Code: rejects.code },
  listAlerts: {
    ...{ ...paging, ...period, State: alerts.state, Severity: alerts.severity, Rule: alerts.rule },
    ...{ Sim: alerts.sim, Source: alerts.source },
  },
  fetchAlert: {},
  listFindings: {
    ...{ ...paging, ...period, Check: findings.check, Sim: findings.sim, Source: findings.source },
  },
  listBills: { ...paging },
  fetchBill: {},
  listBillLines: { ...paging, Sim: findings.sim },
  fetchContract: {},
  fetchDocumentation: {},
  fetchHealth: {},
} as const satisfies Record<Operation, Record<string, ParameterKind<unknown>>>;

type Kinds<Name extends Operation> = (typeof operationParameters)[Name];

/** The values of a request's parameters. */
export type Parameters<Name extends Operation> = {
  readonly [Parameter in keyof Kinds<Name>]?: Kinds<Name>[Parameter] extends ParameterKind<infer Value>
    ? Value
    : never;
};

/**
 * Reads a request's parameters.
 *
 * @throws ParameterError that names the parameter, its value and what is accepted.
 */
export function readParameters<Name extends Operation>(
  operation: Name,
  query: URLSearchParams,
): Parameters<Name> {
  const values: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const kind = findParameterKind(operation, name);
    const [text = '', second] = query.getAll(name);
    if (kind === undefined)
      throw makeUnknownParameterError(name, text, Object.keys(operationParameters[operation]));
    if (second !== undefined) {
      throw new ParameterError(name, `${text}, ${second}`, `one value: ${kind.accepted}`);
    }
    const value = kind.parse(text);
    if (value === undefined) throw new ParameterError(name, text, kind.accepted);
    values[name] = value;
  }
  return values as Parameters<Name>;
}

/** The kind of a parameter by its name, which may be any text; undefined if the operation does not have it. */
export function findParameterKind(operation: Operation, name: string): ParameterKind<unknown> | undefined {
  const kinds: Readonly<Record<string, ParameterKind<unknown>>> = operationParameters[operation];
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

function makeUnknownParameterError(name: string, text: string, known: readonly string[]): ParameterError {
  const accepted =
    known.length === 0
      ? 'nothing: there is no such parameter here'
      : `one of the parameters ${known.join(', ')}`;
  return new ParameterError(name, text, accepted);
}
