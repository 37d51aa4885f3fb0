/**
 * The simulator: what carriers deliver, and what the ledger must hold in the end. The local run, the tests and the
 * benchmarks use it.
 *
 * Two generators make up what happens, and write it in the same dialects and with the same breakages:
 *
 * - The fleet of this folder, drawn from a seed, for volume: months of thousands of SIMs in the proportions of real
 *   traffic, with nothing kept that was delivered.
 * - The model fleet of `test/property/fleet.ts`, chosen by fast-check, for corners: few SIMs at awkward moments, of
 *   which a failing case is shortened to the records that matter. A seeded stream cannot be shortened.
 *
 * Two oracles say what the ledger must hold:
 *
 * - {@link PartitionTruth} learns what happens before it is written as records. So it cannot share a misreading of a
 *   dialect or a mistake in merging with the ledger. It shares no code: of simledger the simulator imports types only.
 *   It knows the attributes that carriers argue about, not all.
 * - The orderly pass of `test/property/expectation.ts` is the ledger's own code, given each record once and in order.
 *   It knows every attribute, but it is independent of order, repetition and faults only.
 *
 * `test/simulator/dialects.test.ts` holds the dialects to published samples.
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
 * What carriers lose on purpose: `none` deliver every record of a session once; `planted` lose windows, usage, ends of
 * sessions, rows and files, or deliver windows under two ids.
 */
export const fleetLosses = ['none', 'planted'] as const;

/** What fleet is simulated. */
export interface FleetOptions {
  /** SIMs, spread over all five carriers; half are Super SIMs. */
  readonly sims: number;
  /** Hours of the fleet's life. */
  readonly hours: number;
  /** The same seed gives the same deliveries. Default 1. */
  readonly seed?: number;
  /** When it begins, ISO 8601. Default {@link fleetStart}; the ledger rejects records of the future. */
  readonly start?: string;
  /** Which Super SIM updates write their session in the ledger that the fleet's truth is about. Default `update`. */
  readonly sessionRefresh?: SessionRefresh;
  /**
   * Whether devices die, loop, fail and are swapped, and a network is out, and the truth has alerts. Idle devices then
   * attach regularly, so that only incidents cause silence. Default false.
   */
  readonly hasIncidents?: boolean;
  /**
   * What carriers lose, so that the truth has what must be found missing. Undefined for lives some of whose starts and ends
   * are missing, as in reality.
   */
  readonly losses?: (typeof fleetLosses)[number] | undefined;
  /** Whether the truth has what carriers measure for their invoices. Default false. */
  readonly hasInvoices?: boolean;
}

/** When a fleet's life begins unless another time is asked for. */
export const fleetStart = '2026-10-01T00:00:00Z';

/** A simulated fleet: what its carriers deliver, and what the ledger must hold in the end. */
export interface Fleet {
  /**
   * Batches of a few minutes of the fleet's life each, in the order of their arrival. They can be iterated once;
   * deliveries are not kept.
   */
  readonly deliveries: Generator<readonly FleetDelivery[], void>;
  /** Complete when the deliveries are exhausted. */
  readonly truth: FleetTruth;
  /** The time up to which it has lived: what was yielded arrived before, in epoch milliseconds. */
  now(): number;
}

/** Due parcels are delivered once per slice, in random order. */
const slice = 5 * minute;
const slicesPerHour = hour / slice;
/** Deliveries that wait until the live ones are over are spread over so many slices. */
const lateSlices = 24;
/** Extra records, broken ones, for each record. */
const brokenShare = 0.002;

/** A sender of records, and how they are delivered. */
interface Traveller {
  readonly life: Iterator<FleetRecord, void>;
  next: FleetRecord | undefined;
  /** `late`: the first half arrives as history after the live records; `again`: it arrives a second time then. */
  readonly history: 'none' | 'late' | 'again';
}

/**
 * Simulates a fleet of SIMs of all five carriers, and the path that their records take: most arrive once, some two or
 * three times, disordered by minutes, a few hours late or as replayed history after the live ones; some in arrays,
 * JSON lines or gzip; usage of 1NCE, emnify and Telekom also in CSV files; about two in a thousand broken.
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
  private readonly travellers: Traveller[];
  private readonly lastSlice: number;
  private readonly middle: number;
  private readonly incidents: ReadonlyMap<number, Incident> | undefined;
  readonly outage: NetworkOutage | undefined;
  private readonly losses: RecordLosses[] | undefined;
  private readonly fileLosses: FileLosses | undefined;
  readonly measured: MeasuredUsage[] | undefined;
  private distinct = 0;
  /** The clock stops at the end of its hours: late records arrive at that moment. */
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
    this.travellers = [
      ...this.makeSimTravellers(sims, seed, sessionRefresh, options.losses),
      ...this.makeAccountTravellers(sims, seed),
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
      for (const traveller of this.travellers) this.advance(traveller, until, now);
      const arrivals = this.path.takeArrivals(now);
      if (now % slicesPerHour === slicesPerHour - 1)
        arrivals.push(...this.path.closeFiles(until, this.listFates(now)));
      this.now = Math.min(until, this.span.to);
      if (arrivals.length > 0) yield arrivals;
    }
    yield this.path.closeFiles(this.span.to + 48 * hour);
  }

  /** What becomes of the files that carriers put at the end of an hour, whatever is in them. */
  private listFates(now: number): readonly FateOfFile[] {
    return this.fileLosses?.listFates(Math.floor(now / slicesPerHour)) ?? [];
  }

  private *makeSimTravellers(
    sims: number,
    seed: number,
    sessionRefresh: SessionRefresh,
    lost: FleetOptions['losses'],
  ): Generator<Traveller> {
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
      // While its records wait as history, the SIM is not known to be silent together with others.
      const { incident } = incidental ?? {};
      const isLive = incident?.kind === 'dark' && incident.cause === 'outage';
      const history = isLive || draw >= 3 ? 'none' : draw < 2 ? 'late' : 'again';
      yield { life, next: takeNext(life), history };
    }
  }

  private *makeAccountTravellers(sims: number, seed: number): Generator<Traveller> {
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

  /** Sends the records of the traveller's life until then. */
  private advance(traveller: Traveller, until: number, now: number): void {
    while (traveller.next !== undefined && traveller.next.at < until) {
      this.dispatch(traveller.next, traveller.history, now);
      traveller.next = takeNext(traveller.life);
    }
  }

  private dispatch(record: FleetRecord, history: Traveller['history'], now: number): void {
    this.distinct++;
    const replayed = history !== 'none' && record.at < this.middle;
    for (const parcel of packRecord(record)) {
      const copies = this.drawCopies();
      for (let copy = 0; copy < copies; copy++) {
        const delay = replayed && history === 'late' ? this.drawLateSlice(now) : this.delay(now, copy);
        this.path.send(parcel, now + delay);
      }
      if (replayed && history === 'again') this.path.send(parcel, now + this.drawLateSlice(now));
    }
    if (this.random.decide(brokenShare)) this.path.send(this.makeBroken(record), now + this.delay(now, 0));
  }

  private drawCopies(): number {
    const draw = this.random.drawInteger(1000);
    return draw < 915 ? 1 : draw < 990 ? 2 : 3;
  }

  /** Slices until a copy arrives: none or one for most, hours for some, and after the live records for a few. */
  private delay(now: number, copy: number): number {
    const draw = this.random.drawInteger(1000) + copy * 40;
    if (draw < 700) return 0;
    if (draw < 960) return 1;
    if (draw < 980) return this.random.drawBetween(2, 4);
    return draw < 1010 ? this.random.drawBetween(5, 4 * slicesPerHour) : this.drawLateSlice(now);
  }

  private drawLateSlice(now: number): number {
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

/** The forms in which a record travels: by stream, as a file's row, or both. */
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

/** The network that is out for more than one device, if there is one. */
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
