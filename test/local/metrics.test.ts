import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count } from '../../cli/terminal/progress.ts';
import { UsageError } from '../../lambda/errors.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { readOtlp } from '../../local/metrics.ts';
import { replayExamples } from '../../local/replay.ts';
import { Collector } from '../lambda/metrics/collector.ts';
import { everything, optionsForTests } from './running-ledger.ts';

/** The local run's examples, with duplicates, disorder and files, and a collector that is away at first. */
describe('the metrics of the local run', () => {
  const collector = new Collector();
  const troubles: string[] = [];
  let ledger: LocalLedger;

  beforeAll(async () => {
    ledger = await startLocalLedger({
      ...optionsForTests(),
      otlp: readOtlp(await collector.listen(), {}),
      onLog: () => undefined,
      onTrouble: (sentence) => troubles.push(sentence),
    });
  });

  afterAll(async () => {
    await ledger.stop();
    collector.close();
  });

  test('add up to the usage of the ledger and its sealed days', async () => {
    await replayExamples(ledger, { write: () => true });
    collector.behaviours.push(503);
    await ledger.exportMetrics();
    expect(troubles).toEqual(['--otlp: metrics are not accepted (status 503)']);
    await ledger.exportMetrics();
    const usage = (await everything(ledger))['Usage'] ?? [];
    const bytes = new Map<string, number>();
    for (const item of usage) {
      const day = item['start']?.S?.slice(0, 10) ?? '';
      bytes.set(day, (bytes.get(day) ?? 0) + Number(item['dataTotal']?.N));
    }
    const total = [...bytes.values()].reduce((sum, one) => sum + one, 0);
    expect(count(collector.sum('endpoint.volume'))).toBe(count(total));
    const { sealed } = await ledger.closeDays(Date.parse('2026-11-05T00:00:00Z'));
    await ledger.exportMetrics();
    await ledger.exportMetrics();
    const daily = new Map<string, number>();
    for (const { from, value } of collector.points('endpoint.daily_volume')) {
      const day = new Date(from).toISOString().slice(0, 10);
      daily.set(day, (daily.get(day) ?? 0) + value);
    }
    expect(sealed.length).toBeGreaterThan(0);
    expect([...daily]).toEqual([...bytes].filter(([, sum]) => sum > 0).sort());
  });
});

test('malformed addresses and headers are refused with what is accepted', () => {
  expect(() => readOtlp('collector:4318', {})).toThrow(UsageError);
  const address = 'http://127.0.0.1:4318/v1/metrics';
  expect(() => readOtlp(address, { OTEL_EXPORTER_OTLP_HEADERS: 'host=else' })).toThrow(
    'OTEL_EXPORTER_OTLP_HEADERS: give headers as name=value,name=value',
  );
  const headers = 'Authorization=Basic%20YTpi, x-scope=a=b';
  expect(readOtlp(address, { OTEL_EXPORTER_OTLP_HEADERS: headers })).toEqual({
    url: new URL(address),
    headers: { authorization: 'Basic YTpi', 'x-scope': 'a=b' },
  });
});
