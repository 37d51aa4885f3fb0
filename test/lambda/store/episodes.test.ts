import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Episode, StoredEpisode } from '../../../lambda/alerts/episode.ts';
import { listCurrent, reconcileEpisodes } from '../../../lambda/alerts/episodes.ts';
import type { Known } from '../../../lambda/alerts/known.ts';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import { joinSpans } from '../../../lambda/alerts/span.ts';
import { findSpans } from '../../../lambda/alerts/spans.ts';
import { decodeEpisode, EpisodesTable, encodeEpisode, encodeMark } from '../../../lambda/store/episodes.ts';
import { alertsTable } from '../../../lambda/store/tables.ts';
import { type AlertCommand, asClient, type Command, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { runs } from '../../records/runs.ts';
import { anyRule, known, rule } from '../alerts/arbitraries.ts';
import { EpisodeStore, judge, sweepOnce } from '../alerts/episode-store.ts';
import { at, hour, makeKnown, makeSign, minute, sim } from '../alerts/records.ts';
import { runningTables } from './running-tables.ts';

const silent: Rule = { ...anyRule, name: 'silent', kind: 'silent', missing: 'everything', after: hour };

function planSweep(stored: readonly StoredEpisode[], minutes: number, ...heard: number[]) {
  const records = makeKnown({ signs: heard.map((when) => makeSign(when, 'bytes', `at-${when}`)) });
  return reconcileEpisodes(stored, judge(stored, { rule: silent, known: records, watermark: at(minutes) }));
}

describe('the table of episodes', () => {
  const tables = runningTables();

  it('keeps episodes as they were written, and finds those with messages to send', async () => {
    const episodes = new EpisodesTable(tables.client, alertsTable.name);
    const opened = planSweep([], 60, 0);
    expect(await episodes.write(opened)).toBe(true);
    const stored = await episodes.read('silent', sim);
    expect(listCurrent(stored)).toEqual(
      opened.filter(({ action }) => action === 'put').map(({ slot, episode }) => ({ slot, episode })),
    );

    const closed = planSweep(stored, 200, 0, 90);
    expect(await episodes.write(closed)).toBe(true);
    const after = await episodes.read('silent', sim);
    expect(
      listCurrent(after)
        .map(({ slot, episode: { from, to, state } }) => ({ slot, from, to, state }))
        .sort((a, b) => a.from - b.from),
    ).toEqual([
      { slot: 'history', from: at(0), to: at(90), state: 'closed' },
      { slot: 'live', from: at(90), to: undefined, state: 'open' },
    ]);
    const { Items: waiting } = await tables.client.send(
      new QueryCommand({
        TableName: alertsTable.name,
        IndexName: 'byWaits',
        KeyConditionExpression: 'waits = :waits',
        ExpressionAttributeValues: { ':waits': { S: 'undelivered' } },
      }),
    );
    expect(waiting?.length).toBe(2);
  });

  it('refuses the write of a sweep that another one has overtaken', async () => {
    const episodes = new EpisodesTable(tables.client, alertsTable.name);
    const stored = await episodes.read('silent', sim);
    const late = planSweep(stored, 400, 0, 90, 300);
    expect(await episodes.write(late)).toBe(true);
    const standing = await episodes.read('silent', sim);
    expect(await episodes.write(late)).toBe(false);
    expect(await episodes.read('silent', sim)).toEqual(standing);
  });

  it('does not begin an episode again if a sweep read before its beginning and writes after its end', async () => {
    const episodes = new EpisodesTable(tables.client, alertsTable.name);
    const device = '8988307000000120099';
    const hear = (minutes: number, ...heard: number[]) =>
      planSweep([], minutes, ...heard).map((write) => ({
        ...write,
        episode: { ...write.episode, sim: device },
      }));
    const slow = hear(70, 0);
    expect(await episodes.write(hear(100, 0, 90))).toBe(true);
    const standing = await episodes.read('silent', device);
    expect(
      listCurrent(standing).map(({ slot, episode: { from, to, state } }) => ({ slot, from, to, state })),
    ).toEqual([{ slot: 'history', from: at(0), to: at(90), state: 'closed' }]);
    expect(await episodes.write(slow)).toBe(false);
    expect(await episodes.read('silent', device)).toEqual(standing);
  });

  it('begins an episode once, whether or not a sweep believes that another one is live', async () => {
    const memory = new MemoryDynamoDb([alertsTable]);
    const episodes = new EpisodesTable(asClient(memory), alertsTable.name);
    await episodes.write(planSweep([], 150, 90));
    const stored = await episodes.read('silent', sim);
    // By the first the silence from minute 90 continues, by the second it never was.
    const keepsLive = planSweep(stored, 150, 0, 80, 90);
    const freesLive = planSweep(stored, 150, 0, 80, 90, 140);
    expect(await episodes.write(keepsLive)).toBe(true);
    expect(await episodes.write(freesLive)).toBe(false);
    const current = listCurrent(await episodes.read('silent', sim));
    expect(
      current.map(({ slot, episode: { from, state, revision } }) => ({ slot, from, state, revision })),
    ).toEqual([
      { slot: 'history', from: at(0), state: 'closed', revision: 1 },
      { slot: 'live', from: at(90), state: 'open', revision: 2 },
    ]);
  });
});

test('an episode is read exactly as it was written, so that it is not written again', () => {
  const timedRule = rule.map((one): Rule => ({ ...one, recovery: one.kind === 'blocked' ? 3 * minute : 0 }));
  fc.assert(
    fc.property(timedRule, known, fc.boolean(), (given, records, isHeld) => {
      const store = new EpisodeStore();
      const sweep = { rule: given, known: records, watermark: at(80), isHeld };
      sweepOnce(store, sweep);
      const read = store.slots().map(({ slot, episode, hasLeft }) => {
        return decodeEpisode(hasLeft === true ? encodeMark(slot, episode) : encodeEpisode(slot, episode));
      });
      const withoutMessages = (one: StoredEpisode) => ({ ...one, episode: { ...one.episode, messages: [] } });
      expect(read).toEqual(store.slots().map((one) => (one.hasLeft === true ? withoutMessages(one) : one)));
      expect(reconcileEpisodes(read, judge(read, sweep))).toEqual([]);
    }),
    runs(300),
  );
});

/** What happens to a request: it is answered, lost before or after it is carried out, or the process ends with it. */
type Fate = 'answered' | 'lost' | 'unanswered';

class FaultyTable {
  readonly #table: MemoryDynamoDb;
  readonly #fates: Fate[];

  constructor(table: MemoryDynamoDb, fates: readonly Fate[]) {
    this.#table = table;
    this.#fates = [...fates];
  }

  async send(command: Command | AlertCommand): Promise<object> {
    const isWrite = command instanceof PutItemCommand;
    const fate = (isWrite ? this.#fates.shift() : undefined) ?? 'answered';
    if (fate === 'lost') throw new Error('The request was lost');
    const answer = await this.#table.send(command);
    if (fate === 'unanswered') throw new Error('The answer was lost');
    return answer;
  }
}

const steps = fc.array(
  fc.record({
    watermark: fc.nat({ max: 100 }),
    percent: fc.nat({ max: 100 }),
    fates: fc.array(fc.constantFrom<Fate>('answered', 'answered', 'lost', 'unanswered'), { maxLength: 6 }),
    isTwice: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

function takePart(records: Known, percent: number): Known {
  const take = <Item>(items: readonly Item[]): Item[] =>
    items.filter((_, index) => (index * 37 + 11) % 100 < percent || percent === 100);
  const { sessions, usage, events, signs } = records;
  return { sessions: take(sessions), usage: take(usage), events: take(events), signs: take(signs) };
}

interface TableSweep {
  readonly rule: Rule;
  readonly known: Known;
  readonly minutes: number;
  /** The sweep's clock, by which the messages of two sweeps that find the same differ. */
  readonly now: number;
}

async function sweepTable(
  table: EpisodesTable,
  { rule: given, known: records, minutes, now }: TableSweep,
): Promise<void> {
  const stored = await table.read(given.name, sim);
  const judgement = judge(stored, { rule: given, known: records, watermark: at(minutes), now });
  await table.write(reconcileEpisodes(stored, judgement));
}

/** Checks that a message never changes, since receivers know it by its episode and sequence. */
function watchMessages(memory: MemoryDynamoDb): void {
  const messages = new Map<string, string>();
  memory.onWrite = ({ after }) => {
    const { id, messages: waiting } = decodeEpisode(after).episode;
    for (const message of waiting) {
      const key = `${id} ${message.sequence}`;
      const text = JSON.stringify(message);
      expect(text).toBe(messages.get(key) ?? text);
      messages.set(key, text);
    }
  };
}

test('sweeps that die, overlap and lose requests end with the episodes of the current spans', async () => {
  await fc.assert(
    fc.asyncProperty(rule, known, steps, async (given, records, all) => {
      const memory = new MemoryDynamoDb([alertsTable]);
      watchMessages(memory);
      let percent = 0;
      let watermark = 0;
      for (const [index, step] of all.entries()) {
        percent = Math.max(percent, step.percent);
        watermark = Math.max(watermark, step.watermark);
        const table = new EpisodesTable(asClient(new FaultyTable(memory, step.fates)), 'Alerts');
        const sweep = {
          rule: given,
          known: takePart(records, percent),
          minutes: watermark,
          now: at(1_000 + 2 * index),
        };
        const sweeps = [sweepTable(table, sweep)];
        if (step.isTwice) {
          percent = Math.min(100, percent + 20);
          sweeps.push(
            sweepTable(table, { ...sweep, known: takePart(records, percent), now: sweep.now + minute }),
          );
        }
        for (const outcome of await Promise.allSettled(sweeps)) {
          if (outcome.status === 'rejected') expect(String(outcome.reason)).toMatch(/was lost$/);
        }
      }
      const table = new EpisodesTable(asClient(memory), 'Alerts');
      for (const again of [0, 1]) {
        await sweepTable(table, { rule: given, known: records, minutes: 100, now: at(2_000 + again) });
      }
      const stored = (await table.read(given.name, sim)).filter(({ hasLeft }) => hasLeft !== true);
      const active = stored.filter(({ episode: { state } }) => ['open', 'closed'].includes(state));
      const times = ({ from, to }: Pick<Episode, 'from' | 'to'>, slot: string) => ({ slot, from, to });
      expect(active.map(({ slot, episode }) => times(episode, slot)).sort((a, b) => a.from - b.from)).toEqual(
        joinSpans(findSpans(given, records, at(100)), given, at(100)).map((span) =>
          times(span, span.isOver ? 'history' : 'live'),
        ),
      );
      const ids = stored.map(({ episode }) => episode.id);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    runs(400),
  );
});
