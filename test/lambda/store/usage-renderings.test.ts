import { beforeEach, describe, expect, test } from 'vitest';
import { makeRowInterpreter } from '../../../lambda/carriers/datastreamer/csv.ts';
import { interpret } from '../../../lambda/carriers/index.ts';
import { type Arrival, isFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { completeWithSession, type Usage } from '../../../lambda/ledger/observation.ts';
import type { Carrier } from '../../../lambda/ledger/source.ts';
import { encodeUsageItem, type Item } from '../../../lambda/store/items.ts';
import { permutations } from '../../records/permutations.ts';
import { changesOf, minute, usageAt } from './observations.ts';
import { runningTables } from './running-tables.ts';
import { intercept, returnOldItems } from './watched-client.ts';

import { asTheyCome, outcome } from './write-outcomes.ts';

const tables = runningTables();

let sim = '';
let count = 0;

beforeEach(() => {
  sim = `sim-${++count}`;
});

/** Records of one usage in each rendering of a carrier, and the path of each. */
const dialects = {
  nested: (usageId: number, sessionId?: string) => ({
    ...{ id: usageId, imsi: '901405100000101', imsi_id: 1500101 },
    organisation: { id: 12345, name: '8100xxxx' },
    start_timestamp: '2026-11-02T12:00:27Z',
    end_timestamp: '2026-11-02T12:15:27Z',
    sim: { msisdn: '882285100000101', iccid: '8988280666001000101', id: 1500101 },
    currency: { id: 1, symbol: '€', code: 'EUR' },
    operator: { id: 2, name: 'T-Mobile', mnc: '01', country: { id: 74, mcc: '262', name: 'Germany' } },
    tariff: { ratezone: { name: 'Rate Zone 1', id: 2067 }, name: '1NCE Production 01', id: 398 },
    traffic_type: { description: 'Data', id: 5 },
    endpoint: {
      tags: null,
      ip_address: '10.0.0.10',
      name: 'tracker-1',
      imei: '8635760478500101',
      id: 1500101,
    },
    cost: 0.101176,
    volume: { total: 0.101176, tx: 0.101176, rx: 0 },
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
  }),
  flat: (usageId: number, sessionId?: string) => ({
    id: usageId,
    ...{ start_timestamp: '2026-11-02T12:00:27Z', end_timestamp: '2026-11-02T12:15:27Z' },
    ...{ organisation_id: 12345, endpoint_name: '8988280666001000101', sim_id: 1500101, imsi_id: 1500101 },
    ...{ operator_id: 2, operator_mnc: '01', operator_country_id: 74, tariff_id: 398, traffic_type_id: 5 },
    ...{ volume_total: 0.101176, volume_tx: 0.101176, volume_rx: 0, cost: 0.101176 },
    ...(sessionId === undefined ? {} : { ipcan_session_id: sessionId }),
  }),
  csv: (usageId: number) => ({
    ...{
      id: usageId,
      event_start_timestamp: '2026-11-02 12:00:27',
      event_stop_timestamp: '2026-11-02 12:15:27',
    },
    ...{ organisation_id: 12345, sim_id: 1500101, iccid: '8988280666001000101', imsi: '901405100000101' },
    ...{ operator_name: 'T-Mobile', operator_country_name: 'Germany', traffic_type_id: 5 },
    ...{ volume: '0.101176', volume_tx: '0.101176', volume_rx: '0.000000', cost: '0.1011760000' },
    ...{
      currency_code: 'EUR',
      ratezone_tariff_name: '1NCE Production 01',
      ratezone_name: 'Rate Zone 1 (DE)',
    },
    ...{
      endpoint_name: 'tracker-1',
      endpoint_imei: '8635760478500101',
      operator_mncs: '01',
      country_mcc: '262',
    },
  }),
};

function arrivalOf(carrier: Carrier): Arrival {
  const source = { name: 'main', carrier, bytesPerMegabyte: 1_000_000 };
  return { source, arrivedAt: Date.parse('2026-11-02T13:00:00Z') };
}

function usageIn(reading: Reading): Usage {
  if (reading.kind !== 'observed' || reading.usage === undefined) throw new Error('This is not usage');
  return reading.usage;
}

type Delivered = { readonly usage: Usage; readonly readBeforeWrite: boolean };

function byStream(record: object, carrier: Carrier): Delivered {
  return { usage: usageIn(interpret(record, arrivalOf(carrier))), readBeforeWrite: false };
}

function byFile(row: object, carrier: Carrier): Delivered {
  const interpretRow = makeRowInterpreter(Object.keys(row), 'cdr_20261102_130000.csv');
  if (isFault(interpretRow)) throw new Error(interpretRow.problem);
  const reading = interpretRow(Object.values(row).map(String), arrivalOf(carrier));
  return { usage: usageIn(reading), readBeforeWrite: true };
}

describe.each([
  ['by single writes on an engine that returns the old item', 'single', true],
  ['by single writes on an engine that does not return the old item', 'single', false],
  ['by batched writes', 'batched', true],
] as const)('a usage record in several dialects %s', (_, writes, returnsOldItems) => {
  async function finalItems(deliveries: readonly Delivered[]): Promise<Item[]> {
    const client = tables.newClient();
    if (returnsOldItems) returnOldItems(client, tables.client);
    const items = await Promise.all(
      permutations(deliveries).map(async (order, number) => {
        const ofSim = `${sim}-${number}`;
        for (const { usage, readBeforeWrite } of [...order, ...order]) {
          await tables
            .newWriter(client, writes)
            .write(changesOf({ usage: [{ ...usage, sim: ofSim }] }), { readBeforeWrite });
        }
        const [{ sim: _sim, ...item } = {}, ...more] = await tables.items('Usage', ofSim);
        expect(more).toEqual([]);
        return item;
      }),
    );
    client.destroy();
    return items;
  }

  const full: Item = {
    usageId: { S: '2026-11-02T12:00:27.000Z#1234567890' },
    source: { S: 'main' },
    carrier: { S: '1nce' },
    iccid: { S: '8988280666001000101' },
    imsi: { S: '901405100000101' },
    start: { S: '2026-11-02T12:00:27.000Z' },
    end: { S: '2026-11-02T12:15:27.000Z' },
    recordId: { S: '1234567890' },
    trafficType: { S: 'data' },
    dataUploaded: { N: '101176' },
    dataDownloaded: { N: '0' },
    dataTotal: { N: '101176' },
    volume: { S: '0.101176' },
    costVolume: { S: '0.101176' },
    operatorName: { S: 'T-Mobile' },
    mcc: { S: '262' },
    mnc: { S: '01' },
    country: { S: 'DE' },
    imei: { S: '863576047850016' },
    writtenImei: { S: '8635760478500101' },
    tariff: { S: '1NCE Production 01' },
    rateZone: { S: 'Rate Zone 1' },
  };

  test('ends as its nested rendering, with the session, whatever came in which order and how often', async () => {
    const items = await finalItems([
      byStream(dialects.nested(1234567890, 'session-1'), '1nce'),
      byStream(dialects.flat(1234567890, 'session-1'), '1nce'),
      byFile(dialects.csv(1234567890), '1nce'),
    ]);
    expect(items).toEqual(items.map(() => ({ ...full, sessionId: { S: 'session-1' } })));
  });

  test('ends as its nested rendering where no session is named', async () => {
    const items = await finalItems([
      byStream(dialects.nested(1234567890), '1nce'),
      byFile(dialects.csv(1234567890), '1nce'),
    ]);
    expect(items).toEqual(items.map(() => full));
  });

  test('ends as its row in a file where the stream says less', async () => {
    const items = await finalItems([
      byStream(dialects.flat(1234567890), '1nce'),
      byFile(dialects.csv(1234567890), '1nce'),
    ]);
    const row = { ...full, rateZone: { S: 'Rate Zone 1 (DE)' }, fullness: { N: '8' } };
    expect(items).toEqual(items.map(() => row));
  });

  test('ends as its nested rendering, which names the session that its files leave out', async () => {
    const items = await finalItems([
      byStream(dialects.nested(1234567890, 'session-1'), 'emnify'),
      byFile(dialects.csv(1234567890), 'emnify'),
    ]);
    const { costVolume, ...rest } = full;
    const money = { cost: { N: '0.101176' }, currency: { S: 'EUR' } };
    expect(items).toEqual(
      items.map(() => ({ ...rest, ...money, carrier: { S: 'emnify' }, sessionId: { S: 'session-1' } })),
    );
  });

  test('keeps a note of how full it is until its complete rendering comes', async () => {
    const flat = byStream(dialects.flat(1234567890), '1nce');
    const [item] = await finalItems([flat]);
    expect(item?.['fullness']).toEqual({ N: String(flat.usage.completeness) });
    expect(flat.usage.completeness).toBeLessThan(completeWithSession);
  });

  test('of which two renderings say equally much ends as the same one in either order', async () => {
    const one = {
      usage: usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'a' }),
      readBeforeWrite: false,
    };
    const other = {
      usage: usageAt(minute(0), sim, '1', { completeness: 3, tariff: 'b' }),
      readBeforeWrite: true,
    };
    const items = await finalItems([one, other]);
    expect(items.map(({ tariff }) => tariff?.S)).toEqual(['b', 'b']);
  });

  test('is not overwritten by one that read before a fuller one was written', async () => {
    const less = usageAt(minute(0), sim, '1', { completeness: 3 });
    const some = usageAt(minute(0), sim, '1', { completeness: 4, tariff: 'b' });
    const more = usageAt(minute(0), sim, '1', { completeness: 5, rateZone: 'z' });
    await tables.newWriter().write(changesOf({ usage: [less] }), asTheyCome);
    const client = tables.newClient();
    if (returnsOldItems) returnOldItems(client, tables.client);
    let interrupted = false;
    intercept(client, async ({ input }, proceed) => {
      const replaces = String(input['ConditionExpression'] ?? '').includes('=');
      if (replaces && !interrupted) {
        interrupted = true;
        await tables.newWriter().write(changesOf({ usage: [more] }), asTheyCome);
      }
      return proceed();
    });
    const report = await tables.newWriter(client, writes).write(changesOf({ usage: [some] }), asTheyCome);
    client.destroy();
    expect([interrupted, outcome(report).repeated]).toEqual([true, [0]]);
    expect(await tables.items('Usage', sim)).toEqual([encodeUsageItem(more, false)]);
  });
});
