import fc, { type Arbitrary } from 'fast-check';
import {
  findFirstSim,
  networks,
  provideSim,
  type Sim,
  type SimulatedCarrier,
  simulatedCarriers,
} from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import {
  type CarrierEvent,
  type ConnectionEvent,
  type ConnectionType,
  type FleetRecord,
  formatIso,
  second,
  type UsageRecord,
  type Volume,
} from '../../simulator/records.ts';
import { makeSessionId } from '../../simulator/truth.ts';
import { inLines } from './case.ts';

/**
 * A model fleet: a few SIMs of any carrier, each with a short random life. The records are the
 * simulator's, and so are their spellings; what happens, when and how much is fast-check's to choose and to shorten.
 */

/** What one SIM, or one account, lived through: its records in the order in which they happened. */
export interface Life {
  /** Name of the source that its records come from. */
  readonly source: string;
  readonly records: readonly FleetRecord[];
}

/** Lives that begin at about the same time. */
export interface ModelFleet {
  /** Tells it apart from other fleets in the same ledger. */
  readonly number: number;
  readonly lives: readonly Life[];
}

/** Moments around which clocks and calendars turn: a year, a leap day, a month, the hours that daylight saving repeats. */
const epochs = [
  '2026-10-01T08:00:00.000Z',
  '2026-12-31T23:58:00.000Z',
  '2028-02-28T23:58:00.000Z',
  '2028-02-29T23:58:00.000Z',
  '2026-02-28T23:58:00.000Z',
  '2026-03-08T06:58:00.000Z',
  '2026-11-01T05:58:00.000Z',
  '2026-03-29T00:58:00.000Z',
  '2000-01-01T02:00:00.000Z',
] as const;

const seconds = fc.oneof(fc.nat(3), fc.nat(900), fc.constantFrom(60, 86_400));
const bytes = fc.oneof(fc.constant(0), fc.nat(2_000), fc.constantFrom(1, 999_999, 1_000_000, 4_294_967_296));
const volume: Arbitrary<Volume> = fc.record({ up: bytes, down: bytes });

/** What changes about a SIM and its device while it lives. */
interface Change {
  readonly network?: number;
  readonly device?: number;
  readonly address?: number;
  readonly cell?: number;
  readonly name?: number;
  readonly subscription?: number;
}

const change: Arbitrary<Change> = fc.record(
  {
    network: fc.nat(networks.length - 1),
    device: fc.nat(1),
    address: fc.nat(1),
    cell: fc.nat(2),
    name: fc.nat(1),
    subscription: fc.nat(1),
  },
  { requiredKeys: [] },
);
const rareChange = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: change });

interface Window {
  readonly seconds: number;
  readonly volume: Volume;
  readonly change: Change;
  /** Whether the carrier tells of the context between: event 4, or an update without its running total. */
  readonly remark: boolean;
}

const windows = fc.array(fc.record<Window>({ seconds, volume, change: rareChange, remark: fc.boolean() }), {
  maxLength: 4,
});

/** The whole of a life begins here. */
interface Teller {
  sim: Sim;
  at: number;
  /** Milliseconds within the second, where the dialect states them. */
  readonly fraction: number;
  readonly first: number;
  count: number;
}

type Act = (teller: Teller) => Iterable<FleetRecord>;

const attach: Arbitrary<Act> = fc
  .record({
    seconds,
    outcome: fc.constantFrom<ConnectionType>(
      'attachment.accepted',
      'attachment.rejected',
      'attachment.failed',
      'data-session.failed',
    ),
    change: rareChange,
  })
  .map(
    (act) =>
      function* (teller): Iterable<FleetRecord> {
        pass(teller, act.seconds, act.change);
        yield connection(teller, act.outcome);
      },
  );

const dataSession: Arbitrary<Act> = fc
  .record({
    seconds,
    told: fc.boolean(),
    windows,
    close: fc.constantFrom('ended', 'ended without totals', 'failed', 'open'),
    change: rareChange,
  })
  .map(
    (act) =>
      function* (teller): Iterable<FleetRecord> {
        pass(teller, act.seconds, act.change);
        const session = { sid: `PI${hexOf(teller)}`, start: teller.at };
        if (act.told) yield connection(teller, 'data-session.started', { session });
        let total: Volume = { up: 0, down: 0 };
        for (const one of act.windows) {
          const window = { start: teller.at, ...one.volume };
          pass(teller, one.seconds, one.change);
          total = { up: total.up + window.up, down: total.down + window.down };
          yield connection(teller, 'data-session.updated', { session, window, ...running(teller, total) });
        }
        if (act.close === 'open') return;
        pass(teller, act.seconds);
        if (act.close === 'failed') yield connection(teller, 'data-session.failed', { session });
        else {
          const window = { start: teller.at - act.seconds * second, ...{ up: 7, down: 11 } };
          total = { up: total.up + window.up, down: total.down + window.down };
          const totals = act.close === 'ended' ? running(teller, total) : {};
          yield connection(teller, 'data-session.ended', { session, window, ...totals });
        }
      },
  );

/** Schema version 1 states no running totals. */
function running({ sim }: Teller, runningTotal: Volume): Partial<ConnectionEvent> {
  return sim.superSim.schema === 1 ? {} : { runningTotal };
}

const happening: Arbitrary<Act> = fc
  .record({
    seconds,
    typeId: fc.constantFrom(1, 2, 3, 8, 9, 11, 15, 18, 20, 56, 99),
    change: rareChange,
  })
  .map(
    (act) =>
      function* (teller): Iterable<FleetRecord> {
        pass(teller, act.seconds, act.change);
        yield event(teller, act.typeId);
      },
  );

const shortMessage: Arbitrary<Act> = fc.record({ seconds, messages: fc.integer({ min: 1, max: 3 }) }).map(
  (act) =>
    function* (teller): Iterable<FleetRecord> {
      pass(teller, act.seconds);
      yield usage(teller, teller.at, { up: 0, down: 0 }, act.messages, contextOf(teller, teller.at));
    },
);

const packetSession: Arbitrary<Act> = fc
  .record({
    seconds,
    told: fc.boolean(),
    beganEarlier: fc.boolean(),
    windows,
    closed: fc.boolean(),
    change: rareChange,
  })
  .map(
    (act) =>
      function* (teller): Iterable<FleetRecord> {
        pass(teller, act.seconds, act.change);
        const context = contextOf(teller, act.beganEarlier ? teller.at - 5_000 * second : teller.at);
        if (act.told) yield event(teller, 3, { context });
        let total: Volume = { up: 0, down: 0 };
        for (const one of act.windows) {
          const start = teller.at;
          pass(teller, one.seconds, one.change);
          total = { up: total.up + one.volume.up, down: total.down + one.volume.down };
          yield usage(teller, start, one.volume, 0, context);
          if (one.remark) yield event(teller, 4, { context });
        }
        if (act.closed) yield event(teller, 5, { context, volume: total });
      },
  );

/** Lets time go by, and things change. */
function pass(teller: Teller, duration: number, changed: Change = {}): void {
  teller.at += duration * second;
  const { sim } = teller;
  const { network, device, address, cell, name, subscription } = changed;
  teller.sim = {
    ...sim,
    ...(network !== undefined && { network: networks[network] ?? sim.network }),
    ...(device !== undefined && deviceOf(device)),
    ...(address !== undefined && { ipAddress: `100.64.0.${address}` }),
    ...(cell !== undefined && { cellId: 1_000 + cell, locationAreaCode: 2_000 + cell }),
    ...(name !== undefined && { name: `renamed-${name}` }),
    ...(subscription !== undefined && { imsi: `90140510000000${subscription}` }),
  };
}

function deviceOf(number: number): Pick<Sim, 'imei' | 'imeisv'> {
  return number === 0
    ? { imei: '358600842867678', imeisv: '3586008428676712' }
    : { imei: '863576047850005', imeisv: '8635760478500001' };
}

function connection(
  teller: Teller,
  type: ConnectionType,
  about: Partial<ConnectionEvent> = {},
): ConnectionEvent {
  return {
    kind: 'connection',
    sim: teller.sim,
    type,
    eventSid: `EZ${hexOf(teller)}`,
    at: teller.at,
    ...about,
  };
}

function event(teller: Teller, typeId: number, about: Partial<CarrierEvent> = {}): CarrierEvent {
  const { sim, at, fraction } = teller;
  // 1NCE's nested events state whole seconds.
  const inSeconds = sim.carrier === '1nce' && sim.dataStreamer.generation === 'nested';
  const stated = at + (inSeconds ? 0 : fraction);
  return {
    kind: 'event',
    source: sim.carrier,
    sim,
    typeId,
    id: idOf(teller),
    at: stated,
    path: 'stream',
    ...about,
  };
}

function usage(
  teller: Teller,
  start: number,
  volume: Volume,
  messages: number,
  context: NonNullable<CarrierEvent['context']>,
): UsageRecord {
  const { sim, at, fraction } = teller;
  const named = sim.carrier === 'emnify' || sim.dataStreamer.generation === 'flat';
  // emnify mixes whole seconds and milliseconds.
  const end = at + (sim.carrier === 'emnify' ? fraction : 0);
  const begin = start + (sim.carrier === 'emnify' && teller.count % 2 === 1 ? fraction : 0);
  return {
    kind: 'usage',
    sim,
    id: idOf(teller),
    at: end,
    start: begin,
    end,
    volume,
    messages,
    path: 'stream',
    ...(named && { sessionId: makeSessionId(sim.carrier, sim.dataStreamer, context) }),
  };
}

function contextOf(teller: Teller, tunnelCreated: number): NonNullable<CarrierEvent['context']> {
  const id = 100_000_000 + teller.first + teller.count;
  const uuid = `00000000-0000-4000-a000-${String(id).padStart(12, '0')}`;
  return { id, tunnelCreated, uuid, ratType: [1, 2, 6, 8, 9][teller.count % 5] ?? 6 };
}

/** Flat records count beyond the integers that JavaScript keeps apart. */
function idOf(teller: Teller): string {
  teller.count += 1;
  const number = teller.first + teller.count;
  return teller.sim.dataStreamer.generation === 'flat'
    ? `9007199${String(number).padStart(12, '0')}`
    : String(4_000_000_000 + number);
}

function hexOf(teller: Teller): string {
  teller.count += 1;
  return (teller.first + teller.count).toString(16).padStart(32, '0');
}

interface LifePlan {
  readonly carrier: SimulatedCarrier;
  readonly dialect: number;
  readonly fraction: number;
  readonly seconds: number;
  readonly superSimActs: readonly Act[];
  readonly streamerActs: readonly Act[];
}

function lifePlan(carriers: readonly SimulatedCarrier[]): Arbitrary<LifePlan> {
  return fc.record({
    carrier: fc.constantFrom(...carriers),
    dialect: fc.nat(7),
    fraction: fc.constantFrom(0, 0, 17),
    seconds,
    superSimActs: fc.array(fc.oneof(dataSession, attach), { minLength: 1, maxLength: 2 }),
    streamerActs: fc.array(fc.oneof(packetSession, packetSession, happening, shortMessage), {
      minLength: 1,
      maxLength: 2,
    }),
  });
}

const userEvent = fc.record({
  carrier: fc.constantFrom<SimulatedCarrier>('1nce', 'emnify', 'telekom'),
  typeId: fc.constantFrom(6, 13, 41, 67),
  seconds,
});

/** Which fleets are made. */
export interface FleetOptions {
  /** Tells fleets apart that share a ledger. */
  readonly number?: () => number;
  readonly carriers?: readonly SimulatedCarrier[];
  readonly maxSims?: number;
  /** Whether there are events that name a user of the carrier's portal, and no SIM. */
  readonly withUsers?: boolean;
}

/** Fleets of one to three SIMs, if no other number is given. */
export function fleetOf(options: FleetOptions = {}): Arbitrary<ModelFleet> {
  const { number = () => 0, carriers = simulatedCarriers, maxSims = 3, withUsers = true } = options;
  const hasStreamers = carriers.some((carrier) => carrier !== 'twilio' && carrier !== 'kore');
  return fc
    .record({
      epoch: fc.constantFrom(...epochs),
      lives: fc.array(lifePlan(carriers), { minLength: 1, maxLength: maxSims }),
      userEvents: fc.array(userEvent, { maxLength: withUsers && hasStreamers ? 2 : 0 }),
    })
    .map(({ epoch, lives, userEvents }) => {
      const from = Date.parse(epoch);
      const own = number();
      const base = own * 10;
      const fleet: ModelFleet = {
        number: own,
        lives: [
          ...lives.map((plan, index) => lifeOf(plan, base + index, from)),
          ...userEvents.map((plan, index) => accountLifeOf(plan, base + 8 + index, from)),
        ],
      };
      const records = fleet.lives.flatMap((life) => life.records);
      return Object.assign(fleet, { [fc.toStringMethod]: () => inLines(records.map(describeRecord)) });
    });
}

function lifeOf(plan: LifePlan, number: number, from: number): Life {
  const { carrier, dialect, fraction } = plan;
  const index = number * 10 + findFirstSim(carrier);
  const provided = provideSim(index, new Random(index));
  const sim: Sim = { ...provided, ...dialectOf(provided, dialect) };
  const teller: Teller = { sim, at: from + plan.seconds * second, fraction, first: index * 1_000, count: 0 };
  const isSuperSim = carrier === 'twilio' || carrier === 'kore';
  const acts = isSuperSim ? plan.superSimActs : plan.streamerActs;
  return { source: carrier, records: acts.flatMap((act) => [...act(teller)]) };
}

/** Each bit of the number chooses one of a dialect's ways. */
function dialectOf({ carrier, dataStreamer }: Sim, number: number): Pick<Sim, 'superSim' | 'dataStreamer'> {
  const [first, second, third] = [(number & 1) === 1, (number & 2) === 2, (number & 4) === 4];
  const generation = carrier === 'telekom' ? 'old' : carrier === '1nce' && first ? 'flat' : 'nested';
  return {
    superSim: {
      typePrefix: first ? 'com.kore.supersim.connection.' : 'com.twilio.iot.supersim.connection.',
      dataAsText: second,
      schema: third ? 1 : 2,
    },
    dataStreamer: {
      ...dataStreamer,
      generation,
      numericIdentity: generation === 'old' && second,
      statesTunnelCreated: generation !== 'old' || third,
    },
  };
}

function accountLifeOf(
  { carrier, typeId, seconds: after }: { carrier: SimulatedCarrier; typeId: number; seconds: number },
  number: number,
  from: number,
): Life {
  const id = String(4_000_000_000 + number * 1_000);
  const at = from + after * second;
  return { source: carrier, records: [{ kind: 'event', source: carrier, typeId, id, at, path: 'stream' }] };
}

/** A record in a few words, for a failing case. */
export function describeRecord(record: FleetRecord): string {
  const at = formatIso(record.at);
  if (record.kind === 'connection') {
    const { sim, type, session, window, runningTotal, eventSid } = record;
    const of = session === undefined ? '' : ` of ${session.sid.slice(-6)}`;
    const bytes = window === undefined ? '' : ` +${window.up}/${window.down}`;
    const total = runningTotal === undefined ? '' : ` =${runningTotal.up}/${runningTotal.down}`;
    return `${at} ${sim.carrier} ${sim.sim} ${type}${of}${bytes}${total} (${eventSid?.slice(-6)})`;
  }
  if (record.kind === 'event') {
    const { source, sim, typeId, id, context } = record;
    const of = context === undefined ? '' : ` of ${context.id}`;
    return `${at} ${source} ${sim?.sim ?? 'account'} event ${typeId}${of} (${id})`;
  }
  const { sim, start, volume, messages, id, sessionId } = record;
  const what = messages > 0 ? `${messages} SMS` : `${volume.up}/${volume.down} bytes`;
  return `${formatIso(start)}–${at} ${sim.carrier} ${sim.sim} ${what} in ${sessionId ?? 'no session'} (${id})`;
}
