import { BillSum } from '../../../lambda/billing/bill.ts';
import { Rater, type RatingContext } from '../../../lambda/billing/rate.ts';
import type { Tariff } from '../../../lambda/billing/tariff.ts';
import { BillReader } from '../../../lambda/bills/bill-reader.ts';
import { readBook, storeList, storeTariff, writeBook } from '../../../lambda/bills/book.ts';
import {
  type BillOrder,
  type BillPorts,
  orderBills,
  takeBillOrder,
} from '../../../lambda/bills/make-bill.ts';
import { billBy, makeBillKey, makeLinesKey, type StoredBill } from '../../../lambda/bills/stored-bill.ts';
import { parseStored, printStored } from '../../../lambda/bills/stored-form.ts';
import { runBucket } from '../../../lambda/days/pass/bucket.ts';
import { beginRound, planDay, planRound } from '../../../lambda/days/pass/plan.ts';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { makeTariff } from '../billing/billed-usage.ts';
import { MemoryPorts } from '../days/pass/memory-ports.ts';

/** Days that are sealed and bills that are stored meanwhile, in memory, with deaths and repetitions. */

export const month = '2026-10';
export const days = ['2026-10-30', '2026-10-31'] as const;
export const sims = ['8988307000000000001', '8988307000000000002', '8988307000000000003'] as const;
const silent = '8988307000000000009';
export const now = Date.UTC(2026, 10, 5);

const tariffs: readonly Tariff[] = ['0.25', '0.5'].map((price) =>
  makeTariff({
    ...{ name: 'tariff', lines: ['country'] },
    charges: [{ name: 'data', unit: 'KB', increment: { step: 1, per: 'day' }, prices: [{ price }] }],
    allowances: [{ name: 'pool', charges: ['data'], quantity: '3', unit: 'KB', of: 'pool' }],
    fees: [{ name: 'SIM', per: 'sim', of: 'listed', prices: [{ price: '0.1' }] }],
    tax: { name: 'VAT', percent: '19' },
  }),
);

/** What happens. */
export type Step =
  | { readonly kind: 'record'; readonly usage: Usage }
  | { readonly kind: 'close'; readonly day: string }
  | { readonly kind: 'put'; readonly tariff: number; readonly isListed: boolean }
  | {
      readonly kind: 'work';
      readonly pick: number;
      readonly isRepeated: boolean;
      readonly diesAt: number | undefined;
    }
  /** All days are closed, and all orders taken, until it dies: behind the writing of an object with such a key. */
  | { readonly kind: 'finish'; readonly diesAfter: string };

class Death extends Error {}

/** Days, their rounds, and bills, in memory. */
export class World {
  readonly ports = new MemoryPorts();
  readonly orders: BillOrder[] = [];
  readonly #closed = new Set<string>();
  /** Calls of the lake that still succeed. */
  #left: number | undefined;
  /** The end of the key of an object, behind whose writing it dies. */
  #deadlyKey: string | undefined;
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
        if (this.#deadlyKey !== undefined && key.endsWith(this.#deadlyKey)) throw new Death();
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
    else if (one.kind === 'finish') {
      await this.#closeAll();
      await this.#work({ diesAfter: one.diesAfter }, async () => {
        for (let order = this.orders[0]; order !== undefined; order = this.orders[0]) {
          await takeBillOrder(order, this.bills, now);
          this.orders.shift();
        }
      });
    } else if (this.orders.length > 0) {
      const [order] = this.orders.splice(one.pick % this.orders.length, 1);
      if (order === undefined) return;
      if (one.isRepeated) this.orders.push(order);
      const isDone = await this.#work({ diesAt: one.diesAt }, () => takeBillOrder(order, this.bills, now));
      if (!isDone) this.orders.push(order);
    }
  }

  /** Runs something that may die: after a number of calls of the lake, or after a key. @returns false if it died. */
  async #work(
    { diesAt, diesAfter }: { readonly diesAt?: number | undefined; readonly diesAfter?: string },
    work: () => Promise<unknown>,
  ): Promise<boolean> {
    this.#left = diesAt;
    this.#deadlyKey = diesAfter;
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      return false;
    } finally {
      this.#left = undefined;
      this.#deadlyKey = undefined;
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

  async #closeAll(): Promise<void> {
    for (const day of days) for (let round = 0; round < 3; round += 1) await this.close(day);
  }

  /** Does all that is left to do. */
  async settle(): Promise<void> {
    await this.#closeAll();
    for (let order = this.orders.shift(); order !== undefined; order = this.orders.shift())
      await takeBillOrder(order, this.bills, now);
  }

  async read(key: string): Promise<string> {
    const bytes = this.ports.objects.get(key);
    return bytes === undefined ? '' : new TextDecoder().decode(bytes);
  }
}

/** The bill of all records, made in one go. */
export function makeWholeBill({ ports, context }: World): ReturnType<BillSum['finish']> {
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

/** What is stored in the end, and what all records come to. */
export interface Ending {
  readonly stored: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

/** Takes steps, and then does all that is left to do. */
export async function runSteps(steps: readonly Step[]): Promise<Ending> {
  const world = new World();
  for (const sim of sims) world.ports.sims.add(sim);
  await world.take({ kind: 'put', tariff: 0, isListed: false });
  for (const one of steps) await world.take(one);
  await world.settle();
  const text = await world.read(makeBillKey(month));
  if (text === '') return { stored: {}, expected: { bill: 'there' } };
  const bill = parseStored<StoredBill>(text);
  const whole = makeWholeBill(world);
  const lines = await Promise.all(bill.plan.parts.map((_, part) => world.read(makeLinesKey(month, part))));
  const listed = lines
    .flatMap((one) => one.split('\n'))
    .filter((one) => one !== '')
    .map((one) => JSON.parse(one).groups.sim as string);
  const used = sims.filter((sim) => (world.ports.items.get(sim)?.usage.length ?? 0) > 0);
  const bills = await new BillReader(world.bills.lake).listBills();
  const { rows, totals, notRated, assumptions, version } = bill;
  return {
    stored: {
      bill: printStored({ rows, totals, sims: bill.sims, notRated, assumptions }),
      lines: [...new Set(listed)].sort(),
      list: bills.map((one) => [one.month, one.version, JSON.stringify(one.totals)]),
      days: bill.plan.days.map(({ day }) => day),
      missing: bill.plan.missing.length,
    },
    expected: {
      bill: printStored({
        ...{ rows: whole.rows, totals: whole.totals, sims: whole.sims },
        ...{ notRated: whole.notRated, assumptions: whole.assumptions },
      }),
      lines: [...new Set([...used, ...world.context.roster.keys()])].sort(),
      list: [[month, version, printStored(totals)]],
      days: [...days],
      missing: 29,
    },
  };
}
