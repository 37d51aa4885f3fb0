import * as z from 'zod';
import type { Item } from './compare.ts';
import { formatIso, hour, type Span } from './records.ts';

/** The query API of a local run. */
export interface SessionApi {
  readonly endpoint: string;
  /** Of HTTP Basic. */
  readonly credentials: { readonly account: string; readonly token: string };
}

/** Sessions of a page: as many as the API gives. */
const pageSize = 1_000;
/** The longest range that the API lists at once. */
const longestPeriod = 30 * 24 * hour;
/** SIMs that are asked about at the same time. */
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
 * What the query API answers about the sessions of SIMs, in the form of items of the sessions table.
 *
 * @param span when the sessions started.
 * @throws Error when the API does not answer, or with something else than sessions.
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
 * A DataSession of the API, in the form of an item of the sessions table.
 *
 * @throws Error if it is not one.
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
