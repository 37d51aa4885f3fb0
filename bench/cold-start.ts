import { statSync } from 'node:fs';
import { functions } from '../lib/limits.ts';
import { bundle, makeTemporaryFolder } from './bundles.ts';
import type { FunctionName } from './deployed.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import { makeFunctionEnvironment, probe, startStub } from './processes.ts';
import { makeBatch } from './workloads.ts';

/** What a new process of each function costs, compared with a bundle that contains only the SDK's DynamoDB client. */

/** How long a new process of a program took, in milliseconds. */
interface ColdStart {
  /** To load the bundle. */
  readonly load: number;
  /** To answer the first event. */
  readonly first: number;
}

interface Program {
  readonly entry: string;
  readonly title: string;
  readonly event: unknown;
  /** The function whose environment it gets. */
  readonly as: FunctionName;
  /** Kilobytes (1,000 bytes). */
  readonly maxKilobytes?: number;
}

const programs: Readonly<Record<string, Program>> = {
  sdk: {
    entry: 'bench/peers/sdk-only.ts',
    title: 'The SDK’s client alone',
    event: null,
    as: 'kinesisConsumer',
  },
  kinesisConsumer: {
    entry: functions.kinesisConsumer.entry,
    title: 'Kinesis consumer',
    as: 'kinesisConsumer',
    event: makeBatch({ kind: 'session', perSession: 1 }, 0, 1),
    maxKilobytes: 380,
  },
  fileImporter: {
    entry: functions.fileImporter.entry,
    title: 'File importer',
    as: 'fileImporter',
    event: {
      Records: [
        { messageId: '1', body: '{"Event":"s3:TestEvent"}', attributes: { SentTimestamp: '1793620800000' } },
      ],
    },
    maxKilobytes: 540,
  },
  queryApi: {
    entry: functions.queryApi.entry,
    title: 'Query API',
    as: 'queryApi',
    event: {
      version: '2.0',
      routeKey: 'GET /v1/Sims/{sim}',
      rawPath: '/v1/Sims/8988307000000120011',
      rawQueryString: '',
      // The credentials in the stub's secret, which the first request reads.
      headers: { authorization: `Basic ${btoa('ACmeasured:measured')}` },
      pathParameters: { sim: '8988307000000120011' },
      requestContext: {
        http: { method: 'GET', path: '/v1/Sims/8988307000000120011', sourceIp: '127.0.0.1' },
      },
      isBase64Encoded: false,
    },
    maxKilobytes: 380,
  },
};

export async function coldStart({ pairs }: BenchmarkOptions): Promise<Figure[]> {
  const folder = makeTemporaryFolder();
  const stub = await startStub();
  const first: Record<string, number[]> = {};
  const bytes: Record<string, number> = {};
  const starts: Record<string, () => Promise<number>> = {};
  for (const [name, { entry, event, as }] of Object.entries(programs)) {
    const env = makeFunctionEnvironment(stub.endpoint, as);
    const path = await bundle(entry, folder, name);
    bytes[name] = statSync(path).size;
    starts[name] = async () => {
      const started = await probe<ColdStart>('probes/cold-start.mjs', {
        arguments: [path, JSON.stringify(event)],
        env,
        plain: true,
      });
      first[name] = [...(first[name] ?? []), started.first];
      return started.load;
    };
  }
  try {
    const loads = await runInterleaved(starts, Math.max(pairs * 2, 3));
    return Object.entries(programs).flatMap(([name, { title, maxKilobytes }]) => [
      makeFigure(
        `cold-start.${name}.bytes`,
        `${title}: bundle`,
        [(bytes[name] ?? 0) / 1_000],
        'KB',
        maxKilobytes === undefined ? undefined : { atMost: maxKilobytes },
      ),
      makeFigure(`cold-start.${name}.load`, '  to load', loads[name] ?? [], 'ms'),
      ...(name === 'sdk'
        ? []
        : [
            makeFigure(
              `cold-start.${name}.load-ratio`,
              '  relative to the client alone',
              computeRatios(loads[name] ?? [], loads['sdk'] ?? []),
              '×',
              { atMost: 1.2 },
            ),
          ]),
      makeFigure(`cold-start.${name}.first`, '  first event', first[name] ?? [], 'ms'),
    ]);
  } finally {
    stub.stop();
  }
}
