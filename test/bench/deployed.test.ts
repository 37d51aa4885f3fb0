import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDeployedFunction, readDeployedMapping } from '../../bench/deployed.ts';
import { makeBatch } from '../../bench/workloads.ts';
import { readSources } from '../../lambda/aws/sources.ts';
import { functions, streamMapping } from '../../lib/limits.ts';

/** The benchmarks measure what a configuration deploys, and nothing else. */

const folder = new URL('../../bench/', import.meta.url);
const programs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

describe('a measured function', () => {
  it('has the memory and options of the deployed one, with names instead of references', () => {
    const { memoryMegabytes, environment } = readDeployedFunction('fileImporter');
    const { SIMLEDGER_SOURCES: _, ...variables } = environment;
    expect([memoryMegabytes, variables]).toEqual([
      functions.fileImporter.memoryMegabytes,
      {
        NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=16',
        SESSIONS_TABLE: 'Sessions',
        USAGE_TABLE: 'Usage',
        EVENTS_TABLE: 'Events',
        SIMS_TABLE: 'Sims',
        DAY_STATE_TABLE: 'DayState',
        DAY_MARKERS_TABLE: 'DayMarkers',
        PROGRESS_TABLE: 'AlertState',
        FILES_TABLE: 'Files',
        QUARANTINE_BUCKET: 'storage-quarantine',
        SESSION_REFRESH: 'update',
        EVENT_RETENTION_DAYS: '90',
        USAGE_RETENTION_DAYS: '0',
        METRIC_NAMESPACE: 'simledger',
        MEASURED_NETWORKS: '20',
        FILE_QUEUE_URL: 'http://127.0.0.1:9/FileIngest/Queue',
        WRITES: 'batched',
      },
    ]);
  });

  it('has sources that all have a stream, as all configurable ones do', () => {
    const { all } = readSources(readDeployedFunction('kinesisConsumer').environment);
    expect(all.map(({ name, filesOnly, superseded }) => [name, filesOnly, superseded])).toEqual(
      ['kore', '1nce', 'emnify', 'telekom'].map((name) => [name, false, false]),
    );
  });

  it.each([
    ['session', 'kore'],
    ['usage', '1nce'],
    ['event', 'telekom'],
    ['context', '1nce'],
  ] as const)('takes %s records from the stream of %s, a second after the latest', (kind, name) => {
    const { findByStream } = readSources(readDeployedFunction('kinesisConsumer').environment);
    const { Records } = makeBatch({ kind, perSession: 1 }, 3, 1);
    const [record] = Records;
    if (record === undefined) throw new Error('The batch is empty');
    const text = Buffer.from(record.kinesis.data, 'base64').toString('utf8');
    const times = [...text.matchAll(/2026-11-\d\dT\d\d:\d\d:\d\d/g)].map(([time]) => Date.parse(`${time}Z`));
    expect([
      findByStream(record.eventSourceARN).name,
      record.kinesis.approximateArrivalTimestamp * 1_000 - Math.max(...times),
    ]).toEqual([name, 1_000]);
  });

  it('gets batches as the default mapping makes them', () => {
    const { batchSize, batchingWindowSeconds, parallelizationFactor } = streamMapping;
    expect(readDeployedMapping()).toEqual({ batchSize, batchingWindowSeconds, parallelizationFactor });
  });
});

describe('no benchmark', () => {
  it.each(programs)('%s describes a source by hand', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(text.match(/filesOnly|bytesPerMegabyte|\[environment\.\w+\]:/g)).toBeNull();
  });
});
