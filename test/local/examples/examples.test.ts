import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { carriers } from '../../../lambda/ledger/source.ts';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import { computeLuhnDigit } from '../../../simulator/identity.ts';
import { InMemoryLedger } from '../../simulator/in-memory-ledger.ts';
import { expectedItems, expectedReceipt } from './truth.ts';

async function replayed(): Promise<InMemoryLedger> {
  const { stream, files } = await readExampleDeliveries();
  const ledger = new InMemoryLedger();
  await ledger.take([
    ...stream.map((body) => ({ kind: 'stream' as const, records: 0, ...body })),
    ...files.map((file) => ({ kind: 'file' as const, records: 0, ...file })),
  ]);
  return ledger;
}

/** The objects in a body's lines, without what is not JSON. */
function objectsIn(data: Buffer): Readonly<Record<string, unknown>>[] {
  const text = (data[0] === 0x1f ? gunzipSync(data) : data).toString('utf8');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line)].flat();
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}

describe('the example records', () => {
  it('lead to the receipt and the items that an independent reader of the documents gets', async () => {
    const { counts, tables } = await replayed();
    const { Sessions, Usage, Events, Sims } = tables;
    expect({ received: counts.delivered, ignored: counts.ignored, rejected: counts.rejected }).toEqual(
      expectedReceipt,
    );
    expect({
      sims: Sims.length,
      sessions: Sessions.length,
      usage: Usage.length,
      events: Events.length,
    }).toEqual(expectedItems);
  });

  it('are in the streams of all carriers, and in files of three', async () => {
    const { stream, files } = await readExampleDeliveries();
    expect([...new Set(stream.map((body) => body.source))].sort()).toEqual([...carriers].sort());
    expect(files.map((file) => `${file.source}/${file.key}`)).toEqual([
      '1nce/cdr_20261102_130000.csv',
      'emnify/cdr_20261102_093000.csv',
      'telekom/events_20261102_170000.csv',
    ]);
  });

  it('contain every Super SIM event type, both type prefixes, and data as an object and as a string', async () => {
    const types = new Set<string>();
    const data = new Set<string>();
    for (const body of (await readExampleDeliveries()).stream) {
      for (const record of objectsIn(body.data)) {
        if (!('specversion' in record)) continue;
        types.add(String(record['type']));
        data.add(typeof record['data']);
      }
    }
    const words = new Set(
      [...types].map((type) => type.split('.supersim.connection.')[1]).filter((word) => word !== undefined),
    );
    expect([...words].sort()).toEqual([
      'attachment.accepted',
      'attachment.failed',
      'attachment.rejected',
      'data-session.ended',
      'data-session.failed',
      'data-session.started',
      'data-session.updated',
    ]);
    expect([...data].sort()).toEqual(['object', 'string']);
    expect(types).toContain('com.twilio.iot.supersim.connection.data-session.updated');
    expect(types).toContain('com.kore.supersim.connection.data-session.updated');
    expect(types).toContain('com.twilio.eventstreams.test-event');
    expect(types).toContain('com.kore.eventstreams.test.event');
  });

  it('state sessions whose windows and usage add up to their totals', async () => {
    const { Sessions } = (await replayed()).tables;
    const totals = Sessions.flatMap(({ sim, dataUploaded, dataDownloaded, dataTotal }) =>
      dataTotal === undefined
        ? []
        : [`${sim?.S}: ${dataUploaded?.N} + ${dataDownloaded?.N} = ${dataTotal.N}`],
    );
    expect(totals.sort()).toEqual([
      '8988228066700001001: 8531 + 13800 = 22331',
      '8988228066700001002: 600 + 400 = 1000',
      '8988280666001000101: 301176 + 98824 = 400000',
      '8988280666001000101: 40000 + 10000 = 50000',
      '8988280666001000102: 1500000 + 2000000 = 3500000',
      '8988303000000100001: 11480 + 12671 = 24151',
      '8988303000000100002: 7500 + 3500 = 11000',
      '8988307000000120011: 1000 + 1000 = 2000',
      '8988307000000120011: 7000 + 3000 = 10000',
      '8988307000100220011: 3000 + 1000 = 4000',
      '8988307000100220012: 64000 + 1936000 = 2000000',
    ]);
  });

  it('have valid ICCIDs and IMEIs', async () => {
    const text = (await readExampleDeliveries()).stream
      .map((body) => body.data.toString('latin1'))
      .join('\n');
    const imeis = [...text.matchAll(/\\?"imei\\?":\\?"(\d{15})\\?"/g)].map(([, imei = '']) => imei);
    const iccids = [...text.matchAll(/\\?"sim_iccid\\?":\\?"(\d+)\\?"/g)].map(([, iccid = '']) => iccid);
    expect(imeis.length).toBeGreaterThan(20);
    expect(iccids.length).toBeGreaterThan(20);
    for (const number of [...imeis, ...iccids])
      expect(computeLuhnDigit(number.slice(0, -1))).toBe(number.at(-1));
    expect(new Set(iccids.map((iccid) => iccid.length))).toEqual(new Set([20]));
  });
});
