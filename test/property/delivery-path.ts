import { gzipSync } from 'node:zlib';
import type { KinesisStreamRecord } from 'aws-lambda';
import fc, { type Arbitrary } from 'fast-check';
import type { Sources } from '../../lambda/aws/sources.ts';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import { carriers, type Source } from '../../lambda/ledger/source.ts';
import { breakRecord, breakRow, writeRecord } from '../../simulator/corruption.ts';
import {
  type FileFraming,
  writeCsvFile,
  writeEventRow,
  writeRow,
  writeUsageRow,
} from '../../simulator/csv-dialect.ts';
import { Random } from '../../simulator/random.ts';
import { type FleetRecord, formatIso, minute, second } from '../../simulator/records.ts';
import { writeTestEvent } from '../../simulator/supersim-dialect.ts';
import { aggregateOf } from '../records/aggregate.ts';
import { inLines } from './case.ts';
import { describeRecord, type ModelFleet } from './fleet.ts';

/**
 * The hostile path between a fleet's carriers and the ledger: records come in any order, several times, packed in any
 * way, by stream and by file, among broken ones.
 */

/** How one copy of a record travels. */
interface CopyPlan {
  /** Copies arrive in this order; equal ones in the order of what happened. */
  readonly when: number;
  /** Shard, or file. */
  readonly lane: number;
  /** By file, where the carrier's files have such records. */
  readonly byFile: boolean;
}

/** A path's choices. Lists are gone through again and again, so that a short one serves any fleet. */
export interface DeliveryPlan {
  readonly copies: readonly (readonly CopyPlan[])[];
  readonly bodies: readonly { readonly size: number; readonly shape: Shape }[];
  /** Records in an invocation. */
  readonly batches: readonly number[];
  /** How often an invocation is repeated although it succeeded. */
  readonly again: readonly number[];
  readonly broken: readonly { readonly record: number; readonly seed: number; readonly copy: CopyPlan }[];
  readonly testEvents: readonly CopyPlan[];
  readonly files: FilePlan;
}

interface FilePlan extends FileFraming {
  /** How often each file is dropped: the first time new, then under the same or another name. */
  readonly drops: readonly ('announced twice' | 'renamed')[];
  /** Bytes of the chunks in which files are read. */
  readonly chunk: number;
  /** After these parts the time is short. */
  readonly shortTimes: readonly boolean[];
  /** Bytes of the blocks of which the parts are made. */
  readonly blockBytes: number;
}

const shapes = ['single', 'array', 'lines', 'concatenated', 'pretty', 'gzip', 'aggregate'] as const;
type Shape = (typeof shapes)[number];

/** Minutes by which history may come late: as long as carriers keep it. */
const longestHistory = 20 * 24 * 60;

/**
 * Paths of all kinds.
 *
 * @param latest minutes by which the latest copies come late.
 */
export function deliveryPlanWithin(latest: number): Arbitrary<DeliveryPlan> {
  const copyPlan: Arbitrary<CopyPlan> = fc.record({
    when: fc.oneof(fc.nat(4), fc.nat(60), fc.constant(latest)),
    lane: fc.nat(1),
    byFile: fc.boolean(),
  });
  return fc.record({
    copies: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.array(copyPlan, { minLength: 1, maxLength: 2 }) },
        { weight: 2, arbitrary: fc.array(copyPlan, { minLength: 1, maxLength: 5 }) },
        { weight: 1, arbitrary: fc.constant([]) },
      ),
      { minLength: 1, maxLength: 12 },
    ),
    bodies: fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), shape: fc.constantFrom(...shapes) }), {
      minLength: 1,
      maxLength: 4,
    }),
    batches: fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(40)), {
      minLength: 1,
      maxLength: 4,
    }),
    again: fc.array(fc.constantFrom(0, 0, 1), { minLength: 1, maxLength: 3 }),
    broken: fc.array(fc.record({ record: fc.nat(60), seed: fc.nat(1_000), copy: copyPlan }), {
      maxLength: 3,
    }),
    testEvents: fc.array(copyPlan, { maxLength: 1 }),
    files: fc.record<FilePlan>({
      byteOrderMark: fc.boolean(),
      carriageReturns: fc.boolean(),
      drops: fc.array(fc.constantFrom('announced twice' as const, 'renamed' as const), { maxLength: 2 }),
      chunk: fc.constantFrom(65_536, 100, 7),
      shortTimes: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
      blockBytes: fc.constantFrom(65_536, 2_000, 400),
    }),
  });
}

/** Paths on which no history is older than carriers keep it. */
export const deliveryPlan = deliveryPlanWithin(longestHistory);

/** A record in the form in which it travels. */
export interface Parcel {
  /** Name of the source that it comes from. */
  readonly source: string;
  readonly text: string;
  readonly form: 'record' | 'usage row' | 'event row';
  readonly fate: 'kept' | 'ignored' | 'rejected';
  /** Never shares a body with others. */
  readonly standsAlone: boolean;
  /** What it is, for a failing case. */
  readonly what: string;
}

/** A parcel's way: when and where. */
interface Trip extends CopyPlan {
  readonly parcel: Parcel;
}

/** A Kinesis record, and what is in it. */
export interface StreamRecord {
  readonly record: KinesisStreamRecord;
  readonly parcels: readonly Parcel[];
}

/** What one shard of one source's stream delivers, batch by batch. */
export interface StreamLane {
  readonly source: Source;
  readonly name: string;
  readonly batches: readonly (readonly StreamRecord[])[];
}

/** A file that is dropped into a source's bucket. */
export interface DroppedFile {
  readonly source: Source;
  readonly key: string;
  readonly version: string;
  readonly bytes: Buffer;
  readonly deliveredAt: number;
  readonly parcels: readonly Parcel[];
}

/** What one consumer of the files' queue works through. */
export interface FileLane {
  readonly name: string;
  readonly files: readonly DroppedFile[];
}

/** All that is delivered of a fleet, and how. */
export interface DeliveryPath {
  readonly fleet: ModelFleet;
  readonly plan: DeliveryPlan;
  readonly streams: readonly StreamLane[];
  readonly files: readonly FileLane[];
  /** Each record of the fleet with the forms in which it is delivered, in the order of what happened. */
  readonly delivered: readonly Delivered[];
  /** Deliveries of each broken record's text. */
  readonly rejected: readonly Parcel[];
}

/** A record that is delivered. */
export interface Delivered {
  readonly record: FleetRecord;
  readonly parcels: readonly Parcel[];
}

/** A Twilio source beside which KORE's is configured. */
export const movedSource = 'twilio-before-kore';

/** The name of the source that is another's like, but that its sessions are refreshed hourly, and its granules shortest. */
function hourlySource(source: string): string {
  return `${source}-hourly`;
}

/** The name of a source in a ledger with a setting. */
export function sourceIn(sessionRefresh: SessionRefresh, source: string): string {
  return sessionRefresh === 'hourly' ? hourlySource(source) : source;
}

/** A fleet as a ledger with a setting takes it: of sources whose sessions are refreshed as it says. */
export function inSetting(fleet: ModelFleet, sessionRefresh: SessionRefresh): ModelFleet {
  const lives = fleet.lives.map((life) => ({ ...life, source: sourceIn(sessionRefresh, life.source) }));
  return { ...fleet, lives };
}

const everyUpdate: readonly Source[] = [
  ...carriers.map((carrier): Source => ({ name: carrier, carrier, bytesPerMegabyte: 1_000_000 })),
  { name: movedSource, carrier: 'twilio', bytesPerMegabyte: 1_000_000, superseded: true },
];
const allSources: readonly Source[] = [
  ...everyUpdate,
  ...everyUpdate.map(
    (source): Source => ({
      ...source,
      ...{ name: hourlySource(source.name), sessionRefresh: 'hourly', granuleMilliseconds: 15 * minute },
    }),
  ),
];

/**
 * The sources of all carriers, each named after its carrier; that of a carrier that another succeeds, and those whose
 * sessions are refreshed hourly.
 */
export const sources: Sources = {
  findByStream: (arn) => sourceOf(arn.slice(arn.lastIndexOf('/') + 1)),
  findByBucket: sourceOf,
};

/** A source by its name. */
export function sourceOf(name: string): Source {
  const source = allSources.find((one) => one.name === name);
  if (source === undefined) throw new Error(`There is no source ${name}`);
  return source;
}

/** Lays out a path for a fleet. */
export function layOut(fleet: ModelFleet, plan: DeliveryPlan): DeliveryPath {
  const records = fleet.lives.flatMap(({ source, records: told }) =>
    told.map((record) => ({ source, record })),
  );
  const last = Math.max(...records.map(({ record }) => record.at), 0);
  const trips: Trip[] = [];
  const delivered: Delivered[] = [];
  for (const [index, { source, record }] of records.entries()) {
    const copies = cyclic(plan.copies, index);
    const own = copies.map((copy) => ({ ...copy, parcel: parcelOf(record, source, copy.byFile) }));
    trips.push(...own);
    if (own.length > 0) delivered.push({ record, parcels: distinct(own.map(({ parcel }) => parcel)) });
  }
  const rejected = plan.broken.flatMap((broken) => brokenTrips(broken, records));
  const tests = plan.testEvents.map((copy, index): Trip => ({ ...copy, parcel: testEvent(last, index) }));
  trips.push(...rejected, ...tests);
  const begin = last + second;
  const path: DeliveryPath = {
    fleet,
    plan,
    delivered,
    rejected: rejected.map(({ parcel }) => parcel),
    streams: streamLanes(trips, plan, begin),
    files: fileLanes(trips, plan, begin, `v${fleet.number}`),
  };
  return Object.assign(path, { [fc.toStringMethod]: () => inLines(describePath(path)) });
}

function parcelOf(record: FleetRecord, source: string, byFile: boolean): Parcel {
  const common = { source, fate: 'kept', standsAlone: false, what: describeRecord(record) } as const;
  const row = byFile ? rowOf(record) : undefined;
  return row === undefined ? { ...common, form: 'record', text: writeRecord(record) } : { ...common, ...row };
}

/** The record's row, if there is one: of what concerns a SIM. Files state whole seconds. */
export function rowOf(record: FleetRecord): Pick<Parcel, 'form' | 'text'> | undefined {
  if (record.kind === 'usage') return { form: 'usage row', text: writeRow(writeUsageRow(record)) };
  if (record.kind === 'event' && record.sim !== undefined) {
    return { form: 'event row', text: writeRow(writeEventRow(record, record.sim)) };
  }
  return undefined;
}

function brokenTrips(
  { record: number, seed, copy }: DeliveryPlan['broken'][number],
  records: readonly { readonly source: string; readonly record: FleetRecord }[],
): Trip[] {
  const { source, record } = records[number % Math.max(records.length, 1)] ?? {};
  if (source === undefined || record === undefined) return [];
  const random = new Random(seed);
  const common = { source, fate: 'rejected', what: `broken ${describeRecord(record)}` } as const;
  if (copy.byFile && record.kind === 'usage') {
    const text = breakRow(record, random);
    return [{ ...copy, parcel: { ...common, text, form: 'usage row', standsAlone: false } }];
  }
  return [{ ...copy, parcel: { ...common, ...breakRecord(record, random), form: 'record' } }];
}

function testEvent(at: number, index: number): Parcel {
  const source = index % 2 === 0 ? 'twilio' : 'kore';
  const id = `00000000-0000-4000-a000-00000000000${index}`;
  const text = writeTestEvent(source, at, id);
  return { source, text, form: 'record', fate: 'ignored', standsAlone: false, what: `test ${id}` };
}

function streamLanes(trips: readonly Trip[], plan: DeliveryPlan, begin: number): StreamLane[] {
  const lanes = grouped(
    trips.filter(({ parcel }) => parcel.form === 'record'),
    ({ parcel, lane }) => `${parcel.source}/${lane}`,
  );
  let sequence = 0;
  return [...lanes].map(([name, own]) => {
    const source = sourceOf(name.slice(0, name.indexOf('/')));
    const records = bodiesOf(inOrder(own), plan.bodies).map(({ shape, trips: together }): StreamRecord => {
      sequence += 1;
      const parcels = together.map(({ parcel }) => parcel);
      const arrivedAt = begin + Math.max(...together.map(({ when }) => when)) * minute;
      return { parcels, record: kinesisRecord(source, name, sequence, arrivedAt, bodyOf(parcels, shape)) };
    });
    return { source, name, batches: batchesOf(records, plan) };
  });
}

interface Body {
  readonly shape: Shape;
  readonly trips: readonly Trip[];
}

/** Puts neighbours into one body; what is not JSON is a body by itself. */
function bodiesOf(trips: readonly Trip[], plans: DeliveryPlan['bodies']): Body[] {
  const bodies: Body[] = [];
  let open: Trip[] = [];
  let plan = cyclic(plans, 0);
  const close = (): void => {
    if (open.length > 0) bodies.push({ shape: plan.shape, trips: open });
    open = [];
    plan = cyclic(plans, bodies.length);
  };
  for (const trip of trips) {
    if (trip.parcel.standsAlone) {
      close();
      bodies.push({ shape: 'single', trips: [trip] });
      continue;
    }
    open.push(trip);
    if (open.length >= plan.size) close();
  }
  close();
  return bodies;
}

function bodyOf(parcels: readonly Parcel[], shape: Shape): Buffer {
  const texts = parcels.map(({ text }) => text);
  switch (shape) {
    case 'array':
      return Buffer.from(`[${texts.join(',')}]`);
    case 'pretty':
      return Buffer.from(`[\n  ${texts.join(',\n  ')}\n]\n`);
    case 'concatenated':
      return Buffer.from(texts.join(''));
    case 'gzip':
      return gzipSync(`[${texts.join(',')}]`);
    case 'aggregate':
      return aggregateOf(...texts.map((text) => Buffer.from(text)));
    default:
      return Buffer.from(texts.join('\n'));
  }
}

/** A Kinesis record as a function gets it. */
export function kinesisRecord(
  source: Source,
  lane: string,
  sequence: number,
  arrivedAt: number,
  data: Buffer,
): KinesisStreamRecord {
  const sequenceNumber = String(sequence).padStart(20, '0');
  const [, shard] = lane.split('/');
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'any',
      sequenceNumber,
      data: data.toString('base64'),
      approximateArrivalTimestamp: arrivedAt / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-00000000000${shard}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/consumer',
    awsRegion: 'us-east-1',
    eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${source.name}`,
  };
}

function batchesOf(records: readonly StreamRecord[], { batches, again }: DeliveryPlan): StreamRecord[][] {
  const cut: StreamRecord[][] = [];
  for (let from = 0, number = 0; from < records.length; number += 1) {
    const size = cyclic(batches, number);
    const batch = records.slice(from, from + size);
    for (let time = 0; time <= cyclic(again, number); time += 1) cut.push(batch);
    from += size;
  }
  return cut;
}

function fileLanes(trips: readonly Trip[], plan: DeliveryPlan, begin: number, version: string): FileLane[] {
  const groups = grouped(
    trips.filter(({ parcel }) => parcel.form !== 'record'),
    ({ parcel, lane }) => `${parcel.source}/${parcel.form === 'usage row' ? 'cdr' : 'events'}_${lane}.csv`,
  );
  const lanes: FileLane[] = [];
  for (const [name, own] of groups) {
    const [sourceName = '', key = ''] = name.split('/');
    const sorted = inOrder(own);
    const parcels = sorted.map(({ parcel }) => parcel);
    const deliveredAt = begin + Math.max(...sorted.map(({ when }) => when)) * minute;
    const source = sourceOf(sourceName);
    const file = { source, key, version, bytes: fileOf(parcels, plan.files), deliveredAt, parcels };
    lanes.push({ name, files: [file] });
    for (const [index, drop] of plan.files.drops.entries()) {
      const again = drop === 'renamed' ? { ...file, key: `copy ${index} of ${key}` } : file;
      lanes.push({ name: `${name} ${drop}`, files: [again] });
    }
  }
  return lanes;
}

/** A CSV file of rows of one kind. */
export function fileOf(parcels: readonly Parcel[], framing: FileFraming): Buffer {
  const kind = parcels[0]?.form === 'usage row' ? 'usage row' : 'event row';
  return writeCsvFile(
    kind,
    parcels.map(({ text }) => text),
    framing,
  );
}

function inOrder(trips: readonly Trip[]): Trip[] {
  return trips.toSorted((a, b) => a.when - b.when);
}

/** An element of a list that is gone through again and again. */
export function cyclic<Element>(list: readonly Element[], index: number): Element {
  const element = list[index % list.length];
  if (element === undefined) throw new RangeError('The list is empty');
  return element;
}

function grouped<Element>(
  elements: readonly Element[],
  nameOf: (element: Element) => string,
): Map<string, Element[]> {
  const groups = new Map<string, Element[]>();
  for (const element of elements) {
    const name = nameOf(element);
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(element);
  }
  return groups;
}

function distinct(parcels: readonly Parcel[]): Parcel[] {
  return [...new Map(parcels.map((parcel) => [parcel.text, parcel])).values()];
}

/** The path in lines: what is delivered, in which order and company. */
export function describePath({ streams, files }: DeliveryPath): string[] {
  return [
    ...streams.flatMap(({ name, batches }) =>
      batches.map((batch) => `stream ${name}: ${batch.map(describeBody).join(' | ')}`),
    ),
    ...files.map(({ name, files: dropped }) => `file ${name}: ${dropped.map(describeFile).join(' | ')}`),
  ];
}

function describeBody({ record, parcels }: StreamRecord): string {
  const at = formatIso(record.kinesis.approximateArrivalTimestamp * 1000);
  const number = Number(record.kinesis.sequenceNumber);
  return `#${number} (${at}) ${parcels.map(({ what }) => what).join(' + ')}`;
}

function describeFile({ key, deliveredAt, parcels }: DroppedFile): string {
  return `${key} (${formatIso(deliveredAt)}) ${parcels.map(({ what }) => what).join(' + ')}`;
}
