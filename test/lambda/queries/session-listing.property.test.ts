import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeReturned,
  encodeReturned,
  findStatus,
  maxRemembered,
  nothingReturned,
  type Returned,
  readSessionPage,
} from '../../../lambda/queries/session-listing.ts';
import { runs } from '../../records/runs.ts';
import { SessionsInMemory, session } from './sessions-in-memory.ts';

const minute = 60_000;
const begin = Date.parse('2026-11-01T00:00:00Z');
const time = (minutes: number): string => new Date(begin + minutes * minute).toISOString();
const selection = { sim: '8988307000000120011', from: time(0), to: undefined, status: undefined };

/** Records that arrive between two pages. */
type Arrival =
  | { readonly kind: 'new session'; readonly start: number }
  | { readonly kind: 'start moves'; readonly which: number; readonly start: number }
  | { readonly kind: 'session ends'; readonly which: number };

const start = fc.nat({ max: 2_000 });
const arrival: fc.Arbitrary<Arrival> = fc.oneof(
  fc.record({ kind: fc.constant('new session' as const), start }),
  fc.record({ kind: fc.constant('start moves' as const), which: fc.nat(), start }),
  fc.record({ kind: fc.constant('session ends' as const), which: fc.nat() }),
);
const arrivals = fc.array(fc.array(arrival, { maxLength: 6 }), { minLength: 1, maxLength: 8 });

function take(source: SessionsInMemory, change: Arrival, number: number): void {
  if (change.kind === 'new session') {
    source.put(session(`late-${number}`, time(change.start)));
    return;
  }
  const all = [...source.stored.values()];
  const chosen = all[change.which % all.length];
  if (chosen === undefined) return;
  if (change.kind === 'start moves') source.put({ ...chosen, start: time(change.start) });
  else source.put({ ...chosen, terminal: { status: 'ended', end: time(2_001) } });
}

/** Lists to the end by encoded tokens, while records arrive between the pages. */
async function listed(
  source: SessionsInMemory,
  sizes: readonly number[],
  between: readonly (readonly Arrival[])[],
  status?: 'open' | 'ended',
): Promise<string[]> {
  const ids: string[] = [];
  let given: Returned | undefined = nothingReturned;
  let number = 0;
  for (let page = 0; given !== undefined; page += 1) {
    const size = sizes[page % sizes.length] ?? 1;
    const { sessions, next } = await readSessionPage(source, { ...selection, status }, given, size);
    expect(sessions.length).toBeLessThanOrEqual(size);
    if (status !== undefined) expect(sessions.map(findStatus)).toEqual(sessions.map(() => status));
    ids.push(...sessions.map(({ sessionId }) => sessionId));
    for (const change of between[page] ?? []) {
      number += 1;
      take(source, change, number);
    }
    given = next && decodeReturned(encodeReturned(next), next.floor ?? null, selection);
  }
  return ids;
}

const fleet = fc.array(start, { maxLength: 60 });
const sizes = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 4 });

function sourceOf(starts: readonly number[]): SessionsInMemory {
  const source = new SessionsInMemory();
  for (const [at, minutes] of starts.entries()) source.put(session(`session-${at}`, time(minutes)));
  return source;
}

describe('a listing of sessions', () => {
  it('has every session that exists throughout exactly once, whatever arrives and whichever starts change', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, sizes, arrivals, async (starts, pageSizes, between) => {
        const ids = await listed(sourceOf(starts), pageSizes, between);
        expect(new Set(ids).size).toBe(ids.length);
        const missing = starts.map((_, at) => `session-${at}`).filter((id) => !ids.includes(id));
        expect(missing).toEqual([]);
      }),
      runs(1_000),
    );
  });

  it('with a status has every session with that status throughout once, and none that never has it', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, sizes, arrivals, async (starts, pageSizes, between) => {
        const source = sourceOf(starts);
        for (const [at, minutes] of starts.entries()) {
          if (at % 3 === 0) {
            const terminal = { status: 'ended' as const, end: time(2_001) };
            source.put(session(`session-${at}`, time(minutes), { terminal }));
          }
        }
        const ids = await listed(source, pageSizes, between, 'ended');
        expect(new Set(ids).size).toBe(ids.length);
        const throughout = starts.map((_, at) => `session-${at}`).filter((_, at) => at % 3 === 0);
        expect(throughout.filter((id) => !ids.includes(id))).toEqual([]);
      }),
      runs(300),
    );
  });

  it('is newest first while nothing arrives', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, sizes, async (starts, pageSizes) => {
        const source = sourceOf(starts);
        const ids = await listed(source, pageSizes, []);
        const given = ids.map((id) => source.stored.get(id)?.start ?? '');
        expect(given).toEqual([...given].sort().reverse());
        expect(ids.length).toBe(starts.length);
      }),
      runs(300),
    );
  });

  it('is complete even beyond what a token can remember, and its token fits a URL', async () => {
    const count = 2 * maxRemembered + 300;
    const source = new SessionsInMemory();
    for (let at = 0; at < count; at += 1) source.put(session(`session-${at}`, time(at)));
    let longest = 0;
    const ids: string[] = [];
    let given: Returned | undefined = nothingReturned;
    while (given !== undefined) {
      const { sessions, next } = await readSessionPage(source, selection, given, 250);
      ids.push(...sessions.map(({ sessionId }) => sessionId));
      // The start of a remembered session may move.
      const last = sessions.at(-1);
      if (last !== undefined && next !== undefined) source.put({ ...last, start: time(0) });
      longest = Math.max(longest, next === undefined ? 0 : encodeReturned(next).length);
      given = next;
    }
    expect(ids).toHaveLength(count);
    expect(new Set(ids).size).toBe(count);
    expect(longest).toBe(6 * maxRemembered);
  });

  it('has the start of the session after each one, beyond the end of the listing too', async () => {
    const source = sourceOf([10, 20, 30]);
    const page = await readSessionPage(source, { ...selection, to: time(25) }, nothingReturned, 2);
    expect(page.sessions.map(({ sessionId }) => [sessionId, page.findNextStart(sessionId)])).toEqual([
      ['session-1', time(30)],
      ['session-0', time(20)],
    ]);
  });
});
