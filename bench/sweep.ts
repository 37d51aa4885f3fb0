import { readSources } from '../lambda/aws/sources.ts';
import { interpret } from '../lambda/carriers/index.ts';
import { formatTime } from '../lambda/ledger/time.ts';
import { encodeSimItem, encodeUsageItem } from '../lambda/store/items.ts';
import { functions } from '../lib/limits.ts';
import { bundle, makeTemporaryFolder } from './bundles.ts';
import { readDeployedFunction } from './deployed.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { Knowing, MarksCost } from './probes/marks.ts';
import type { SweepCost, SweepTask } from './probes/sweep.ts';
import { makeFunctionEnvironment, probe, startFleet, startStub } from './processes.ts';
import type { StubFleet } from './stub-fleet.ts';
import { makeRecords } from './workloads.ts';

/**
 * Alert sweeps over a fleet of always-on Super SIMs, of which one in a hundred has been silent for a day, in the
 * function as it is deployed: the sweep that finds these, and the next one. Also what marks cost, by which sweeps know
 * when SIMs were heard. Both are compared with the usual solution: an update of an indexed due date per record.
 */

const minute = 60_000;
const sweepMinutes = 5;
const updateMinutes = 6;
const silentEvery = 100;
const now = Date.parse('2026-11-10T12:00:00Z');
/** Write units for the update of a due date: one, and two in its index, because the entry moves. */
const dueDateUnits = 3;

export async function sweep({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const marks = await measureMarks(Math.min(pairs, 2));
  const sims = quick ? 20_000 : 1_000_000;
  const costs = await measureSweeps(sims);
  const [first, next] = costs.sweeps;
  if (first === undefined || next === undefined) throw new Error('No sweep was measured');
  const title = `${sims.toLocaleString('en-US')} SIMs`;
  const dueDateMicros = marks.results['due-dates'].map(
    (micros, round) => micros - (marks.results.none[round] ?? 0),
  );
  const updates = (sims * sweepMinutes) / updateMinutes;
  return [
    // With its memory, the function has a whole CPU.
    makeFigure('sweep.next.seconds', `${title}, 1 % silent: CPU of a sweep`, [next.cpuSeconds], 's', {
      atMost: (60 * sims) / 1_000_000,
    }),
    makeFigure('sweep.next.rate', '  SIMs a second of CPU', [sims / next.cpuSeconds], ''),
    makeFigure(
      'sweep.next.ratio',
      '  less than updates of due dates in the same time by',
      dueDateMicros.map((micros) => (micros * updates) / 1e6 / next.cpuSeconds),
      '×',
    ),
    makeFigure('sweep.first.seconds', '  of the sweep that finds the silent ones', [first.cpuSeconds], 's'),
    makeFigure('sweep.megabytes', '  peak memory', [costs.megabytes], 'MB', {
      atMost: functions.alertSweep.memoryMegabytes,
    }),
    ...marks.figures,
  ];
}

async function measureSweeps(sims: number): Promise<SweepCost> {
  const path = await bundle(functions.alertSweep.entry, makeTemporaryFolder(), 'sweep');
  const fleet = await startFleet(makeFleet(sims));
  const { timeoutSeconds } = functions.alertSweep;
  const times = [0, sweepMinutes].map((minutes) => formatTime(now + minutes * minute));
  const task: SweepTask = { times, timeoutSeconds };
  try {
    return await probe<SweepCost>('probes/sweep.ts', {
      arguments: [path, JSON.stringify(task)],
      env: makeFunctionEnvironment(fleet.endpoint, 'alertSweep'),
    });
  } finally {
    fleet.stop();
  }
}

/** The fleet, made of copies of one record's items. */
function makeFleet(sims: number): StubFleet {
  const { all } = readSources(readDeployedFunction('kinesisConsumer').environment);
  const source = all.find(({ carrier }) => carrier === 'kore');
  const [record = ''] = makeRecords({ kind: 'session', perSession: 1 }, 1);
  if (source === undefined) throw new Error('No KORE source is deployed');
  const reading = interpret(JSON.parse(record), { source, arrivedAt: now });
  if (reading.kind !== 'observed' || reading.sim === undefined || reading.usage === undefined)
    throw new Error('A record could not be read');
  return {
    ...{ sims, silentEvery, now, source: source.name },
    history: 35 * 24 * 60 * minute,
    updateMilliseconds: updateMinutes * minute,
    sim: encodeSimItem(reading.sim),
    usage: encodeUsageItem(reading.usage, true),
  };
}

/** What a day of records costs with marks, without them, and with due dates. */
async function measureMarks(pairs: number) {
  const stub = await startStub();
  const costs = new Map<Knowing, MarksCost>();
  const measure = (knowing: Knowing) => async () => {
    const cost = await probe<MarksCost>('probes/marks.ts', {
      arguments: [knowing],
      env: makeFunctionEnvironment(stub.endpoint),
    });
    costs.set(knowing, cost);
    return cost.micros;
  };
  try {
    const programs = { none: measure('none'), marks: measure('marks'), 'due-dates': measure('due-dates') };
    const results = await runInterleaved(programs, pairs);
    await measure('forgotten')();
    const count = (knowing: Knowing, what: 'simWrites' | 'simReads' | 'simBytes'): number =>
      costs.get(knowing)?.[what] ?? Number.NaN;
    const records = costs.get('marks')?.records ?? Number.NaN;
    const countAdded = (knowing: Knowing, what: 'simWrites' | 'simReads'): number =>
      ((count(knowing, what) - count('none', what)) * 1_000) / records;
    const units = countAdded('marks', 'simWrites');
    const figures = [
      makeFigure('marks.units', '1,000 records of always-on SIMs: write units of marks', [units], ''),
      makeFigure('marks.units.ratio', '  less than due dates by', [(1_000 * dueDateUnits) / units], '×'),
      makeFigure('marks.reads', '  read units of marks', [countAdded('marks', 'simReads') / 2], ''),
      makeFigure(
        'marks.reads.forgotten',
        '  where a process knows no SIM',
        [countAdded('forgotten', 'simReads') / 2],
        '',
      ),
      makeFigure(
        'marks.bytes',
        '  bytes of marks in a SIM’s item',
        [count('marks', 'simBytes') - count('none', 'simBytes')],
        '',
      ),
      makeFigure(
        'marks.micros',
        '  CPU of marks, nothing sent',
        results.marks.map((micros, round) => micros - (results.none[round] ?? 0)),
        'µs',
      ),
      makeFigure(
        'marks.ratio',
        '  CPU relative to the same without marks',
        computeRatios(results.marks, results.none),
        '×',
      ),
      makeFigure(
        'marks.due-dates.micros',
        '  CPU of due dates, a record',
        results['due-dates'].map((micros, round) => micros - (results.none[round] ?? 0)),
        'µs',
      ),
    ];
    return { results, figures };
  } finally {
    stub.stop();
  }
}
