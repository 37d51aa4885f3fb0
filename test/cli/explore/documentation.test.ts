import { readFileSync } from 'node:fs';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Item } from '../../../lambda/store/items.ts';
import { findingsTable } from '../../../lambda/store/tables.ts';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import { runningLedger } from '../running-ledger.ts';

/**
 * docs/explore.md with the example data. Each of its questions has the same answer from DuckDB over the lake, from a slow
 * reading of the items, and from the query API.
 */

const page = readFileSync(new URL('../../../docs/explore.md', import.meta.url), 'utf8');

interface Documented {
  readonly args: readonly string[];
  readonly output: string;
}

/** The words of a command line, without quotes. */
function splitWords(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

/** The page's commands and their answers, by the heading before them. */
const documented = new Map(
  [
    ...page.matchAll(
      /(?:\*\*(.*)\*\*|## (.*))\n(?:(?!\*\*|##)[^`].*\n|\n)*```sh\nnpx simledger --local (explore .*)\n```\n```text\n([\s\S]*?)\n```/g,
    ),
  ].map(([, question, heading, command = '', output = '']): [string, Documented] => [
    question ?? heading ?? '',
    { args: splitWords(command), output },
  ]),
);

const ledger = runningLedger();
let items: Record<'Usage' | 'Sessions' | 'Events' | 'Sims', Item[]>;

beforeAll(async () => {
  const { stream, files } = await readExampleDeliveries();
  for (const { source, data, partitionKey } of stream)
    await ledger.local.putRecord(source, data, partitionKey);
  for (const { source, key, bytes } of files) await ledger.local.putFile(source, key, bytes);
  await ledger.local.waitUntilIdle();
  const closed = await ledger.run('days close --from 2026-10-27 --to 2026-11-02');
  expect(closed.code).toBe(0);
  items = (await ledger.items()) as typeof items;
});

type Row = Readonly<Record<string, string | number | null>>;

/** The complete answer to a question of the page, as JSON. */
async function ask(question: string): Promise<Row[]> {
  const { args } = documented.get(question) ?? expect.fail(`The page has no ${question}`);
  const { code, output } = await ledger.run(['--json', ...args]);
  expect(code).toBe(0);
  return JSON.parse(output) as Row[];
}

/** The answer of the query API. */
async function fetchFromApi<Answer>(path: string): Promise<Answer> {
  const { account, token } = ledger.credentials;
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  const answer = await fetch(new URL(path, ledger.local.endpoints.api), { headers: { authorization } });
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as Answer;
}

interface ApiUsage {
  readonly period: { readonly start_time: string };
  readonly sim_sid: string | null;
  readonly iso_country: string | null;
  readonly network_sid: string | null;
  readonly source: string | null;
  readonly tariff: string | null;
  readonly traffic_type: string | null;
  readonly data_total: number;
  readonly messages: number | null;
  readonly costs: readonly { readonly amount: string; readonly currency: string | null }[];
}

async function fetchUsage(parameters: string): Promise<readonly ApiUsage[]> {
  const { usage_records: records } = await fetchFromApi<{ usage_records: ApiUsage[] }>(
    `/v1/UsageRecords?${parameters}&PageSize=1000`,
  );
  return records;
}

const november = 'StartTime=2026-11-01&EndTime=2026-12-01';
const text = (item: Item, name: string): string | null => item[name]?.S ?? item[name]?.N ?? null;

/** Usage items of November that count: the most complete rendering of each record. */
function listUsage(): Item[] {
  const byRecord = new Map<string, Item>();
  for (const item of items.Usage) {
    if (!text(item, 'start')?.startsWith('2026-11-')) continue;
    const key = ['sim', 'source', 'recordId'].map((name) => text(item, name)).join('\n');
    const other = byRecord.get(key);
    const isFuller =
      Number(text(item, 'fullness') ?? Number.MAX_SAFE_INTEGER) >
      Number(other && (text(other, 'fullness') ?? Number.MAX_SAFE_INTEGER));
    if (other === undefined || isFuller) byRecord.set(key, item);
  }
  return [...byRecord.values()];
}

const identifyNetwork = (item: Item): string | null => {
  const [mcc, mnc] = [text(item, 'mcc'), text(item, 'mnc')];
  return mcc === null || mnc === null ? text(item, 'operatorName') : `${mcc}-${mnc}`;
};

/** Sums of items by a key, without those that add nothing. */
function addUp(
  some: readonly Item[],
  key: (item: Item) => readonly (string | null)[],
  value: (item: Item) => number | null,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const item of some) {
    const added = value(item);
    // The examples have at most six decimals.
    if (added !== null) {
      const before = sums.get(JSON.stringify(key(item))) ?? 0;
      sums.set(JSON.stringify(key(item)), Math.round((before + added) * 1e6) / 1e6);
    }
  }
  return sums;
}

const number = (name: string) => (item: Item) => {
  const found = text(item, name);
  return found === null ? null : Number(found);
};

/** The rows of an answer, in the form of {@link addUp}. */
function readRows(rows: readonly Row[], key: readonly string[], value: string): Map<string, number> {
  return new Map(rows.map((row) => [JSON.stringify(key.map((name) => row[name])), Number(row[value])]));
}

/** The largest sums. */
function takeTop(sums: ReadonlyMap<string, number>, top: number): Map<string, number> {
  return new Map([...sums].sort(([, a], [, b]) => b - a).slice(0, top));
}

/** The longest session of each source, and the median, in seconds. */
function measureLengths(
  sessions: readonly { readonly source: string; readonly start: string; readonly end: string }[],
): Map<string, (number | undefined)[]> {
  const lengths = new Map<string, number[]>();
  for (const { source, start, end } of sessions)
    lengths.set(source, [...(lengths.get(source) ?? []), (Date.parse(end) - Date.parse(start)) / 1000]);
  return new Map(
    [...lengths].map(([source, some]) => {
      const sorted = some.toSorted((a, b) => a - b);
      return [source, [sorted.at(-1), sorted[Math.ceil(sorted.length / 2) - 1]]];
    }),
  );
}

describe('docs/explore.md', () => {
  test('has ten questions and an example of SQL', () => {
    expect(documented.size).toBe(11);
  });

  test.each([...documented])('shows what is printed: %s', async (_, { args, output }) => {
    const ended = await ledger.run(args);
    // An answer ends with the question's kind and range.
    const shown = args.includes('--sql') ? ended.output : ended.output.replace(/\w+ from .* UTC\n$/, '');
    expect(shown.trimEnd()).toBe(output);
    expect(ended.code).toBe(0);
  });
});

describe('a question of docs/explore.md has the same answer from the lake, the items and the API', () => {
  test('Which SIMs used most?', async () => {
    const answer = readRows(await ask('Which SIMs used most?'), ['sim'], 'sum_bytes');
    expect(answer).toEqual(
      takeTop(
        addUp(listUsage(), (item) => [text(item, 'sim')], number('dataTotal')),
        3,
      ),
    );
    const sids = new Map(
      items.Sims.map((item) => [text(item, 'simSid') ?? text(item, 'sim'), text(item, 'sim')]),
    );
    const records = await fetchUsage(`Group=sim&Order=bytes&${november}`);
    expect(answer).toEqual(
      new Map(records.slice(0, 3).map((one) => [JSON.stringify([sids.get(one.sim_sid)]), one.data_total])),
    );
  });

  test('What does the carrier charge for each country and tariff?', async () => {
    const question = 'What does the carrier charge for each country and tariff?';
    const answer = readRows(await ask(question), ['country', 'tariff', 'currency'], 'sum_cost');
    const key = (item: Item) => [text(item, 'country'), text(item, 'tariff'), text(item, 'currency')];
    expect(answer).toEqual(addUp(listUsage(), key, number('cost')));
    const records = await fetchUsage(`Group=isoCountry,tariff&${november}`);
    expect(answer).toEqual(
      new Map(
        records.flatMap(({ iso_country: country, tariff, costs }) =>
          costs.map(({ amount, currency }) => [JSON.stringify([country, tariff, currency]), Number(amount)]),
        ),
      ),
    );
  });

  test('Which networks carry the fleet?', async () => {
    const rows = await ask('Which networks carry the fleet?');
    const known = listUsage().filter((item) => identifyNetwork(item) !== null);
    const answer = readRows(rows, ['network'], 'sum_bytes');
    expect(answer).toEqual(
      takeTop(
        addUp(known, (item) => [identifyNetwork(item)], number('dataTotal')),
        3,
      ),
    );
    for (const { network, count_sim: sims } of rows) {
      const there = known.filter((item) => identifyNetwork(item) === network);
      expect(sims).toBe(new Set(there.map((item) => text(item, 'sim'))).size);
    }
    const records = await fetchUsage(`Group=network&${november}`);
    const fromApi = records.flatMap(({ network_sid: network, data_total: bytes }) =>
      network === null ? [] : [[JSON.stringify([network]), bytes] as const],
    );
    expect(answer).toEqual(takeTop(new Map(fromApi), 3));
  });

  test('When was data used?', async () => {
    const answer = readRows(await ask('When was data used?'), ['period'], 'sum_bytes');
    const hours = listUsage().filter((item) =>
      /^2026-11-02T(?:0[6-9]|1[01])/.test(text(item, 'start') ?? ''),
    );
    const key = (item: Item) => [`${text(item, 'start')?.slice(0, 13)}:00:00.000Z`];
    expect(answer).toEqual(addUp(hours, key, number('dataTotal')));
    const records = await fetchUsage(
      'Granularity=hour&StartTime=2026-11-02T06:00Z&EndTime=2026-11-02T12:00Z',
    );
    expect(answer).toEqual(
      new Map(records.map(({ period, data_total: bytes }) => [JSON.stringify([period.start_time]), bytes])),
    );
  });

  test('What did each carrier itself count?', async () => {
    const answer = readRows(await ask('What did each carrier itself count?'), ['carrier'], 'sum_volume');
    const data = listUsage().filter((item) => text(item, 'trafficType') === 'data');
    expect(answer).toEqual(addUp(data, (item) => [text(item, 'carrier')], number('volume')));
    const carriers = new Map(items.Usage.map((item) => [text(item, 'source'), text(item, 'carrier')]));
    const sums = new Map<string, number>();
    for (const sim of items.Sims) {
      const path = `/v1/Sims/${text(sim, 'sim')}/UsageRecords?Granularity=raw&${november}&PageSize=1000`;
      const { usage_records: records } = await fetchFromApi<{
        usage_records: { source: string; traffic_type: string; volume: string | null }[];
      }>(path);
      for (const { source, traffic_type: type, volume } of records) {
        if (type !== 'data' || volume === null) continue;
        const carrier = JSON.stringify([carriers.get(source)]);
        sums.set(carrier, Math.round(((sums.get(carrier) ?? 0) + Number(volume)) * 1e6) / 1e6);
      }
    }
    expect(answer).toEqual(sums);
  });

  test('What did the carriers not deliver?', async () => {
    const rows = await ask('What did the carriers not deliver?');
    const key = ['source', 'reason', 'check'] as const;
    const { Items: found = [] } = await ledger.local.dynamoDb.send(
      new ScanCommand({ TableName: findingsTable.name }),
    );
    const stored = found.flatMap(({ findings }) => findings?.L?.map(({ M = {} }) => M) ?? []);
    const about = (item: Item) => key.map((name) => text(item, name));
    expect(readRows(rows, key, 'sum_bytes')).toEqual(addUp(stored, about, number('bytes')));
    expect(readRows(rows, key, 'count')).toEqual(addUp(stored, about, () => 1));
    const { findings } = await fetchFromApi<{
      findings: Record<(typeof key)[number] | 'bytes', string | number>[];
    }>(`/v1/Findings?${november}&PageSize=1000`);
    const sums = new Map<string, number>();
    for (const finding of findings) {
      const name = JSON.stringify(key.map((word) => finding[word]));
      sums.set(name, (sums.get(name) ?? 0) + Number(finding.bytes));
    }
    expect(readRows(rows, key, 'sum_bytes')).toEqual(sums);
  });

  const ended = () => items.Sessions.filter((item) => text(item, 'end')?.startsWith('2026-11-'));

  test('Why do sessions fail?', async () => {
    const answer = readRows(await ask('Why do sessions fail?'), ['source', 'error'], 'count');
    const failed = ended().filter((item) => text(item, 'status') === 'failed');
    const key = (item: Item) => [text(item, 'source'), text(item, 'error')];
    expect(answer).toEqual(addUp(failed, key, () => 1));
    const counts = new Map<string, number>();
    for (const sim of items.Sims) {
      const { data_sessions: sessions } = await fetchFromApi<{ data_sessions: { end: string }[] }>(
        `/v1/Sims/${text(sim, 'sim')}/DataSessions?Status=failed&${november}`,
      );
      if (sessions.length > 0) {
        const source = text(sim, 'source') ?? '';
        counts.set(source, (counts.get(source) ?? 0) + sessions.length);
      }
    }
    const bySource = [...answer].map(([key, count]) => [(JSON.parse(key) as string[])[0], count]);
    expect(new Map(bySource as [string, number][])).toEqual(counts);
  });

  test('How long do sessions last?', async () => {
    const rows = await ask('How long do sessions last?');
    const answer = new Map(
      rows.map((row) => [row['source'], [Number(row['max_duration']), Number(row['p50_duration'])]]),
    );
    const stated = ended().filter((item) => item['startStated']?.BOOL === true);
    expect(answer).toEqual(
      measureLengths(
        stated.map((item) => ({
          source: text(item, 'source') ?? '',
          start: text(item, 'start') ?? '',
          end: text(item, 'end') ?? '',
        })),
      ),
    );
    const sids = new Set(stated.map((item) => text(item, 'sessionId')));
    const sessions = [];
    for (const sim of items.Sims) {
      const path = `/v1/Sims/${text(sim, 'sim')}/DataSessions?${november}`;
      const { data_sessions: listed } = await fetchFromApi<{
        data_sessions: { sid: string; source: string; start: string; end: string | null }[];
      }>(path);
      for (const { sid, source, start, end } of listed)
        if (end?.startsWith('2026-11-') === true && sids.has(sid)) sessions.push({ source, start, end });
    }
    expect(answer).toEqual(measureLengths(sessions));
  });

  test('Which SIMs are refused?', async () => {
    const answer = readRows(await ask('Which SIMs are refused?'), ['sim', 'type'], 'count');
    const types = ['attachment.rejected', 'attachment.failed'];
    const refusals = items.Events.filter((item) => types.includes(text(item, 'type') ?? ''));
    expect(answer).toEqual(
      addUp(
        refusals,
        (item) => [text(item, 'sim'), text(item, 'type')],
        () => 1,
      ),
    );
    const counts = new Map<string, number>();
    for (const sim of items.Sims) {
      for (const type of types) {
        const { connection_events: events } = await fetchFromApi<{ connection_events: object[] }>(
          `/v1/Sims/${text(sim, 'sim')}/ConnectionEvents?EventType=${type}&${november}`,
        );
        if (events.length > 0) counts.set(JSON.stringify([text(sim, 'sim'), type]), events.length);
      }
    }
    expect(answer).toEqual(counts);
  });

  test('What happened to this SIM?', async () => {
    const rows = await ask('What happened to this SIM?');
    const told = rows.map(({ time, type }) => [time, type]);
    const sim = '8988307000000120013';
    const stored = items.Events.filter((item) => text(item, 'sim') === sim);
    expect(told).toEqual(stored.map((item) => [text(item, 'time'), text(item, 'type')]).sort());
    const { connection_events: events } = await fetchFromApi<{
      connection_events: { timestamp: string; event_type: string }[];
    }>(`/v1/Sims/${sim}/ConnectionEvents?${november}`);
    expect(told).toEqual(events.map(({ timestamp, event_type: type }) => [timestamp, type]).reverse());
  });
});
