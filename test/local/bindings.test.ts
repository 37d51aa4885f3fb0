import { DescribeTableCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { KinesisMappingOptions } from '../../emulators/event-source-mapping/kinesis.ts';
import type { SqsMappingOptions } from '../../emulators/event-source-mapping/sqs.ts';
import type { LambdaFunctionOptions } from '../../emulators/lambda-runtime/function.ts';
import type { QueueOptions } from '../../emulators/sqs/emulator.ts';
import { environment } from '../../lambda/aws/names.ts';
import type { SourceDescription, WebhookSourceDescription } from '../../lambda/aws/sources.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { portVariables, readOptions } from '../../local/options.ts';
import { dayQueue, lakeFolders, localSources } from '../../local/places.ts';
import { tableNames } from '../lambda/store/table-names.ts';
import { describeSource, ofType, type Synthesised, synthesise } from '../lib/synthesised.ts';

/** What the local run is made of, by the settings of its parts. */
const bound = vi.hoisted(() => ({
  kinesis: [] as KinesisMappingOptions[],
  sqs: [] as SqsMappingOptions[],
  functions: [] as LambdaFunctionOptions[],
  queues: [] as { name: string; options: QueueOptions | undefined }[],
  buckets: new Map<string, { versioned: boolean; announced: boolean }>(),
}));

vi.mock(import('../../emulators/event-source-mapping/kinesis.ts'), async (original) => {
  const { createKinesisMapping, ...others } = await original();
  return {
    ...others,
    createKinesisMapping: (options) => {
      bound.kinesis.push(options);
      return createKinesisMapping(options);
    },
  };
});

vi.mock(import('../../emulators/event-source-mapping/sqs.ts'), async (original) => {
  const { createSqsMapping, ...others } = await original();
  return {
    ...others,
    createSqsMapping: (options) => {
      bound.sqs.push(options);
      return createSqsMapping(options);
    },
  };
});

vi.mock(import('../../emulators/lambda-runtime/function.ts'), async (original) => {
  const { createLambdaFunction, ...others } = await original();
  return {
    ...others,
    createLambdaFunction: (options) => {
      bound.functions.push(options);
      return createLambdaFunction(options);
    },
  };
});

vi.mock(import('../../emulators/sqs/emulator.ts'), async (original) => {
  const { createSqsEmulator, ...others } = await original();
  return {
    ...others,
    createSqsEmulator: () => {
      const sqs = createSqsEmulator();
      return {
        ...sqs,
        createQueue: (name, options) => {
          bound.queues.push({ name, options });
          return sqs.createQueue(name, options);
        },
      };
    },
  };
});

vi.mock(import('../../emulators/s3/emulator.ts'), async (original) => {
  const { createS3Emulator, ...others } = await original();
  return {
    ...others,
    createS3Emulator: (options) => {
      const s3 = createS3Emulator(options);
      return {
        ...s3,
        createBucket: (name, made) => {
          bound.buckets.set(name, { versioned: made?.versioned ?? false, announced: false });
          s3.createBucket(name, made);
        },
        onObjectCreated: (name, listener, filter) => {
          expect(filter).toBeUndefined();
          bound.buckets.set(name, {
            versioned: bound.buckets.get(name)?.versioned ?? false,
            announced: true,
          });
          return s3.onObjectCreated(name, listener, filter);
        },
      };
    },
  };
});

/** What the deployed stack calls a function, and what the local run calls it. */
const functionNames: Readonly<Record<string, string>> = {
  'StreamIngest/KinesisConsumer/Function': 'kinesis-consumer',
  'FileIngest/FileImporter/Function': 'file-importer',
  'QueryApi/Reader/Function': 'query-api',
  'WebhookIngest/Receiver/Function': 'webhook-receiver',
};

/** The local run judges alerts and closes days in its own process, so that its clock can be a simulation's. */
const ownProcess = /^(AlertSweep|DayPass)\//;

let ledger: LocalLedger;
let stack: Synthesised;

/** The functions that the local run starts as they are deployed. */
function boundFunctions() {
  return propertiesOf('AWS::Lambda::Function').filter(([path]) => !ownProcess.test(path));
}

beforeAll(async () => {
  const noPorts = Object.values(portVariables).map(({ variable }) => [variable, '0']);
  const options = readOptions(['--empty'], Object.fromEntries(noPorts)) ?? expect.fail('No options');
  ledger = await startLocalLedger({
    ...options,
    onLog: () => undefined,
    onTrouble: (sentence) => expect.fail(sentence),
  });
  // The sources of the local run, deployed by default numbers.
  const sources = localSources.map(({ name, carrier }) => ({
    ...describeSource(carrier),
    ...{ name, bucket: true, webhook: true },
  }));
  stack = synthesise({ simledger: { sources } });
});

afterAll(async () => {
  await ledger.stop();
});

/** The construct that a source of the local run would be deployed as. */
function deployedSource(name: string): string {
  return `Source${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function propertiesOf(type: string): [string, Record<string, unknown>][] {
  return Object.entries(ofType(stack, type)).map(([path, { Properties }]) => [path, Properties]);
}

function mappings(eventSource: RegExp): [string, Record<string, unknown>][] {
  return propertiesOf('AWS::Lambda::EventSourceMapping')
    .filter(([, { EventSourceArn }]) => eventSource.test(String(EventSourceArn)))
    .sort();
}

describe('the local run and the deployed stack', () => {
  test('feed the consumer from the same streams with the same settings', () => {
    const local = bound.kinesis.map(({ stream, target, rules }) => {
      const { parallelizationFactor, ...named } = { parallelizationFactor: undefined, ...rules };
      const source = localSources.find(({ streamArn }) => streamArn === stream.arn);
      const path = deployedSource(source?.name ?? '');
      return [
        `StreamIngest/${path}`,
        {
          EventSourceArn: `${path}/Stream.Arn`,
          FunctionName: target.arn.split(':').at(-1),
          StartingPosition: 'TRIM_HORIZON',
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          BatchSize: named.batchSize,
          MaximumBatchingWindowInSeconds: named.batchingWindowSeconds,
          ParallelizationFactor: parallelizationFactor,
          BisectBatchOnFunctionError: named.bisectOnError,
          MaximumRetryAttempts: named.retryAttempts,
          MaximumRecordAgeInSeconds: named.maximumRecordAgeHours * 3600,
          DestinationConfig: { OnFailure: { Destination: 'Storage/Quarantine.Arn' } },
          MetricsConfig: { Metrics: ['EventCount'] },
        },
      ];
    });
    const deployed = mappings(/Stream\.Arn$/).map(([path, { FunctionName, ...properties }]) => [
      path,
      { ...properties, FunctionName: functionNames[String(FunctionName)] },
    ]);
    expect(local.length).toBe(localSources.length);
    expect(deployed).toEqual(local.sort());
  });

  test('feed the importer from one queue with the same settings', () => {
    const enabled = mappings(/^FileIngest/).filter(([, { Enabled }]) => Enabled !== false);
    const imports = bound.sqs.filter(({ queue }) => !queue.arn.endsWith(`:${dayQueue}`));
    const local = imports.map(({ queue, target, rules }) => [
      queue.arn.split(':').at(-1),
      target.arn.split(':').at(-1),
      rules,
    ]);
    const deployed = enabled.map(([, { EventSourceArn, FunctionName, BatchSize, ScalingConfig }]) => {
      const { MaximumConcurrency: maximumConcurrency } = ScalingConfig as { MaximumConcurrency: number };
      return [
        EventSourceArn === 'FileIngest/Queue.Arn' ? 'simledger-files' : EventSourceArn,
        functionNames[String(FunctionName)],
        expect.objectContaining({ batchSize: BatchSize, maximumConcurrency }),
      ];
    });
    expect(local).toEqual(deployed);
  });

  test('hide and give up messages in the same way', () => {
    const queue = (path: string) => stack.resources[`FileIngest/${path}`]?.Properties ?? {};
    const redrive = queue('Queue')['RedrivePolicy'] as { maxReceiveCount: number };
    // Messages about days are taken in this process, and no visibility must hold them back.
    const queues = bound.queues.filter(({ name }) => !name.startsWith(dayQueue));
    expect(queues).toEqual([
      {
        name: 'simledger-files-dead-letters',
        options: { visibilityTimeoutSeconds: queue('DeadLetters')['VisibilityTimeout'] },
      },
      {
        name: 'simledger-files',
        options: {
          visibilityTimeoutSeconds: queue('Queue')['VisibilityTimeout'],
          maxReceives: redrive.maxReceiveCount,
          deadLetterQueue: expect.objectContaining({ name: 'simledger-files-dead-letters' }),
        },
      },
    ]);
  });

  test('keep objects and send notifications in the same buckets, except those of closed days, which are files here', () => {
    const places = new Map([
      ['Storage/Quarantine', 'simledger-quarantine'],
      ...localSources.map(({ name, bucket }) => [`${deployedSource(name)}/Files`, bucket] as const),
    ]);
    const announced = {
      QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: 'FileIngest/Queue.Arn' }],
    };
    const buckets = propertiesOf('AWS::S3::Bucket').filter(([path]) => !/(?:^Lake|Catalog)/.test(path));
    const deployed = buckets.map(([path, properties]) => {
      const { NotificationConfiguration, VersioningConfiguration } = properties;
      if (NotificationConfiguration !== undefined) expect(NotificationConfiguration).toEqual(announced);
      return [
        places.get(path),
        {
          versioned: VersioningConfiguration !== undefined,
          announced: NotificationConfiguration !== undefined,
        },
      ];
    });
    const local = [...bound.buckets].filter(([name]) => !lakeFolders.has(name));
    expect(Object.fromEntries(local)).toEqual(Object.fromEntries(deployed));
  });

  test('have tables with the same keys and indexes', async () => {
    const deployed = propertiesOf('AWS::DynamoDB::Table').map(([path, properties]) => [
      path.replace('Storage/', ''),
      keysOf(properties as TableDescription),
    ]);
    const names = deployed.map(([name]) => String(name));
    const local = await Promise.all(
      names.map(async (TableName) => {
        const { Table } = await ledger.dynamoDb.send(new DescribeTableCommand({ TableName }));
        return [TableName, keysOf(Table ?? {})];
      }),
    );
    expect(names.sort()).toEqual(tableNames);
    expect(Object.fromEntries(local)).toEqual(Object.fromEntries(deployed));
  });

  test('give each function the same memory and time', () => {
    const local = bound.functions.map(({ name, memoryMegabytes, timeoutSeconds }) => [
      name,
      [memoryMegabytes, timeoutSeconds],
    ]);
    const deployed = boundFunctions().map(([path, { MemorySize, Timeout }]) => [
      functionNames[path],
      [MemorySize, Timeout],
    ]);
    expect(Object.fromEntries(local)).toEqual(Object.fromEntries(deployed));
  });

  test('give each function the same environment', () => {
    const local = new Map(bound.functions.map(({ name, environment: told }) => [name, told]));
    const untold = boundFunctions().flatMap(([path, { Environment }]) => {
      const { Variables } = Environment as { Variables: Record<string, string> };
      const there = local.get(functionNames[path] ?? '') ?? {};
      // The local runtime sets this for every function by itself.
      const { NODE_OPTIONS: _, ...variables } = Variables;
      return Object.keys(variables).filter((name) => !(name in there));
    });
    expect(untold).toEqual([]);
  });

  test.each([environment.eventRetentionDays, environment.metricNamespace, environment.measuredNetworks])(
    'tell the consumer and the importer the same %s',
    (name) => {
      const deployed = variablesOf('StreamIngest/KinesisConsumer/Function')[name];
      const writers = ['kinesis-consumer', 'file-importer'];
      const told = bound.functions.filter((options) => writers.includes(options.name));
      expect(deployed).toBeDefined();
      expect(told.map((options) => options.environment[name])).toEqual([deployed, deployed]);
    },
  );

  test('know the same sources', () => {
    const described = (text = '[]') =>
      (JSON.parse(text) as SourceDescription[]).map(({ name, carrier, bytesPerMegabyte = 1_000_000 }) => [
        ...[name, carrier, bytesPerMegabyte],
      ]);
    const consumer = bound.functions.find(({ name }) => name === 'kinesis-consumer');
    expect(described(consumer?.environment[environment.sources])).toEqual(
      described(variablesOf('StreamIngest/KinesisConsumer/Function')[environment.sources]),
    );
  });
});

describe('the local run and the deployed stack, called by carriers,', () => {
  test('have the same paths, for sources of the same carriers', () => {
    const local = bound.functions.find(({ name }) => name === 'webhook-receiver')?.environment;
    const described = (text = '[]') =>
      (JSON.parse(text) as WebhookSourceDescription[]).map(({ name, carrier }) => [name, carrier]);
    const deployed = variablesOf('WebhookIngest/Receiver/Function');
    expect(described(local?.[environment.webhookSources])).toEqual(
      described(deployed[environment.webhookSources]),
    );
    const routes = propertiesOf('AWS::ApiGatewayV2::Route').map(([, { RouteKey }]) => String(RouteKey));
    expect(routes.filter((key) => key.startsWith('POST /v1/')).sort()).toEqual(
      localSources.map(({ name }) => `POST /v1/ingest/${name}`).sort(),
    );
  });
});

function variablesOf(path: string): Record<string, string> {
  const { Environment } = stack.resources[path]?.Properties ?? {};
  return (Environment as { Variables: Record<string, string> }).Variables;
}

/** A table's keys and indexes, in a form to compare. */
function keysOf(table: TableDescription): unknown {
  const schema = (keys: TableDescription['KeySchema']) =>
    keys?.map((key) => `${key.KeyType} ${key.AttributeName}`);
  const indexes = (list: TableDescription['GlobalSecondaryIndexes'] = []) =>
    Object.fromEntries(list.map((index) => [index.IndexName, [schema(index.KeySchema), index.Projection]]));
  return {
    keys: schema(table.KeySchema),
    attributes: table.AttributeDefinitions?.map((one) => `${one.AttributeName} ${one.AttributeType}`).sort(),
    local: indexes(table.LocalSecondaryIndexes),
    global: indexes(table.GlobalSecondaryIndexes),
  };
}
