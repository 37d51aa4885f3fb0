import { parseTime } from '../carriers/time.ts';
import { maxTokenCharacters } from './page-token.ts';
import { badParameter } from './problem.ts';
import type { Operation } from './routes.ts';

/** The query parameters of each operation: what each takes, in words and as a function. */

/** A kind of parameter. `parse` answers undefined for what is not accepted. */
export interface ParameterKind<Value> {
  /** Completes the sentence "accepted is …". */
  readonly accepted: string;
  readonly parse: (text: string) => Value | undefined;
}

/** Items in a page, at most. A greater `PageSize` means this one, as Twilio's clients ask for whatever is wanted. */
export const mostItems = 1_000;
export const defaultPageSize = 50;

export const sessionStatuses = ['open', 'ended', 'failed'] as const;
export const granularities = ['hour', 'day', 'all', 'raw'] as const;
export const fileStates = ['importing', 'done', 'failed'] as const;

/** What is left out of answers unless it is asked for. */
export const personalFields = ['imsi', 'ip_address', 'detail'] as const;
export type PersonalField = (typeof personalFields)[number];

const pageSize: ParameterKind<number> = {
  accepted: `a whole number from 1; more than ${mostItems} counts as ${mostItems}`,
  parse: (text) => (/^0*[1-9]\d*$/.test(text) ? Math.min(Number(text), mostItems) : undefined),
};

const page: ParameterKind<number> = {
  accepted: 'a whole number from 0',
  parse: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
};

const pageToken: ParameterKind<string> = {
  accepted: 'the PageToken of a meta.next_page_url',
  parse: (text) => (text === '' || text.length > maxTokenCharacters ? undefined : text),
};

const time: ParameterKind<string> = {
  accepted:
    'a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
  parse: parseTimeParameter,
};

const sourceName: ParameterKind<string> = {
  accepted: 'the name of a source: 1 to 32 lower-case letters, digits and hyphens',
  parse: (text) => (/^[a-z0-9-]{1,32}$/.test(text) ? text : undefined),
};

const online: ParameterKind<boolean> = {
  accepted: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
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
const period = { StartTime: time, EndTime: time };

/** The parameters that each operation takes; any other is refused, lest a misspelt filter goes unnoticed. */
export const parametersOf = {
  listSims: {
    ...paging,
    Status: freeText('the status of a SIM as its carrier words it, such as active', 64),
    Online: online,
    Source: sourceName,
    Fleet: freeText('the SID of a fleet', 64),
    Name: freeText('a part of a name', 128),
    Include: include,
  },
  fetchSim: { Include: include },
  listDataSessions: { ...paging, ...period, Status: oneOf(sessionStatuses), Include: include },
  listUsageRecords: { ...paging, ...period, Granularity: oneOf(granularities), Include: include },
  listConnectionEvents: {
    ...paging,
    ...period,
    EventType: {
      accepted: 'the type of an event, such as data-session.started',
      parse: (text: string) => (/^[\w.-]{1,128}$/.test(text) ? text : undefined),
    },
    Include: include,
  },
  listFiles: { ...paging, Source: sourceName, State: oneOf(fileStates) },
  fetchFile: {},
  fetchContract: {},
  fetchDocumentation: {},
  fetchHealth: {},
} as const satisfies Record<Operation, Record<string, ParameterKind<unknown>>>;

type Kinds<Name extends Operation> = (typeof parametersOf)[Name];

/** What a request gives, parameter by parameter. */
export type Parameters<Name extends Operation> = {
  readonly [Parameter in keyof Kinds<Name>]?: Kinds<Name>[Parameter] extends ParameterKind<infer Value>
    ? Value
    : never;
};

/**
 * Reads a request's parameters.
 *
 * @throws Problem 400 that names the parameter, the value given and what is accepted.
 */
export function readParameters<Name extends Operation>(
  operation: Name,
  query: URLSearchParams,
): Parameters<Name> {
  const values: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const kind = parameterKind(operation, name);
    const [text = '', second] = query.getAll(name);
    if (kind === undefined) throw unknownParameter(name, text, Object.keys(parametersOf[operation]));
    if (second !== undefined) throw badParameter(name, `${text}, ${second}`, `one value: ${kind.accepted}`);
    const value = kind.parse(text);
    if (value === undefined) throw badParameter(name, text, kind.accepted);
    values[name] = value;
  }
  return values as Parameters<Name>;
}

/** The kind of a parameter by its name, which may be any text; undefined where the operation does not take it. */
export function parameterKind(operation: Operation, name: string): ParameterKind<unknown> | undefined {
  const kinds: Readonly<Record<string, ParameterKind<unknown>>> = parametersOf[operation];
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

function unknownParameter(name: string, text: string, known: readonly string[]) {
  const accepted = known.length === 0 ? 'no parameter here' : `one of the parameters ${known.join(', ')}`;
  return badParameter(name, text, accepted);
}

function oneOf<const Word extends string>(words: readonly Word[]): ParameterKind<Word> {
  return { accepted: `one of ${words.join(', ')}`, parse: (text) => words.find((word) => word === text) };
}

function freeText(what: string, longest: number): ParameterKind<string> {
  return {
    accepted: `${what}, of 1 to ${longest} characters`,
    parse: (text) => (text.length >= 1 && text.length <= longest ? text : undefined),
  };
}

/** A time as `parseTime` returns it, from whatever ISO 8601 allows for dates and times of day. */
function parseTimeParameter(text: string): string | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?([Z+ -].*)?)?$/i.exec(text);
  if (parts === null) return undefined;
  const [, day = '', minute = '00:00', second = ':00', zone = 'Z'] = parts;
  // A plus sign that a client left unencoded arrives as a blank.
  return parseTime(`${day}T${minute}${second}${zone.replace(/^ /, '+')}`);
}
