import { listConnectionEvents } from '../../lambda/queries/connection-events.ts';
import { listDataSessions } from '../../lambda/queries/data-sessions.ts';
import type { ApiPorts } from '../../lambda/queries/ports.ts';
import { listSims } from '../../lambda/queries/sims.ts';
import { listUsageRecords } from '../../lambda/queries/usage-records.ts';
import type { PageBody } from '../../lambda/query-api/listing.ts';
import { mostItems } from '../../lambda/query-api/parameters.ts';
import type { ApiRequest } from '../../lambda/query-api/request.ts';
import { routes } from '../../lambda/query-api/routes.ts';
import { LedgerReader } from '../../lambda/store/reader.ts';
import type { CommandContext } from '../command.ts';
import { maskedFields } from '../terminal/masking.ts';
import type { PeriodParameters } from './period.ts';

/** What the query API would answer, from its own operations: the numbers can't be other ones. */

const operations = { listSims, listDataSessions, listUsageRecords, listConnectionEvents } as const;
type Listing = keyof typeof operations;

/** One resource of a listing, as the API writes it. */
export type Resource = Readonly<Record<string, unknown>>;

/** What is listed. */
export interface Question {
  readonly operation: Listing;
  /** The SIM, by any of its names; undefined for the fleet. */
  readonly sim?: string;
  /** The API's query parameters; those left out take the API's defaults. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** The time that is listed, in parts that the API lists at once, newest first; left out where there is no time. */
  readonly parts?: readonly PeriodParameters[];
  /** Resources wanted, at most; undefined for all. */
  readonly limit?: number | undefined;
}

/**
 * The resources of a listing, part by part of its time, and page by page.
 *
 * @throws the signal's reason at Ctrl-C, so that nobody takes a part for the whole; Problem for what the API refuses.
 */
export async function* resourcesOf(context: CommandContext, question: Question): AsyncGenerator<Resource> {
  const { operation, sim, limit = Number.POSITIVE_INFINITY, parameters, parts = [{}] } = question;
  const ports = portsOf(context);
  let given = 0;
  for (const part of parts) {
    let query: URLSearchParams | undefined = queryOf(context, {
      ...question,
      parameters: { ...parameters, ...part },
    });
    while (query !== undefined && given < limit) {
      context.signal.throwIfAborted();
      const page: PageBody = await operations[operation](requestOf(operation, sim, query), ports);
      const { key, next_page_url: next } = page.meta;
      const found = page[key];
      const resources: readonly Resource[] = Array.isArray(found) ? found : [];
      for (const resource of resources) {
        if (given === limit) return;
        given += 1;
        yield context.reveal ? resource : maskedFields(resource);
      }
      query = next === null ? undefined : new URLSearchParams(next.slice(next.indexOf('?')));
    }
  }
}

function portsOf({ deployment, terminal }: CommandContext): ApiPorts {
  const { places, dynamoDb } = deployment;
  return {
    reader: new LedgerReader({ client: dynamoDb, ...places.tables }),
    now: terminal.now,
    personalData: 'on-request',
    sessionRefresh: places.sessionRefresh,
    sources: places.sources.all.map(({ name }) => name),
  };
}

function queryOf(
  { reveal }: CommandContext,
  { operation, parameters, limit = mostItems }: Question,
): URLSearchParams {
  const query = new URLSearchParams({ PageSize: String(Math.min(Math.max(limit, 1), mostItems)) });
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, value);
  }
  if (reveal) query.set('Include', 'imsi,ip_address,detail');
  // Why an event happened stands in its detail, of which personal values are masked.
  else if (operation === 'listConnectionEvents') query.set('Include', 'detail');
  return query;
}

/** A request as API Gateway would hand it over; who asks is known by the caller's own permissions. */
function requestOf(operation: Listing, sim: string | undefined, query: URLSearchParams): ApiRequest {
  const route = routes.find((one) => one.operation === operation);
  return {
    method: 'GET',
    route,
    path: route?.path ?? '/',
    pathParameters: sim === undefined ? {} : { sim },
    query,
    root: undefined,
    authorization: undefined,
    sourceIp: '127.0.0.1',
    principal: undefined,
  };
}
