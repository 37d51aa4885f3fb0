import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { readMessage } from '../../../lambda/ingest/files/messages.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { arrivalFrom, statedBy } from '../../records/arrival.ts';
import {
  carrierEvent,
  csvOf,
  readCsv,
  readStreamer,
  smallUsageColumns,
  streamerSim,
  usageRecord,
} from '../../records/datastreamer.ts';
import { bodyOf, fixtureValue } from '../../records/fixtures.ts';
import { importInMemory } from '../../records/in-memory-import.ts';
import { interpretAll } from '../../records/read-all.ts';
import { connectionEvent, fullData } from '../../records/supersim.ts';

describe('framing', () => {
  it('data of a CloudEvent may be a string, which is parsed again', () => {
    const record = connectionEvent('data-session.updated', fullData);
    const asString = { ...record, data: JSON.stringify(record['data']) };
    expect(interpret(asString, arrivalFrom('twilio'))).toEqual(interpret(record, arrivalFrom('twilio')));
  });

  it('a body may be an object, an array or JSON lines, perhaps gzip or KPL-aggregated', () => {
    const texts = [1, 2, 3].map((id) => JSON.stringify({ ...usageRecord, id }));
    const bodies = [
      Buffer.from(`[${texts.join(',')}]`),
      Buffer.from(texts.join('\n')),
      Buffer.from(texts.join('')),
      gzipSync(texts.join('\n')),
      aggregateOf(...texts.map((text) => Buffer.from(text))),
      aggregateOf(gzipSync(texts.slice(0, 2).join('\n')), Buffer.from(texts[2] ?? '')),
    ];
    const one = texts.map((text) => interpretAll(Buffer.from(text), '1nce')[0]);
    expect(bodies.map((body) => interpretAll(body, '1nce'))).toEqual(bodies.map(() => one));
  });

  it('CSV has line breaks in quotes, €, and files with only a header', () => {
    const text = csvOf(
      [...smallUsageColumns, 'currency_code', 'operator_name'],
      ['1', '2026-11-02 10:00:00', streamerSim, '0.5', '€', 'Tele\r\n"kom"'],
    );
    const read = readCsv(text, 'cdr_1.csv', 'emnify').map((reading) => statedBy(reading, 'usage'));
    expect(read.map(({ currency, operatorName }) => [currency, operatorName])).toEqual([
      ['€', 'Tele\r\n"kom"'],
    ]);
    expect(readCsv(csvOf(smallUsageColumns), 'cdr_1.csv')).toEqual([]);
  });

  it('CSV files begin with a byte order mark, are empty, or have a header and no rows', async () => {
    const header = csvOf(smallUsageColumns);
    const row = csvOf(['1', '2026-11-02 10:00:00', streamerSim, '0.5']);
    const files = [`\uFEFF${header}${row}`, header, '', '\uFEFF', '\r\n'];
    const imported = await Promise.all(files.map((text) => importInMemory('cdr_1.csv', Buffer.from(text))));
    const empty = { state: 'failed', rows: 0, usageIds: [], rejects: ['empty'] };
    expect(imported).toEqual([
      { state: 'done', rows: 1, usageIds: ['2026-11-02T10:00:00.000Z#1'], rejects: [] },
      { state: 'done', rows: 0, usageIds: [], rejects: [] },
      empty,
      empty,
      empty,
    ]);
  });

  it('S3 sends a test event without Records, several Records, and URL-encoded keys', () => {
    const created = (key: string) => ({
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'files' }, object: { key, versionId: 'v1', eTag: 'e1' } },
    });
    const objects = ['cdr 1.csv', 'ä+b/cdr_2.csv'].map((key) => ({
      bucket: 'files',
      key,
      versionId: 'v1',
      eTag: 'e1',
    }));
    expect([
      readMessage('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"files"}'),
      readMessage(JSON.stringify({ Records: [created('cdr+1.csv'), created('%C3%A4%2Bb/cdr_2.csv')] })),
    ]).toEqual([{ objects: [] }, { objects }]);
  });

  it('broken JSON is kept as raw bytes, without its neighbours, and inside strings as sent', () => {
    const good = JSON.stringify(usageRecord);
    const body = bodyOf(`${good}\n{"id":5,"volume":{"to\n${good}`);
    expect([body.values.length, body.broken.map(({ bytes }) => Buffer.from(bytes).toString())]).toEqual([
      2,
      ['{"id":5,"volume":{"to'],
    ]);
    const { detail } = fixtureValue('emnify/quota-assigned-detail.json') as { detail: string };
    expect(statedBy(readStreamer(carrierEvent(56, { detail })), 'event').detail).toBe(detail);
  });
});
