import * as z from 'zod';
import type { Item } from './compare.ts';
import { formatIso, hour, type Span } from './records.ts';

/** The query API of a local run. */
export interface SessionApi {
  readonly endpoint: string;
  /** For HTTP Basic authentication. */
  readonly credentials: { readonly account: string; readonly token: string };
}

/** Sessions per page: the most that the API returns. */
const pageSize = 1_000;
/** The longest range of time that the API lists in one request, in milliseconds. */
const longestPeriod = 30 * 24 * hour;
/** How many SIMs are queried concurrently. */
const concurrentSims = 4;

const resource = z.object({
  sid: z.string(),
  status: z.string(),
  start: z.string(),
  end: z.string().nullable(),
  last_updated: z.string(),
  data_uploaded: z.number().nullable(),
  data_downloaded: z.number().nullable(),
  data_total: z.number(),
});
const page = z.object({
  data_sessions: z.array(resource),
  meta: z.object({ next_page_url: z.string().nullable() }),
});

/**
 * The query API's answers about SIMs' sessions, like items of the sessions table.
 *
 * @param span when the sessions started.
 * @throws Error if the API does not answer, or does not answer with sessions.
 */
export async function* readSessionAnswers(
  api: SessionApi,
  sims: readonly string[],
  span: Span,
): AsyncGenerator<Item> {
  for (let from = 0; from < sims.length; from += concurrentSims) {
    const page = sims.slice(from, from + concurrentSims);
    for (const items of await Promise.all(page.map((sim) => readAnswers(api, sim, span)))) yield* items;
  }
}

async function readAnswers(api: SessionApi, sim: string, span: Span): Promise<Item[]> {
  const items: Item[] = [];
  for (let from = span.from; from < span.to; from += longestPeriod) {
    const period = `StartTime=${formatIso(from)}&EndTime=${formatIso(Math.min(from + longestPeriod, span.to))}`;
    let next: string | null = `${api.endpoint}/v1/Sims/${sim}/DataSessions?${period}&PageSize=${pageSize}`;
    while (next !== null) {
      const { data_sessions: sessions, meta } = await pageAt(next, api.credentials);
      items.push(...sessions.map((session) => answerItem(sim, session)));
      next = meta.next_page_url;
    }
  }
  return items;
}

/**
 * A DataSession of the API as an item of the sessions table.
 *
 * @throws Error if it is not a DataSession.
 */
export function answerItem(sim: string, dataSession: object): Item {
  const session = resource.parse(dataSession);
  return {
    sim,
    sessionId: session.sid,
    status: session.status,
    start: session.start,
    end: session.end ?? undefined,
    lastUpdated: session.last_updated,
    dataUploaded: session.data_uploaded ?? undefined,
    dataDownloaded: session.data_downloaded ?? undefined,
    dataTotal: session.data_total,
  };
}

async function pageAt(
  url: string,
  { account, token }: SessionApi['credentials'],
): Promise<z.output<typeof page>> {
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  const answer = await fetch(url, { headers: { authorization } });
  if (!answer.ok) throw new Error(`The API answered ${answer.status} to ${url}`);
  return page.parse(await answer.json());
}
