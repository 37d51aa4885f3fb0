/**
 * The simulator: what carriers deliver, and what the ledger must contain at the end. The local run, the tests and the
 * benchmarks use it.
 *
 * Two generators invent what happens. They share the dialects and the ways to break records:
 *
 * - The fleet of this folder, which a seed determines, is for volume: months of thousands of SIMs in realistic
 *   proportions. It keeps nothing that was delivered.
 * - The model fleet of `test/property/fleet.ts`, which fast-check chooses, is for corner cases: few SIMs at awkward
 *   moments. A failing case is shrunk to the records that matter, which a seeded stream cannot be.
 *
 * Two oracles say what the ledger must contain:
 *
 * - {@link PartitionTruth} learns what happens before it is written as records. It cannot repeat the ledger's mistakes
 *   in reading a dialect or in merging, because it shares no code with it: the simulator imports only types of
 *   simledger. It knows the attributes that users argue about with carriers, not all.
 * - The ordered run of `test/property/expectation.ts` is the ledger's own code, which gets each record once and in
 *   order. It knows every attribute, but can only judge the effects of order, repetition and faults.
 *
 * `test/simulator/dialects.test.ts` compares the dialects with published samples.
 */

import type { SessionRefresh } from '../lambda/ledger/source.ts';
import { LifeFacts } from './alert-truth.ts';
import { breakRecord, breakRow, writeRecord } from './corruption.ts';
import { writeEventRow, writeRow, writeUsageRow } from './csv-dialect.ts';
import { simulateAccount, simulateDataStreamer } from './datastreamer-life.ts';
import { DeliveryPath, type FleetDelivery, type Parcel } from './delivery-path.ts';
import { provideSim, type SimulatedCarrier } from './identity.ts';
import { type Incident, idleInterval, planIncidents } from './incidents.ts';
import type { MeasuredUsage } from './invoice.ts';
import { type FateOfFile, FileLosses, RecordLosses } from './losses.ts';
import { Random } from './random.ts';
import { type FleetRecord, hour, minute, type Span } from './records.ts';
import { writeTestEvent } from './supersim-dialect.ts';
import { simulateSuperSim } from './supersim-life.ts';
import {
  type ExpectedLoss,
  type ExpectedPartition,
  type FleetCounts,
  type FleetTruth,
  makeAccountPartition,
  type NetworkOutage,
  PartitionTruth,
} from './truth.ts';

/**
 * What carriers lose on purpose. `none`: they deliver every record of a session once. `planted`: they lose windows,
 * usage, ends of sessions, rows and files, and deliver some windows under two ids.
 */
export const fleetLosses = ['none', 'planted'] as const;

/** Which fleet to simulate. */
export interface FleetOptions {
  /** How many SIMs, spread over all five carriers; half of them are Super SIMs. */
  readonly sims: number;
  /** Hours that the fleet lives. */
  readonly hours: number;
  /** The same seed gives the same deliveries. 1 by default. */
  readonly seed?: number;
  /**
   * When the fleet's life begins, ISO 8601. {@link fleetStart} by default. The ledger rejects records of the future.
   */
  readonly start?: string;
  /** Which Super SIM updates write their session in the ledger that the truth describes. `update` by default. */
  readonly sessionRefresh?: SessionRefresh;
  /**
   * Whether devices die, attach in a loop, fail and are swapped, and a network has an outage. The truth then has
   * alerts, and idle devices attach regularly, so that only incidents cause silence. False by default.
   */
  readonly hasIncidents?: boolean;
  /**
   * What carriers lose; the truth then has the findings that this must cause. If undefined, some starts and ends of
   * sessions are missing, as in reality.
   */
  readonly losses?: (typeof fleetLosses)[number] | undefined;
  /** Whether the truth has what carriers measure for their invoices. False by default. */
  readonly hasInvoices?: boolean;
}

/** When a fleet's life begins by default. */
export const fleetStart = '2026-10-01T00:00:00Z';

/** A simulated fleet: what its carriers deliver, and what the ledger must contain at the end. */
export interface Fleet {
  /**
   * Batches of a few minutes of the fleet's life each, in order of arrival. They can be iterated once; deliveries are
   * not kept.
   */
  readonly deliveries: Generator<readonly FleetDelivery[], void>;
  /** Complete when all deliveries were yielded. */
  readonly truth: FleetTruth;
  /** The fleet's current time, in milliseconds since the epoch: everything yielded has arrived before. */
  now(): number;
}

/** Parcels that are due are delivered once per slice, in random order. */
const slice = 5 * minute;
const slicesPerHour = hour / slice;
/** Number of slices over which to spread the deliveries that wait until the live ones are over. */
const lateSlices = 24;
/** How many broken records to add for each record. */
const brokenShare = 0.002;

/** A SIM or account that sends records, and how these are delivered. */
interface Sender {
  readonly life: Iterator<FleetRecord, void>;
  next: FleetRecord | undefined;
  /** `late`: the first half arrives as history after the live records. `again`: it then arrives a second time. */
  readonly history: 'none' | 'late' | 'again';
}

/**
 * Simulates a fleet of SIMs of all five carriers, and the path of their records. Most records arrive once, some two or
 * three times; some are out of order by minutes, a few hours late, or replayed as history after the live ones; some are
 * in arrays, JSON lines or gzip; usage of 1NCE, emnify and Telekom is also in CSV files; about two in a thousand are
 * broken.
 */
export function simulateFleet(options: FleetOptions): Fleet {
  const simulation = new Simulation(options);
  return { deliveries: simulation.run(), truth: simulation, now: () => simulation.now };
}

class Simulation implements FleetTruth {
  readonly partitions = new Map<string, ExpectedPartition>();
  private readonly span: Span;
  private readonly random: Random;
  private readonly path: DeliveryPath;
  private readonly senders: Sender[];
  private readonly lastSlice: number;
  private readonly middle: number;
  private readonly incidents: ReadonlyMap<number, Incident> | undefined;
  readonly outage: NetworkOutage | undefined;
  private readonly losses: RecordLosses[] | undefined;
  private readonly fileLosses: FileLosses | undefined;
  readonly measured: MeasuredUsage[] | undefined;
  private distinct = 0;
  /** The clock stops at the end of the fleet's life, when late records arrive. */
  now: number;

  constructor(options: FleetOptions) {
    const { sims, hours, seed = 1, start = fleetStart, sessionRefresh = 'update' } = options;
    const { hasIncidents = false } = options;
    const from = Date.parse(start);
    if (Number.isNaN(from)) throw new RangeError(`The fleet's start is not an ISO 8601 time: ${start}`);
    this.span = { from, to: from + hours * hour };
    this.now = from;
    this.incidents = hasIncidents ? planIncidents(sims, seed, this.span) : undefined;
    this.losses = options.losses && [];
    this.fileLosses = options.losses && new FileLosses(this.span, options.losses === 'planted');
    this.measured = options.hasInvoices === true ? [] : undefined;
    this.middle = from + (hours / 2) * hour;
    this.lastSlice = Math.ceil(hours * slicesPerHour);
    this.random = Random.derive(seed, -1);
    this.path = new DeliveryPath(Random.derive(seed, -2));
    this.senders = [
      ...this.simSenders(sims, seed, sessionRefresh, options.losses),
      ...this.accountSenders(sims, seed),
    ];
    this.outage = this.incidents && findOutage(sims, seed, this.incidents);
    this.sendTestEvents(hours);
  }

  get missing(): readonly ExpectedLoss[] | undefined {
    return this.losses && [...this.losses.flatMap((one) => one.listExpected()), ...this.path.lostFiles];
  }

  get counts(): FleetCounts {
    return { ...this.path.departures, distinct: this.distinct };
  }

  *run(): Generator<readonly FleetDelivery[], void> {
    for (let now = 0; now < this.lastSlice || this.path.isBusy; now++) {
      const until = this.span.from + (now + 1) * slice;
      for (const sender of this.senders) this.advance(sender, until, now);
      const arrivals = this.path.takeArrivals(now);
      if (now % slicesPerHour === slicesPerHour - 1)
        arrivals.push(...this.path.closeFiles(until, this.listFates(now)));
      this.now = Math.min(until, this.span.to);
      if (arrivals.length > 0) yield arrivals;
    }
    yield this.path.closeFiles(this.span.to + 48 * hour);
  }

  /** The fates of the files that carriers put at the end of an hour. */
  private listFates(now: number): readonly FateOfFile[] {
    return this.fileLosses?.listFates(Math.floor(now / slicesPerHour)) ?? [];
  }

  private *simSenders(
    sims: number,
    seed: number,
    sessionRefresh: SessionRefresh,
    lost: FleetOptions['losses'],
  ): Generator<Sender> {
    for (let index = 0; index < sims; index++) {
      const random = Random.derive(seed, index);
      const sim = provideSim(index, random);
      const facts = this.incidents && new LifeFacts(sim.carrier);
      const truth = new PartitionTruth(sessionRefresh, facts, this.measured);
      this.partitions.set(sim.sim, truth);
      const superSim = sim.carrier === 'twilio' || sim.carrier === 'kore';
      const { fileLosses } = this;
      const losses =
        fileLosses && new RecordLosses(Random.derive(seed ^ 0x1055, index), lost === 'planted', fileLosses);
      if (losses !== undefined) this.losses?.push(losses);
      const incidental = this.incidents && { incident: this.incidents.get(index), idleInterval };
      const course = { ...incidental, losses };
      const life = (superSim ? simulateSuperSim : simulateDataStreamer)(
        sim,
        this.span,
        random,
        truth,
        course,
      );
      const draw = random.drawInteger(100);
      // A SIM whose records wait as history cannot count as silent together with others.
      const { incident } = incidental ?? {};
      const isLive = incident?.kind === 'dark' && incident.cause === 'outage';
      const history = isLive || draw >= 3 ? 'none' : draw < 2 ? 'late' : 'again';
      yield { life, next: takeNext(life), history };
    }
  }

  private *accountSenders(sims: number, seed: number): Generator<Sender> {
    for (const [position, source] of (['1nce', 'emnify', 'telekom'] as const).entries()) {
      const truth = new PartitionTruth();
      this.partitions.set(makeAccountPartition(source), truth);
      const index = sims + position;
      const life = simulateAccount(source, index * 1_000_000, this.span, Random.derive(seed, index), truth);
      yield { life, next: takeNext(life), history: 'none' };
    }
  }

  private sendTestEvents(hours: number): void {
    for (let after = 0; after < hours; after += 6) {
      for (const source of ['twilio', 'kore'] as const) {
        const text = writeTestEvent(source, this.span.from + after * hour, this.random.drawUuid());
        const parcel: Parcel = {
          source,
          write: () => text,
          partitionKey: 'test',
          form: 'record',
          standsAlone: false,
          fate: 'ignored',
        };
        this.path.send(parcel, after * slicesPerHour);
      }
    }
  }

  /** Sends the sender's records up to a time. */
  private advance(sender: Sender, until: number, now: number): void {
    while (sender.next !== undefined && sender.next.at < until) {
      this.dispatch(sender.next, sender.history, now);
      sender.next = takeNext(sender.life);
    }
  }

  private dispatch(record: FleetRecord, history: Sender['history'], now: number): void {
    this.distinct++;
    const replayed = history !== 'none' && record.at < this.middle;
    for (const parcel of packRecord(record)) {
      const copies = this.drawCopies();
      for (let copy = 0; copy < copies; copy++) {
        const delay = replayed && history === 'late' ? this.drawLateDelay(now) : this.drawDelay(now, copy);
        this.path.send(parcel, now + delay);
      }
      if (replayed && history === 'again') this.path.send(parcel, now + this.drawLateDelay(now));
    }
    if (this.random.decide(brokenShare))
      this.path.send(this.makeBroken(record), now + this.drawDelay(now, 0));
  }

  private drawCopies(): number {
    const draw = this.random.drawInteger(1000);
    return draw < 915 ? 1 : draw < 990 ? 2 : 3;
  }

  /**
   * How many slices until a copy arrives: none or one for most, hours for some, and until after the live records for a
   * few.
   */
  private drawDelay(now: number, copy: number): number {
    const draw = this.random.drawInteger(1000) + copy * 40;
    if (draw < 700) return 0;
    if (draw < 960) return 1;
    if (draw < 980) return this.random.drawBetween(2, 4);
    return draw < 1010 ? this.random.drawBetween(5, 4 * slicesPerHour) : this.drawLateDelay(now);
  }

  private drawLateDelay(now: number): number {
    return Math.max(this.lastSlice - now, 0) + this.random.drawInteger(lateSlices);
  }

  private makeBroken(record: FleetRecord): Parcel {
    const [parcel] = packRecord(record);
    const { source, partitionKey } = parcel;
    if (record.kind === 'usage' && parcel.form === 'usage row') {
      const row = breakRow(record, this.random);
      return { ...parcel, write: () => row, fate: 'rejected' };
    }
    const { text, standsAlone } = breakRecord(record, this.random);
    return { source, partitionKey, form: 'record', standsAlone, write: () => text, fate: 'rejected' };
  }
}

/** The forms in which a record is delivered: a stream record, a file's row, or both. */
function packRecord(record: FleetRecord): readonly [Parcel, ...Parcel[]] {
  const { sim } = record;
  const source: SimulatedCarrier = record.kind === 'event' ? record.source : record.sim.carrier;
  const partitionKey = sim?.sim ?? source;
  const parcel = { source, partitionKey, standsAlone: false, fate: 'kept' } as const;
  if (record.kind === 'connection' || sim === undefined || record.path === 'stream') {
    return [{ ...parcel, form: 'record', write: () => writeRecord(record) }];
  }
  const row =
    record.kind === 'event'
      ? ({ ...parcel, form: 'event row', write: () => writeRow(writeEventRow(record, sim)) } as const)
      : ({ ...parcel, form: 'usage row', write: () => writeRow(writeUsageRow(record)) } as const);
  return record.path === 'file'
    ? [row]
    : [{ ...parcel, form: 'record', write: () => writeRecord(record) }, row];
}

function takeNext(life: Iterator<FleetRecord, void>): FleetRecord | undefined {
  const step = life.next();
  return step.done === true ? undefined : step.value;
}

/** The network that has an outage for more than one device; undefined if no network has one. */
function findOutage(
  sims: number,
  seed: number,
  incidents: ReadonlyMap<number, Incident>,
): NetworkOutage | undefined {
  const all = Array.from({ length: sims }, (_, index) => ({
    sim: provideSim(index, Random.derive(seed, index)),
    incident: incidents.get(index),
  }));
  const silenced = all.filter(({ incident }) => incident?.kind === 'dark' && incident.cause === 'outage');
  const network = silenced[0]?.sim.network;
  if (network === undefined) return undefined;
  const visitors = all.filter(({ sim }) => sim.network === network);
  return {
    network: `${network.mcc}-${network.mnc}`,
    sims: new Set(silenced.map(({ sim: { sim } }) => sim)),
    visitors: new Set(visitors.map(({ sim: { sim } }) => sim)),
  };
}
