import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { AlertState } from '../../../../lambda/alerts/sweep/alert-state.ts';
import { findPlace } from '../../../../lambda/alerts/sweep/order.ts';
import { LongestSilent } from '../../../../lambda/alerts/sweep/silent-list.ts';
import type { WatchedSim } from '../../../../lambda/alerts/sweep/watched-sim.ts';
import { listSilentSims, type SilentPosition } from '../../../../lambda/queries/silent-sims.ts';
import { LedgerReader } from '../../../../lambda/store/reader.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import { ledgerTablesOf } from '../../store/running-tables.ts';
import { type FleetTables, fleetStart, makeDevices, makeMemoryTables, SweptFleet } from './swept-fleet.ts';

/** The list of silent SIMs that sweeps make of a large fleet, and its queries. */

let tables: FleetTables;
const hour = 3_600_000;

beforeEach(() => {
  tables = makeMemoryTables();
});

/** The answer about a source's SIMs that were silent for 10 hours at hour 30, page by page. */
async function ask(source: string, scansUpTo: number) {
  const ports = {
    reader: new LedgerReader({ ...ledgerTablesOf(tables.client), files: 'Files' }),
    now: () => fleetStart + 30 * hour,
    alerts: { state: new AlertState(tables.client, alertStateTable.name) },
    scansUpTo,
  };
  const query = {
    milliseconds: 10 * hour,
    filter: { source },
    size: 7,
    include: new Set<never>(),
  };
  const sims: unknown[] = [];
  const lists = new Set<string>();
  let after: SilentPosition | undefined;
  do {
    const page = await listSilentSims({ ...query, after }, ports);
    sims.push(
      ...page.resources.map(({ key, fields }) => [key, fields.last_heard, fields.last_heard_precision]),
    );
    lists.add(JSON.stringify(page.list));
    after = page.next;
  } while (after !== undefined);
  return { sims, lists: [...lists] };
}

describe('a fleet that is too large to list', () => {
  test('the silent SIMs are answered from the last sweep, each as its records say now', async () => {
    const fleet = new SweptFleet(tables);
    const silent = makeDevices(30, '01');
    await fleet.use(silent, (index) => [index / 2]);
    await fleet.use(makeDevices(8, '02'), () => [26]);
    await fleet.sweep(27, { rules: [], listsSilentAbove: 20 });
    // Some have been back since.
    await fleet.use(silent.slice(10, 15), () => [28]);
    const scanned = await ask(fleet.source, 1_000);
    expect(scanned.lists).toEqual([undefined]);
    expect(scanned.sims).toHaveLength(25);
    const listed = await ask(fleet.source, 20);
    expect(listed).toEqual({
      sims: scanned.sims,
      lists: [JSON.stringify({ listedAt: '2026-11-11T03:00:00.000Z', isComplete: true })],
    });
  });

  test('the silent SIMs of a small fleet are not listed, and an earlier list is not used', async () => {
    const fleet = new SweptFleet(tables);
    await fleet.use(makeDevices(3, '01'), () => [0]);
    await fleet.sweep(27, { rules: [], listsSilentAbove: 2 });
    await fleet.use(makeDevices(2, '01'), () => [1]);
    await fleet.sweep(28, { rules: [], listsSilentAbove: 5 });
    const { sims, lists } = await ask(fleet.source, 5);
    expect([sims.length, lists]).toEqual([5, [undefined]]);
    const state = new AlertState(tables.client, alertStateTable.name);
    expect(await state.readFleet()).toEqual({
      sims: 5,
      sources: [fleet.source],
      countries: [{ country: 'DE', mcc: undefined, sims: 5, silent: [5, 5, 5, 0, 0, 0] }],
      sweptAt: fleetStart + 28 * hour,
    });
  });
});

test('a list has the SIMs of each part with the oldest marks, and says whether there are more', () => {
  const sims = fc.uniqueArray(
    fc.record({ number: fc.nat(5_000), heardAt: fc.option(fc.nat(9), { nil: undefined }) }),
    { selector: ({ number }) => number, maxLength: 120 },
  );
  fc.assert(
    fc.property(sims, fc.integer({ min: 1, max: 4 }), (fleet, limit) => {
      const longest = new LongestSilent(limit);
      const all = fleet.map(({ number, heardAt }) => {
        const sim = `898828066${String(number).padStart(10, '0')}`;
        return { sim, heardAt, part: findPlace(sim) % 16 };
      });
      for (const { sim, heardAt } of all) {
        longest.add({ sim, place: findPlace(sim), source: 'meters', bytesAt: heardAt } as WatchedSim);
      }
      for (const { part, isCut, sims: listed } of longest.list()) {
        const wanted = all
          .filter((one) => one.part === part)
          .map(({ sim, heardAt }) => [sim, heardAt ?? null] as const)
          .toSorted(([a, at], [b, other]) => (at ?? -1) - (other ?? -1) || (a < b ? -1 : 1));
        expect([listed, isCut]).toEqual([wanted.slice(0, limit), wanted.length > limit]);
      }
      expect(longest.list()).toHaveLength(fleet.length === 0 ? 0 : 16);
    }),
  );
});
