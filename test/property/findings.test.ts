import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { service } from '../../lambda/aws/names.ts';
import { createTelemetry } from '../../lambda/aws/telemetry.ts';
import { interpret } from '../../lambda/carriers/index.ts';
import { importFile } from '../../lambda/ingest/files/import-file.ts';
import { Measures } from '../../lambda/ingest/measures.ts';
import { emptyReceipt } from '../../lambda/ledger/receipt.ts';
import { arrivalFrom, statedBy } from '../records/arrival.ts';
import { carrierEvent } from '../records/datastreamer.ts';
import { readAll } from '../records/read-all.ts';
import { connectionEvent, fullData } from '../records/supersim.ts';
import { chunks, RunningFunction } from './delivery.ts';
import { sourceOf } from './delivery-path.ts';
import { calm } from './expectation.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { bytesOf } from './write-units.ts';

/** What the properties found, each by its shortest path. */

async function importText(text: string, chunk: number) {
  const context = calm(new MemoryDynamoDb());
  const { writer, files, fence, process } = new RunningFunction(context);
  const bytes = Buffer.from(text);
  const file = { bucket: '1nce', key: 'events_1.csv', versionId: 'v1', eTag: undefined };
  const { outcome, manifest } = await importFile(file, sourceOf('1nce'), {
    writer,
    files,
    fence,
    quarantine: process,
    open: async () => ({
      bytes: chunks(bytes, chunk),
      size: bytes.length,
      deliveredAt: Date.parse('2026-11-02T12:00:00.000Z'),
      close: async () => undefined,
    }),
    keepFile: async () => undefined,
    count: () => undefined,
    askedAt: 0,
    isTimeShort: () => false,
    now: () => 0,
  });
  return { outcome, rows: manifest?.rows, reason: manifest?.reason };
}

describe('the properties found that', () => {
  test('a coordinate nearer to zero than a table’s numbers made its record fail forever', () => {
    const data = { ...fullData, location: { lat: 1e-200, lon: '-1e-131', cell_id: '7' } };
    const reading = interpret(connectionEvent('data-session.started', data), arrivalFrom('twilio'));
    expect(statedBy(reading, 'session').groups.cell?.group).toEqual({
      cellId: '7',
      lac: undefined,
      lat: 0,
      lon: 0,
    });
  });

  test('a header with a line break in quotes was refused when it came in small chunks', async () => {
    const text = '"id","a\nb","event_type_id","timestamp","sim_id"\n"1","","8","2026-11-02 10:00:00","7"\n';
    const done = { outcome: 'done', rows: 1, reason: undefined };
    expect([await importText(text, 1), await importText(text, 1_000)]).toEqual([done, done]);
  });

  test('a header cut within a character could not be noted, so that its file never failed', async () => {
    const { outcome, reason } = await importText(`${'x'.repeat(58)}${'𐍈'.repeat(9)}\n`, 1_000);
    expect(outcome).toBe('failed');
    expect(reason?.isWellFormed()).toBe(true);
  });

  test('a description of other letters than ASCII made an item of more than a kilobyte', async () => {
    const description = '€'.repeat(400);
    const [value] = readAll(Buffer.from(JSON.stringify(carrierEvent(3, { description })))).values;
    const engine = new MemoryDynamoDb();
    const { writer } = new RunningFunction(calm(engine));
    const event = statedBy(interpret(value, arrivalFrom('1nce')), 'event');
    const change = { state: event, indexes: [0] };
    await writer.write({ sessions: [], usage: [], events: [change], sims: [] }, { readBeforeWrite: false });
    expect(engine.items('Events').map((item) => bytesOf(item) <= 1_024)).toEqual([true]);
  });

  test('a broken body was kept without the blanks at its end', () => {
    const bytes = Buffer.from('{"specversion":"1.0","type":"4G ');
    expect(readAll(bytes).broken.map((part) => Buffer.from(part.bytes))).toEqual([bytes]);
  });

  test('each line of metrics came with a line of plain text', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
    onTestFinished(() => void vi.restoreAllMocks());
    const written: string[] = [];
    const measures = new Measures();
    measures.count('usage', 'received');
    measures.count('usage', 'stored');
    const telemetry = createTelemetry(service.kinesisConsumer, {
      env: {},
      write: (line) => written.push(line),
    });
    telemetry.count({ ...emptyReceipt, received: 1, stored: 1 }, measures, '1nce');
    expect(written).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
  });
});
