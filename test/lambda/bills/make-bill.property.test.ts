import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BillSum } from '../../../lambda/billing/bill.ts';
import { Rater, type RatingContext } from '../../../lambda/billing/rate.ts';
import type { Tariff } from '../../../lambda/billing/tariff.ts';
import { BillReader } from '../../../lambda/bills/bill-reader.ts';
import { readBook, storeList, storeTariff, writeBook } from '../../../lambda/bills/book.ts';
import {
  type BillOrder,
  type BillPorts,
  listBilledMonths,
  orderBills,
  takeBillOrder,
} from '../../../lambda/bills/make-bill.ts';
import { billBy, makeBillKey, makeLinesKey, type StoredBill } from '../../../lambda/bills/stored-bill.ts';
import { parseStored, printStored } from '../../../lambda/bills/stored-form.ts';
import { runBucket } from '../../../lambda/days/pass/bucket.ts';
import { beginRound, planDay, planRound } from '../../../lambda/days/pass/plan.ts';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { trials } from '../../property/trials.ts';
import { makeTariff } from '../billing/billed-usage.ts';
import { MemoryPorts } from '../days/pass/memory-ports.ts';
import { makeUsage } from '../days/records.ts';

/** Bills that are stored while days are sealed, and sealed anew, beside the bill of all records. */

const month = '2026-10';
const days = ['2026-10-30', '2026-10-31'] as const;
const sims = ['8988307000000000001', '8988307000000000002', '8988307000000000003'] as const;
const silent = '8988307000000000009';
const now = Date.UTC(2026, 10, 5);

const tariffs: readonly Tariff[] = ['0.25', '0.5'].map((price) =>
  makeTariff({
    ...{ name: 'tariff', lines: ['country'] },
    charges: [{ name: 'data', unit: 'KB', increment: { step: 1, per: 'day' }, prices: [{ price }] }],
    allowances: [{ name: 'pool', charges: ['data'], quantity: '3', unit: 'KB', of: 'pool' }],
    fees: [{ name: 'SIM', per: 'sim', of: 'listed', prices: [{ price: '0.1' }] }],
    tax: { name: 'VAT', percent: '19' },
  }),
);

type Step =
  | { readonly kind: 'record'; readonly usage: Usage }
  | { readonly kind: 'close'; readonly day: string }
  | { readonly kind: 'put'; readonly tariff: number; readonly isListed: boolean }
  | {
      readonly kind: 'work';
      readonly pick: number;
      readonly isRepeated: boolean;
      readonly diesAt: number | undefined;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      sim: fc.constantFrom(...sims),
      day: fc.constantFrom(...days),
      hour: fc.integer({ min: 10, max: 22 }),
      country: fc.constantFrom('DE', 'FR'),
      dataTotal: fc.constantFrom(1, 700, 5_000),
    })
    .map(({ sim, day, hour, country, dataTotal }) => ({
      kind: 'record' as const,
      usage: makeUsage({
        ...{ sim, country, dataTotal, start: `${day}T${hour}:00:00.000Z` },
        recordId: `${sim} ${day} ${hour}`,
      }),
    })),
  fc.constantFrom(...days).map((day) => ({ kind: 'close' as const, day })),
  fc.record({ kind: fc.constant('put' as const), tariff: fc.nat(1), isListed: fc.boolean() }),
  fc.record({
    kind: fc.constant('work' as const),
    pick: fc.nat(20),
    isRepeated: fc.boolean(),
    diesAt: fc.option(fc.nat(30), { nil: undefined }),
  }),
);

class Death extends Error {}

/** Days, their rounds, and bills, in memory. */
class World {
  readonly ports = new MemoryPorts();
  readonly orders: BillOrder[] = [];
  readonly #closed = new Set<string>();
  /** Calls of the lake that still succeed. */
  #left: number | undefined;
  context: Omit<RatingContext, 'month'> = { tariffs: [], roster: new Map(), balances: new Map() };

  readonly bills: BillPorts = {
    lake: {
      open: async (key) => {
        this.#call();
        return this.ports.lake.open(key);
      },
      write: async (key, bytes, before) => {
        this.#call();
        const tag = await this.ports.lake.write(key, bytes, before);
        this.#call();
        return tag;
      },
    },
    listDays: async () => [...this.#closed].sort(),
    start: { read: async () => days[0] },
    queue: { send: async (sent) => void this.orders.push(...sent) },
  };

  #call(): void {
    if (this.#left === undefined) return;
    this.#left -= 1;
    if (this.#left < 0) throw new Death();
  }

  async take(one: Step): Promise<void> {
    if (one.kind === 'record') await this.#deliver(one.usage);
    else if (one.kind === 'close') await this.close(one.day);
    else if (one.kind === 'put') await this.#put(one.tariff, one.isListed);
    else if (this.orders.length > 0) {
      const [order] = this.orders.splice(one.pick % this.orders.length, 1);
      if (order === undefined) return;
      if (one.isRepeated) this.orders.push(order);
      this.#left = one.diesAt;
      try {
        await takeBillOrder(order, this.bills, now);
      } catch (error) {
        if (!(error instanceof Death)) throw error;
        this.orders.push(order);
      } finally {
        this.#left = undefined;
      }
    }
  }

  async #deliver(usage: Usage): Promise<void> {
    const items = { ...noItems, usage: [usage] };
    const late = this.ports.listDays(items).filter((day) => this.#closed.has(day));
    await this.ports.markers.put(late.map((day) => ({ day, sim: usage.sim })));
    await this.ports.deliver(usage.sim, items);
  }

  /** Reads a day, or what is marked of it, and orders bills as the worker does. */
  async close(day: string): Promise<void> {
    const options = { closedThrough: days[1], now, simsPerBucket: 1 };
    const plan = this.#closed.has(day) ? planRound : planDay;
    const planned = await plan(day, this.ports, options);
    this.#closed.add(day);
    if (planned === undefined) return;
    await beginRound(day, planned.round, this.ports);
    for (let job = this.ports.queue.shift(); job !== undefined; job = this.ports.queue.shift()) {
      const manifest = await runBucket(job, this.ports, { now });
      if (manifest !== undefined) await orderBills(day, this.bills, now);
    }
  }

  async #put(index: number, isListed: boolean): Promise<void> {
    const before = await readBook(this.bills.lake);
    const putAt = '2026-11-05T00:00:00.000Z';
    const own = tariffs.slice(index, index + 1);
    const entry = { sim: silent, from: undefined, to: undefined, tariff: undefined, activated: undefined };
    const roster = new Map(isListed ? [[silent, [entry]]] : []);
    const stored = await Promise.all(own.map((tariff) => storeTariff(this.bills.lake, tariff, putAt)));
    const list = await storeList(this.bills.lake, 'roster', roster, putAt);
    await writeBook(this.bills.lake, { tariffs: stored, roster: list, balances: undefined }, before);
    this.context = { tariffs: own, roster, balances: new Map() };
    this.orders.push({ kind: 'bill', month });
  }

  /** Does all that is left to do. */
  async settle(): Promise<void> {
    for (const day of days) for (let round = 0; round < 3; round += 1) await this.close(day);
    for (let order = this.orders.shift(); order !== undefined; order = this.orders.shift())
      await takeBillOrder(order, this.bills, now);
  }

  async read(key: string): Promise<string> {
    const bytes = this.ports.objects.get(key);
    return bytes === undefined ? '' : new TextDecoder().decode(bytes);
  }
}

/** The bill of all records, made at once. */
function makeWholeBill({ ports, context }: World): ReturnType<BillSum['finish']> {
  const whole = { ...context, month };
  const rater = new Rater(whole);
  const sum = new BillSum(whole, billBy);
  for (const sim of [...sims, silent]) {
    const items = ports.items.get(sim) ?? noItems;
    const usage = days.flatMap((day) => makeRows(day, items).usage);
    if (usage.length > 0 || whole.roster.has(sim)) sum.add(rater.rate({ sim, usage, sessions: [] }));
  }
  return sum.finish();
}

describe('a stored bill', () => {
  test('is that of all records, whatever came late, died, or was done twice', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
      const world = new World();
      for (const sim of sims) world.ports.sims.add(sim);
      await world.take({ kind: 'put', tariff: 0, isListed: false });
      for (const one of steps) await world.take(one);
      await world.settle();
      const text = await world.read(makeBillKey(month));
      expect(text).not.toBe('');
      const bill = parseStored<StoredBill>(text);
      const whole = makeWholeBill(world);
      const { rows, totals, sims: billed, notRated, assumptions } = bill;
      expect(printStored({ rows, totals, billed, notRated, assumptions })).toBe(
        printStored({
          ...{ rows: whole.rows, totals: whole.totals, billed: whole.sims },
          ...{ notRated: whole.notRated, assumptions: whole.assumptions },
        }),
      );
      const lines = await Promise.all(
        bill.plan.parts.map((_, part) => world.read(makeLinesKey(month, part))),
      );
      const found = lines
        .flatMap((one) => one.split('\n'))
        .filter((one) => one !== '')
        .map((one) => JSON.parse(one));
      const listed = found.map(({ groups }) => groups.sim);
      const used = sims.filter((sim) => (world.ports.items.get(sim)?.usage.length ?? 0) > 0);
      expect(new Set(listed)).toEqual(new Set([...used, ...world.context.roster.keys()]));
      expect(await new BillReader(world.bills.lake).listBills()).toMatchObject([
        { month, version: bill.version, totals: JSON.parse(printStored(bill.totals)) },
      ]);
      expect(bill.plan.days.map(({ day }) => day)).toEqual(days);
      expect(bill.plan.missing).toHaveLength(29);
    });
    await fc.assert(property, trials(25));
  });

  test('keeps its version where nothing changes, and rates only the parts that changed', async () => {
    const world = new World();
    for (const sim of sims) world.ports.sims.add(sim);
    await world.take({ kind: 'put', tariff: 0, isListed: false });
    const record = (recordId: string, dataTotal: number): Step => ({
      kind: 'record',
      usage: makeUsage({ sim: sims[0], start: `${days[0]}T12:00:00.000Z`, recordId, dataTotal }),
    });
    await world.take(record('one', 9_000));
    await world.settle();
    const first = parseStored<StoredBill>(await world.read(makeBillKey(month)));
    await world.take(record('two', 0));
    await world.settle();
    const second = parseStored<StoredBill>(await world.read(makeBillKey(month)));
    expect(second.plan.days[0]).toMatchObject({ version: 2 });
    expect(second.plan.parts.filter((id, part) => id !== first.plan.parts[part])).toHaveLength(1);
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(second.history).toMatchObject([{ version: 1 }]);
    await world.take({ kind: 'put', tariff: 0, isListed: false });
    await world.settle();
    expect(parseStored<StoredBill>(await world.read(makeBillKey(month))).version).toBe(2);
  });
});

describe('the months whose bills a day decides', () => {
  const list = (day: string, given: object, stored: readonly string[] = []) =>
    listBilledMonths(day, {
      tariffs: [makeTariff(given)],
      last: '2026-12',
      stored: stored.map((one) => ({ month: one })),
    });

  test.each<[string, object, readonly string[]]>([
    ['2026-10-15', {}, ['2026-10']],
    ['2026-11-01', { attribution: 'close', sessionDays: 2 }, ['2026-10', '2026-11']],
    ['2026-10-02', { attribution: 'start', sessionDays: 2 }, ['2026-09', '2026-10']],
    ['2026-10-25', { period: { kind: 'month', startDay: 24 } }, ['2026-10', '2026-11']],
    ['2026-12-31', { timeZone: 'Europe/Berlin' }, ['2026-12']],
  ])('are those of whose periods it is one: %s %o', (day, given, months) => {
    expect(list(day, given)).toEqual(months);
  });

  test('are also stored ones for whose history it counts', () => {
    const lifetime = {
      charges: [{ name: 'data', prices: [{ price: 1 }] }],
      allowances: [{ name: 'life', charges: ['data'], quantity: 1, lasts: 'lifetime' }],
    };
    expect(list('2026-03-15', lifetime, ['2026-02', '2026-09'])).toEqual(['2026-03', '2026-09']);
  });
});
