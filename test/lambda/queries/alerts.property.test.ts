import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Episode, episodeStates } from '../../../lambda/alerts/episode.ts';
import { severities } from '../../../lambda/alerts/rules.ts';
import { formatTime } from '../../../lambda/ledger/time.ts';
import { type AlertsFilter, type AlertsQuery, listAlerts } from '../../../lambda/queries/alerts.ts';
import { EpisodeReader } from '../../../lambda/store/episode-reader.ts';
import type { MutesTable } from '../../../lambda/store/mutes.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { alertsTable } from '../../../lambda/store/tables.ts';
import { runs } from '../../records/runs.ts';
import { ledgerTablesOf, runningTables } from '../store/running-tables.ts';
import { makeEpisode, replaceEpisodes, storeEpisodes } from './stored-alerts.ts';

const now = Date.parse('2026-11-05T12:00:00Z');

/** A query for all alerts that began since October. */
const everyAlert: AlertsQuery = {
  ...{ state: undefined, severity: undefined, rule: undefined, sim: undefined, source: undefined },
  ...{ period: { from: '2026-10-01T00:00:00.000Z', to: undefined }, size: 10, after: undefined },
};
const day = 86_400_000;
const rules = ['silent', 'attach-loop'];
const sims = ['8988280666001000101', '8988307000000120011', 'a#b'];
const sources = ['emnify', 'kore'];

/** Episodes of a few rules and SIMs within three months, some at the same moment; one of a rule and SIM may be open. */
const episodes: fc.Arbitrary<Episode[]> = fc
  .array(
    fc.record({
      rule: fc.constantFrom(...rules),
      sim: fc.constantFrom(...sims),
      source: fc.constantFrom(...sources),
      severity: fc.constantFrom(...severities),
      state: fc.constantFrom(...episodeStates),
      from: fc.integer({ min: 0, max: 30 }).map((step) => now - step * 3 * day),
    }),
    { maxLength: 25 },
  )
  .map((stated) => {
    const live = new Set<string>();
    return stated.map((values, index) => {
      const alert = `${values.rule}#${values.sim}`;
      const isOpen = values.state === 'open' && !live.has(alert);
      if (isOpen) live.add(alert);
      const state = values.state === 'open' && !isOpen ? 'closed' : values.state;
      return makeEpisode({ ...values, state, id: index.toString(16).padStart(32, '0') });
    });
  });

/** Mostly undefined, so that most filters match some alerts. */
const optional = <Value>(...values: readonly Value[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  );

const filters: fc.Arbitrary<AlertsFilter> = fc.record({
  state: optional(...episodeStates),
  severity: optional(...severities),
  rule: optional(...rules),
  sim: optional(...sims),
  source: optional(...sources),
});

const periods = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 60 }), fc.boolean())
  .map(([days, length, isOpen]) => ({
    from: formatTime(now - days * day),
    to: isOpen ? undefined : formatTime(now - days * day + length * day),
  }));

async function listAll(
  reader: EpisodeReader,
  ledger: LedgerReader,
  query: Omit<AlertsQuery, 'after'>,
): Promise<string[]> {
  const mutes: Pick<MutesTable, 'list'> = { list: async () => [] };
  const ids: string[] = [];
  let after: AlertsQuery['after'];
  do {
    const page = await listAlerts(
      { ...query, after },
      { alerts: { episodes: reader, mutes }, days: undefined, reader: ledger, now: () => now },
    );
    expect(page.resources.length).toBeLessThanOrEqual(query.size);
    ids.push(...page.resources.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return ids;
}

describe('the list of alerts', () => {
  const tables = runningTables();
  let reader: EpisodeReader;
  let ledger: LedgerReader;

  beforeAll(() => {
    reader = new EpisodeReader(tables.client, alertsTable.name);
    ledger = new LedgerReader({ ...ledgerTablesOf(tables.client), files: 'Files' });
  });

  test('has each alert that matches the filters once, newest first, with any page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        episodes,
        filters,
        periods,
        fc.integer({ min: 1, max: 7 }),
        async (stored, filter, period, size) => {
          await replaceEpisodes(tables.client, stored);
          const ids = await listAll(reader, ledger, { ...filter, period, size });
          const wanted = stored.filter(
            (episode) =>
              (Object.keys(filter) as (keyof AlertsFilter)[]).every(
                (name) => filter[name] === undefined || episode[name] === filter[name],
              ) &&
              formatTime(episode.from) >= period.from &&
              (period.to === undefined || formatTime(episode.from) <= period.to),
          );
          expect([...ids].sort()).toEqual(wanted.map(({ id }) => id).sort());
          const begun = new Map(stored.map(({ id, from }) => [id, from]));
          const times = ids.map((id) => begun.get(id) ?? 0);
          expect(times).toEqual(times.toSorted((a, b) => b - a));
        },
      ),
      runs(60),
    );
  });

  test('shows an alert once, in its latest version, while a sweep moves it', async () => {
    const open = makeEpisode({ revision: 4 });
    const closed = makeEpisode({ state: 'closed', to: now, revision: 5 });
    for (const [live, history] of [
      [open, closed],
      [closed, closed],
      [closed, open],
      [closed, undefined],
    ] as const) {
      await replaceEpisodes(tables.client, [live], 'live');
      if (history !== undefined) await storeEpisodes(tables.client, [history], 'history');
      const keys = await reader.listKeys({ from: '2026-10-01', to: '2026-12-01' }, 10, undefined);
      const listed = await reader.readEpisodes(keys);
      expect(listed.map(({ episode }) => episode)).toEqual([closed]);
      expect(await reader.readEpisode(closed.id)).toEqual(closed);
    }
  });

  test('finds an alert that was closed after its key was read', async () => {
    await replaceEpisodes(tables.client, [makeEpisode()]);
    const keys = await reader.listKeys({ from: '2026-10-01', to: '2026-12-01' }, 10, undefined);
    const closed = makeEpisode({ state: 'closed', to: now, revision: 2 });
    await replaceEpisodes(tables.client, [closed]);
    expect((await reader.readEpisodes(keys)).map(({ episode }) => episode)).toEqual([closed]);
  });

  test('marks alerts as final that are over and whose days are all sealed', async () => {
    const at = (text: string): number => Date.parse(`2026-11-${text}`);
    const over = { state: 'closed', from: at('03T10:00Z'), to: at('03T12:00Z') } as const;
    const decided = { decidedFrom: at('02T23:00Z'), decidedTo: at('04T01:00Z') };
    const cases: readonly (readonly [string, Partial<Episode>, boolean])[] = [
      ['a', { ...over, ...decided }, true],
      ['b', { ...over, ...decided, state: 'withdrawn' }, true],
      ['c', { ...over, ...decided, decidedTo: at('05T00:00Z') }, false],
      ['d', { ...over, ...decided, decidedFrom: at('01T00:00Z') }, false],
      ['e', { ...over, ...decided, decidedFrom: at('02T00:00Z'), decidedTo: at('10T00:00Z') }, false],
      ['f', { from: over.from, state: 'open' }, false],
      // An older version did not write `decidedTo`.
      ['g', over, false],
    ];
    const stored = cases.map(([digit, about]) => makeEpisode({ ...about, id: digit.repeat(32) }));
    await replaceEpisodes(tables.client, stored);
    const asked: string[] = [];
    const isSealed = async (day: string): Promise<boolean> => {
      asked.push(day);
      return ['2026-11-02', '2026-11-03', '2026-11-04', '2026-11-10'].includes(day);
    };
    const { resources } = await listAlerts(everyAlert, {
      alerts: { episodes: reader, mutes: { list: async () => [] } },
      ...{ days: { isSealed }, reader: ledger, now: () => now },
    });
    expect(resources.map(({ id, final }) => [id.slice(0, 1), final]).sort()).toEqual(
      cases.map(([digit, , final]) => [digit, final]),
    );
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('is empty without rules', async () => {
    const page = await listAlerts(everyAlert, {
      alerts: undefined,
      days: undefined,
      reader: ledger,
      now: () => now,
    });
    expect(page).toEqual({ resources: [], next: undefined });
  });
});
