import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Check, checks, type Finding } from '../../../lambda/days/findings/finding.ts';
import type { SimFindings } from '../../../lambda/days/pass/ports.ts';
import {
  type FindingFields,
  type FindingsPosition,
  type FindingsQuery,
  listFindings,
  readFindingsPosition,
} from '../../../lambda/queries/findings.ts';
import { decodeFindings, encodeFindings, FindingsTable } from '../../../lambda/store/findings.ts';
import { measureItem } from '../../../lambda/store/items.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { seed } from '../../property/trials.ts';
import { runs } from '../../records/runs.ts';

/** Findings as they are stored and listed. */

const now = Date.parse('2026-12-15T12:00:00Z');
const sims = ['8988307000000000001', '8988307000000000002', 'HS79aedb75842db650f735156f08824402', '1500103'];

function makeFinding(sim: string, day: string, number: number, check: Check = 'chain'): Finding {
  return {
    ...{ sim, check, findingId: number.toString(16).padStart(32, '0'), reason: 'missing-windows' },
    ...{ source: number % 2 === 0 ? 'kore' : 'twilio', carrier: 'kore', sessionId: 'PI1' },
    ...{ start: `${day}T10:00:00.000Z`, end: `${day}T10:06:00.000Z`, records: 'EZ1 EZ2' },
    ...{ bytes: number, cost: number === 0 ? undefined : '0.1', currency: undefined },
  };
}

const days = ['2026-10-01', '2026-10-31', '2026-11-01', '2026-11-30', '2026-12-01', '2026-12-15'];

const stored = fc.uniqueArray(
  fc.record({
    sim: fc.constantFrom(...sims),
    day: fc.constantFrom(...days),
    checks: fc.array(fc.constantFrom(...checks), { maxLength: 3 }),
  }),
  { selector: ({ sim, day }) => `${day} ${sim}`, maxLength: 14 },
);

const queries = fc.record({
  from: fc.constantFrom('2026-01-01', '2026-10-31', '2026-11-01', '2026-12-15'),
  to: fc.constantFrom('2026-11-01', '2026-11-30', '2026-12-16', undefined),
  check: fc.option(fc.constantFrom(...checks), { nil: undefined }),
  sim: fc.option(fc.constantFrom(...sims), { nil: undefined }),
  source: fc.option(fc.constantFrom('kore', 'twilio'), { nil: undefined }),
  size: fc.integer({ min: 1, max: 6 }),
});

async function listAll(table: FindingsTable, query: Omit<FindingsQuery, 'after'>): Promise<FindingFields[]> {
  const found: FindingFields[] = [];
  let after: FindingsPosition | undefined;
  do {
    const page = await listFindings({ ...query, after }, { findings: table, now: () => now });
    expect(page.resources.length).toBeLessThanOrEqual(query.size);
    found.push(...page.resources);
    // As a page's token returns it.
    after = page.next && readFindingsPosition(JSON.parse(JSON.stringify(page.next)));
    if (page.next !== undefined) expect(after).toBeDefined();
  } while (after !== undefined);
  return found;
}

test('pages of a list have each finding of the requested days once, the last day first', async () => {
  const property = fc.asyncProperty(stored, queries, async (given, { from, to, size, ...filter }) => {
    const table = new FindingsTable(asClient(new MemoryDynamoDb()), 'Findings');
    const all = given.map(({ sim, day, checks: found }): SimFindings => {
      return { sim, day, findings: found.map((check, number) => makeFinding(sim, day, number, check)) };
    });
    await table.put(all, 1);
    const period = { from: `${from}T00:00:00.000Z`, to: to && `${to}T00:00:00.000Z` };
    const listed = await listAll(table, { ...filter, period, size });
    const expected = all
      .filter(({ day }) => day >= from && day < (to ?? '2026-12-16'))
      .sort((a, b) => (`${a.day}#${a.sim}` > `${b.day}#${b.sim}` ? -1 : 1))
      .flatMap(({ day, findings }) => findings.map((one) => ({ day, ...one })))
      .filter(({ check }) => filter.check === undefined || check === filter.check)
      .filter(({ sim }) => filter.sim === undefined || sim === filter.sim)
      .filter(({ source }) => filter.source === undefined || source === filter.source)
      .map(({ day, sim, findingId }) => [day, sim, findingId]);
    expect(listed.map(({ day, sim, id }) => [day, sim, id])).toEqual(expected);
  });
  await fc.assert(property, { ...runs(60), seed });
});

test('many findings of many days are listed without reading more than a page needs', async () => {
  const table = new FindingsTable(asClient(new MemoryDynamoDb()), 'Findings');
  const all = Array.from({ length: 230 }, (_, number): SimFindings => {
    const [sim, day] = [`8988307${String(number).padStart(12, '0')}`, '2026-11-02'];
    return { sim, day, findings: [makeFinding(sim, day, 1)] };
  });
  await table.put(all, 1);
  const period = { from: '2026-01-01T00:00:00.000Z', to: undefined };
  const filter = { check: undefined, sim: undefined, source: undefined };
  const listed = await listAll(table, { ...filter, period, size: 50 });
  expect(listed.map(({ sim }) => sim)).toEqual(all.map(({ sim }) => sim).reverse());
  expect(await listAll(table, { ...filter, check: 'path', period, size: 50 })).toEqual([]);
});

test('the highest revision of a day stays, and a day without findings is not listed any more', async () => {
  const table = new FindingsTable(asClient(new MemoryDynamoDb()), 'Findings');
  const [sim = ''] = sims;
  const day = '2026-11-02';
  const findings = [makeFinding(sim, day, 1)];
  await table.put([{ sim, day, findings }], 2);
  await table.put([{ sim, day, findings: [] }], 1);
  expect(await table.read(sim, day, day)).toEqual([{ sim, day, findings, leftOut: 0 }]);
  await table.put([{ sim, day, findings: [] }], 3);
  await table.put([{ sim, day, findings }], 2);
  expect(await table.read(sim, day, day)).toEqual([]);
  expect(await table.listKeys('2026-11', { from: '2026-11-01#', to: '2026-11-30$' }, 10)).toEqual([]);
});

test('an item has a bounded size, and findings beyond that are counted and are in the lake', () => {
  const [sim = ''] = sims;
  const findings = Array.from({ length: 3_000 }, (_, number) => makeFinding(sim, '2026-11-02', number));
  const item = encodeFindings({ sim, day: '2026-11-02', findings }, 1);
  const { findings: kept, leftOut } = decodeFindings(item);
  expect(measureItem(item)).toBeLessThan(400_000);
  expect(kept.length + leftOut).toBe(3_000);
  expect(kept).toEqual(findings.slice(0, kept.length));
});

test('malformed positions are refused', () => {
  for (const value of [null, 'a', {}, { entry: '2026-11' }, { entry: '2026-11-02#a', id: 'x' }, { entry: 1 }])
    expect(readFindingsPosition(value)).toBeUndefined();
});

test('the table says whether it holds exactly the findings of a day that are computed again', async () => {
  const table = new FindingsTable(asClient(new MemoryDynamoDb()), 'Findings');
  const [sim = ''] = sims;
  const day = '2026-11-02';
  const make = (...numbers: number[]): SimFindings => {
    return { sim, day, findings: numbers.map((number) => makeFinding(sim, day, number)) };
  };
  const compare = (): Promise<boolean[]> =>
    Promise.all([make(1, 2), make(1), make()].map((found) => table.holds(found)));
  expect(await compare()).toEqual([false, false, true]);
  await table.put([make(1, 2)], 1);
  expect(await compare()).toEqual([true, false, false]);
  await table.put([make()], 2);
  expect(await compare()).toEqual([false, false, true]);
});
