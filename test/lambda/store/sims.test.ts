import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { beforeEach, expect, test } from 'vitest';
import type { Marks, Sim } from '../../../lambda/ledger/observation.ts';
import { mergeSims, sameSim } from '../../../lambda/ledger/sim.ts';
import { encodeSimItem, type Item } from '../../../lambda/store/items.ts';
import { containsSim } from '../../../lambda/store/sims.ts';
import { permutations } from '../../records/permutations.ts';
import { changesOf, minute, simAt, stamp } from './observations.ts';
import { runningTables } from './running-tables.ts';
import { intercept, statementsIn, watch } from './watched-client.ts';

const tables = runningTables();

let sim = '';
let count = 0;

beforeEach(() => {
  sim = `sim-${++count}`;
});

const options = { readBeforeWrite: false };
const today = '2026-11-02T00:00:00.000Z';
const tomorrow = '2026-11-03T00:00:00.000Z';

/** What usage and session updates say of a SIM throughout a day. */
function reminder(day: string, ofSim = sim, simName = 'tracker-1'): Sim {
  return simAt(day, ofSim, {
    ids: { simSid: undefined, simId: '7', accountId: '12', fleetSid: undefined },
    label: { simName },
    phone: { msisdn: '882285100000101' },
  });
}

function reminderItem(day: string, ofSim = sim): Item {
  return {
    ...always(day, ofSim),
    simId: { S: '7' },
    accountId: { S: '12' },
    idsAt: stamp(day),
    simName: { S: 'tracker-1' },
    labelAt: stamp(day),
    msisdn: { S: '882285100000101' },
    phoneAt: stamp(day),
  };
}

function always(lastUpdated: string, ofSim = sim): Item {
  return {
    sim: { S: ofSim },
    source: { S: 'main' },
    carrier: { S: 'twilio' },
    iccid: { S: `${ofSim}0` },
    lastUpdated: { S: lastUpdated },
  };
}

function event(at: string, lastEvent: string, more: Parameters<typeof simAt>[2] = {}): Sim {
  return simAt(at, sim, { lastEvent: { lastEvent, lastEventTime: at }, ...more });
}

test('a reminder that also states that a SIM is active is written, whatever was stated earlier on its day', async () => {
  const writer = tables.newWriter();
  const yesterday = '2026-11-01T10:00:00.000Z';
  const blocked = event(yesterday, 'endpoint.blocked', { lifecycle: { status: 'blocked' } });
  const plain = reminder(today);
  const lifecycle = { at: today, group: { status: 'active' } };
  const active: Sim = { ...plain, groups: { ...plain.groups, lifecycle } };
  for (const state of [blocked, plain, active, plain]) {
    await writer.write(changesOf({ sims: [state] }), options);
  }
  const [item] = await tables.items('Sims', sim);
  expect([item?.['status'], item?.['lifecycleAt']]).toEqual([{ S: 'active' }, stamp(today)]);
});

test.each([
  ['single', 'UpdateItem Sims', 'PutItem Sims'],
  ['batched', 'INSERT Sims', 'UPDATE Sims'],
] as const)(
  'a SIM that usage keeps naming is looked up once, and written once a day by %s writes',
  async (writes, created, replaced) => {
    const client = tables.newClient();
    const watched = watch(client);
    const writer = tables.newWriter(client, writes);
    const steps: string[][] = [];
    const days = [today, today, tomorrow, tomorrow];
    for (const day of days) {
      await writer.write(changesOf({ sims: [reminder(day)] }), options);
      steps.push(watched.operations);
      watched.reset();
    }
    client.destroy();
    expect(steps).toEqual([['BatchGetItem Sims', created], [], ['BatchGetItem Sims', replaced], []]);
    expect(await tables.items('Sims', sim)).toEqual([reminderItem(tomorrow)]);
  },
);

test('a process that does not know a SIM yet reads what another has stored, and writes nothing', async () => {
  const sims = Array.from({ length: 150 }, (_, n) => reminder(today, `${sim}-${n}`));
  await tables.newWriter().write(changesOf({ sims }), options);
  const client = tables.newClient();
  const watched = watch(client);
  const writer = tables.newWriter(client);
  await writer.write(changesOf({ sims }), options);
  await writer.write(changesOf({ sims }), options);
  client.destroy();
  expect(watched.operations).toEqual(['BatchGetItem Sims', 'BatchGetItem Sims']);
});

test('a SIM whose name changed during the day is written again', async () => {
  const client = tables.newClient();
  const writer = tables.newWriter(client);
  await writer.write(changesOf({ sims: [reminder(today, sim, 'a')] }), options);
  await writer.write(changesOf({ sims: [reminder(today, sim, 'tracker-1')] }), options);
  client.destroy();
  // Of two names of one day the one that sorts last wins, in both orders of arrival.
  expect(await tables.items('Sims', sim)).toEqual([reminderItem(today)]);
});

test.each([
  ['single', 'UpdateItem Sims'],
  ['batched', 'UPDATE Sims'],
] as const)(
  'every event is written, by one request when it is the newest, by %s writes',
  async (writes, updated) => {
    const client = tables.newClient();
    const watched = watch(client);
    const writer = tables.newWriter(client, writes);
    const network = {
      radio: '4G',
      ratType: '6',
      mcc: '262',
      mnc: '01',
      operatorName: 'T-Mobile',
      country: 'DE',
    };
    await writer.write(changesOf({ sims: [reminder(today)] }), options);
    watched.reset();
    for (const change of [
      event(minute(1), 'pdp-context.created', {
        network,
        connection: { online: true, onlineChanged: minute(1) },
      }),
      event(minute(2), 'pdp-context.deleted', { connection: { online: false, onlineChanged: minute(2) } }),
    ]) {
      await writer.write(changesOf({ sims: [change] }), options);
    }
    client.destroy();
    expect(watched.operations).toEqual([updated, updated]);
    const { lastUpdated, ...reminded } = reminderItem(today);
    expect(await tables.items('Sims', sim)).toEqual([
      {
        ...reminded,
        lastUpdated: { S: minute(2) },
        radio: { S: '4G' },
        ratType: { S: '6' },
        mcc: { S: '262' },
        mnc: { S: '01' },
        operatorName: { S: 'T-Mobile' },
        country: { S: 'DE' },
        networkAt: stamp(minute(1)),
        online: { BOOL: false },
        onlineChanged: { S: minute(2) },
        connectionAt: stamp(minute(2)),
        lastEvent: { S: 'pdp-context.deleted' },
        lastEventTime: { S: minute(2) },
        lastEventAt: stamp(minute(2)),
      },
    ]);
  },
);

test('a SIM ends as the same item for all orders of its events and reminders', async () => {
  const changesFor = (ofSim: string): Sim[] => [
    reminder(today, ofSim),
    reminder(tomorrow, ofSim, 'tracker-1'),
    { ...event(minute(3), 'sim.suspended', { lifecycle: { status: 'suspended' } }), sim: ofSim },
    { ...event(minute(9), 'location.updated', { device: { imei: '358600842867678' } }), sim: ofSim },
  ];
  await Promise.all(
    permutations([0, 1, 2, 3]).map(async (order) => {
      const ofSim = `${sim}-${order.join('')}`;
      const writer = tables.newWriter();
      const origin = { source: 'main', carrier: 'twilio', iccid: `${ofSim}0` } as const;
      const changes = changesFor(ofSim).map((one) => ({ ...one, origin: { ...one.origin, group: origin } }));
      for (const index of order) await writer.write(changesOf({ sims: [changes[index]!] }), options);
      expect(await tables.items('Sims', ofSim)).toEqual([
        {
          ...reminderItem(tomorrow, ofSim),
          status: { S: 'suspended' },
          lifecycleAt: stamp(minute(3)),
          imei: { S: '358600842867678' },
          deviceAt: stamp(minute(9)),
          lastEvent: { S: 'location.updated' },
          lastEventTime: { S: minute(9) },
          lastEventAt: stamp(minute(9)),
        },
      ]);
    }),
  );
});

/** Marks of a SIM, as a reminder or an event states them. */
function marked(state: Sim, marks: Readonly<Partial<Record<keyof Marks, string>>>): Sim {
  const groups = Object.entries(marks).map(([name, at]) => [name, { at, group: {} }]);
  return { ...state, groups: { ...state.groups, ...Object.fromEntries(groups) } };
}

test('a mark is written if it is later than the stored one, and otherwise nothing is read', async () => {
  const client = tables.newClient();
  const watched = watch(client);
  const writer = tables.newWriter(client);
  const steps: string[][] = [];
  for (const marks of [
    { session: minute(60) },
    { session: minute(60) },
    { session: minute(60), bytes: minute(60) },
    // Bytes and updates without bytes take turns all day.
    { session: minute(60) },
    { session: minute(0), bytes: minute(0) },
    { session: minute(120) },
    { bytes: minute(60) },
  ]) {
    await writer.write(changesOf({ sims: [marked(reminder(today), marks)] }), options);
    steps.push(watched.operations);
    watched.reset();
  }
  client.destroy();
  const moved = ['BatchGetItem Sims', 'UPDATE Sims'];
  expect(steps).toEqual([['BatchGetItem Sims', 'INSERT Sims'], [], moved, [], [], moved, []]);
  expect(await tables.items('Sims', sim)).toEqual([
    { ...reminderItem(today), sessionAt: stamp(minute(120)), bytesAt: stamp(minute(60)) },
  ]);
});

test('an event does not move back a mark that usage has moved, and needs no read if it moves one forward', async () => {
  const marks = { signalled: minute(5), session: minute(5), bytes: minute(5) };
  const used = marked(reminder(today), { session: minute(60) });
  const later = marked(event(minute(70), 'pdp-context.updated'), {
    signalled: minute(65),
    session: minute(65),
  });
  const steps = await Promise.all(
    permutations([used, marked(event(minute(9), 'data-session.started'), marks), later]).map(
      async (states, number) => {
        const key = `${sim}-${number}`;
        const writer = tables.newWriter();
        for (const state of states) {
          await writer.write(changesOf({ sims: [{ ...state, sim: key }] }), options);
        }
        const [item] = await tables.items('Sims', key);
        return [item?.['signalledAt'], item?.['sessionAt'], item?.['bytesAt']];
      },
    ),
  );
  expect(steps).toEqual(steps.map(() => [stamp(minute(65)), stamp(minute(65)), stamp(minute(5))]));
  const client = tables.newClient();
  const watched = watch(client);
  const writer = tables.newWriter(client);
  await tables.newWriter().write(changesOf({ sims: [used] }), options);
  await writer.write(changesOf({ sims: [later] }), options);
  client.destroy();
  expect(watched.operations).toEqual(['UPDATE Sims']);
});

test('a reminder is written if only the form of an IMEI or ICCID is new', async () => {
  const ofSim = '8988280666001000777';
  const writer = tables.newWriter();
  const plain = reminder(today, ofSim);
  const spelled: Sim = {
    ...plain,
    groups: {
      ...plain.groups,
      device: { at: today, group: { imei: '358600842867678', writtenImei: '3586008428676712' } },
    },
  };
  const masked: Sim = {
    ...spelled,
    groups: {
      ...spelled.groups,
      ids: { at: today, group: { ...spelled.groups.ids!.group, writtenIccid: '8988280666001000xxx' } },
    },
  };
  const stored: unknown[] = [];
  for (const state of [plain, spelled, masked]) {
    await writer.write(changesOf({ sims: [state] }), options);
    const [item] = await tables.items('Sims', ofSim);
    stored.push([item?.['writtenImei'], item?.['writtenIccid']]);
  }
  expect(stored).toEqual([
    [undefined, undefined],
    [{ S: '3586008428676712' }, undefined],
    [{ S: '3586008428676712' }, { S: '8988280666001000xxx' }],
  ]);
});

test('if DynamoDB refuses SIMs, their records fail, and the SIMs do not count as known', async () => {
  const client = tables.newClient();
  const writer = tables.newWriter(client);
  const broken = new Set(['BatchExecuteStatement']);
  intercept(client, async ({ operation }, proceed) => {
    // Nothing that is tried again after a while.
    if (broken.has(operation)) throw refusal(`${operation} was refused`, 'ResourceNotFoundException');
    return proceed();
  });
  const write = async () => {
    const { failed, errors } = await writer.write(changesOf({ sims: [reminder(today)] }), options);
    return { failed: [...failed], errors: errors.map(({ message }) => message) };
  };
  expect(await write()).toEqual({ failed: [0], errors: ['BatchExecuteStatement was refused'] });
  broken.clear();
  expect(await write()).toEqual({ failed: [], errors: [] });
  client.destroy();
  expect(await tables.items('Sims', sim)).toEqual([reminderItem(today)]);
});

test('SIMs that could not be read are written without reading, and those of other requests as usual', async () => {
  const sims = Array.from({ length: 150 }, (_, index) => `${sim}-${index}`);
  const reminders = sims.map((one) => reminder(today, one));
  await tables.newWriter().write(changesOf({ sims: reminders }), options);
  const stored = await tables.items('Sims', ...sims);
  const client = tables.newClient();
  const watched = watch(client);
  intercept(client, async ({ input, operation }, proceed) => {
    const { Keys = [] } = (input['RequestItems'] as Record<string, { Keys?: Item[] }>)?.['Sims'] ?? {};
    if (operation === 'BatchGetItem' && Keys.length === 100) throw refusal('BatchGetItem was refused');
    return proceed();
  });
  const unseen = `${sim}-unseen`;
  const changes = changesOf({ sims: [reminder(today, unseen), ...reminders] });
  const report = await tables.newWriter(client).write(changes, options);
  client.destroy();
  expect([...report.failed, ...report.errors]).toEqual([]);
  const statements = watched.requests.flatMap(({ input }) => statementsIn(input));
  expect(statements.toSorted()).toEqual(['INSERT Sims', ...Array(100).fill('UPDATE Sims')]);
  expect(await tables.items('Sims', ...sims)).toEqual(stored);
  expect(await tables.items('Sims', unseen)).toEqual([reminderItem(today, unseen)]);
});

test('an item contains a record only if merging the two would not change it', () => {
  const stored = reminder(today);
  const stating = (at: string, more: Parameters<typeof simAt>[2], origin: object = {}): Sim => {
    const one = simAt(at, sim, more);
    return { ...one, origin: { at, group: { ...one.origin.group, ...origin } } };
  };
  const item = encodeSimItem(stored);
  const yesterday = '2026-11-01T00:00:00.000Z';
  const states: [Sim, boolean][] = [
    [stored, true],
    [stating(today, {}), true],
    [stating(yesterday, { label: { simName: 'other' } }), true],
    [stating(tomorrow, {}), false],
    [stating(today, { label: { simName: 'a' } }), true],
    [stating(today, { label: { simName: 'z' } }), false],
    [stating(today, {}, { source: 'a' }), true],
    [stating(today, {}, { source: 'z' }), false],
    [stating(yesterday, {}, { source: 'z' }), true],
    [stating(yesterday, { device: { imei: '1' } as never }), false],
  ];
  for (const [state, expected] of states) {
    expect(containsSim(item, state)).toBe(expected);
    expect(sameSim(mergeSims(stored, state), stored)).toBe(expected);
  }
});

function refusal(message: string, name = 'InternalServerError'): DynamoDBServiceException {
  return new DynamoDBServiceException({
    name,
    message,
    $fault: 'client',
    $metadata: {},
  });
}
