import fc, { type Arbitrary, type Scheduler } from 'fast-check';
import { expect } from 'vitest';
import { Case } from './case.ts';
import { BrokenPromise, deliverFiles, deliverStream } from './delivery.ts';
import { type DeliveryPath, describePath } from './delivery-path.ts';
import { orderlyPass, type Tables, tablesOf } from './expectation.ts';
import { describeFault, type Fault, FaultPlan, faults } from './faults.ts';
import { WatchedWrites } from './invariants.ts';
import { type Engine, type InvocationContext, KeptRejects, type Pause } from './invocation.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';

/** How a path is written, and what the engine answers to it. */
export type Setting = Pick<InvocationContext, 'returnsOld' | 'writes' | 'usageRetentionDays'>;

/** Any setting. Batched writes, the default, come twice as often. */
export const settings: Arbitrary<Setting> = fc.record({
  returnsOld: fc.boolean(),
  writes: fc.constantFrom('batched', 'batched', 'single'),
  usageRetentionDays: fc.constantFrom(0, 35),
});

/** A setting as a failing property prints it. */
export function describeSetting({ returnsOld, writes, usageRetentionDays }: Setting): string[] {
  return [
    `usage is kept for ${usageRetentionDays} days`,
    `failed conditions bring the old item: ${returnsOld}`,
    `writes: ${writes}`,
  ];
}

/** A path and what goes wrong on it. */
export class HostilePath extends Case {
  readonly path: DeliveryPath;
  readonly faults: readonly Fault[];
  readonly setting: Setting;
  readonly scheduler: Scheduler | undefined;

  constructor(path: DeliveryPath, planned: readonly Fault[], setting: Setting, scheduler?: Scheduler) {
    super();
    this.path = path;
    this.faults = planned;
    this.setting = setting;
    this.scheduler = scheduler;
  }

  describe(): readonly string[] {
    return [
      ...describePath(this.path),
      ...this.faults.map(describeFault),
      ...describeSetting(this.setting),
      ...(this.scheduler === undefined ? [] : [`interleaving: ${String(this.scheduler)}`]),
    ];
  }

  /**
   * Delivers all of it, and returns what is then kept.
   *
   * @param lanesRun without a scheduler, how the lanes go: one after the other, or all at once as the engine answers.
   */
  async deliver(
    engine: Engine,
    pause: Pause,
    lanesRun: 'in turn' | 'at once' = 'in turn',
  ): Promise<KeptRejects> {
    const quarantine = new KeptRejects();
    const plan = new FaultPlan(this.faults);
    const context: InvocationContext = { engine, plan, pause, ...this.setting, quarantine };
    const lanes = [
      ...this.path.streams.map((lane) => () => deliverStream(lane, context)),
      ...this.path.files.map((lane) => () => this.#deliverFiles(lane, context)),
    ];
    if (this.scheduler !== undefined) await this.scheduler.waitFor(Promise.all(lanes.map((lane) => lane())));
    else if (lanesRun === 'at once') await Promise.all(lanes.map((lane) => lane()));
    else for (const lane of lanes) await lane();
    await plan.flush();
    return quarantine;
  }

  async #deliverFiles(lane: DeliveryPath['files'][number], context: InvocationContext): Promise<void> {
    const manifests = await deliverFiles(lane, this.path.plan.files, context);
    for (const [index, file] of lane.files.entries()) {
      const { state, rows, accepted, rejected } = manifests[index] ?? {};
      const broken = file.parcels.filter(({ fate }) => fate === 'rejected').length;
      const expected = ['done', file.parcels.length, file.parcels.length - broken, broken];
      if (JSON.stringify([state, rows, accepted, rejected]) !== JSON.stringify(expected)) {
        throw new BrokenPromise(`${lane.name}: the manifest says ${JSON.stringify(manifests[index])}`);
      }
    }
  }
}

/** Compares as text first, which takes a tenth of the time. */
export function expectEqual(found: Tables, expected: Tables): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected);
}

/** Delivers a path, and compares what is then in the tables with an orderly pass. */
export async function expectOneLedger(
  hostile: HostilePath,
  pause: Pause,
): Promise<{ readonly tables: Tables; readonly quarantine: KeptRejects }> {
  const watched = new WatchedWrites();
  const engine = Object.assign(new MemoryDynamoDb(), { onWrite: watched.onWrite });
  const quarantine = await hostile.deliver(engine, pause);
  expect(watched.broken).toEqual([]);
  const tables = tablesOf(engine);
  expectEqual(tables, tablesOf(await orderlyPass(hostile.path, 'all at once')));
  return { tables, quarantine };
}

/** Goes on at once. */
export const goesOn: Pause = async () => undefined;

/** Faults on paths whose requests wait for each other only if they must. */
export function withFaults(path: Arbitrary<DeliveryPath>): Arbitrary<HostilePath> {
  return fc
    .tuple(path, faults, settings)
    .map(([laid, planned, setting]) => new HostilePath(laid, planned, setting));
}

/** The same, and all lanes at once, interleaved at every request. */
export function interleaved(path: Arbitrary<DeliveryPath>): Arbitrary<HostilePath> {
  return fc
    .tuple(path, faults, settings, fc.scheduler())
    .map(([laid, planned, setting, scheduler]) => new HostilePath(laid, planned, setting, scheduler));
}

/** The pause of a path's scheduler. */
export function pauseOf({ scheduler }: HostilePath): Pause {
  if (scheduler === undefined) return goesOn;
  return (where) => scheduler.schedule(Promise.resolve(), where);
}
