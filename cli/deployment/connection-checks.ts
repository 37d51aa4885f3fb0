import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { dimension, webhook } from '../../lambda/aws/names.ts';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { outputName } from '../../lib/output-names.ts';
import { makeSourceId } from '../../lib/source-ids.ts';
import { check, reportOk, reportProblem, reportWarning } from './checks.ts';
import type { Check, DeployedStack } from './deployment.ts';
import { checkMapping, listMappings } from './stack-checks.ts';

/** Minutes of metrics to read: CloudWatch metrics are some minutes late. */
const lookBackMinutes = 15;

/** A metric to add up. */
interface MetricChoice {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Checks whatever may keep a source's records from arriving: its stream, the function behind it and its address. */
export async function* checkConnection(
  source: KnownSource,
  { access, outputs, name: stackName }: DeployedStack,
  now: number,
): AsyncGenerator<Check> {
  const lambda = new LambdaClient(access);
  const cloudWatch = new CloudWatchClient(access);
  const sum = (choice: MetricChoice) => sumLately(cloudWatch, choice, now);
  const { name, streamArn = '' } = source;
  const consumer = outputs[outputName.consumerFunction] ?? '';
  try {
    yield await checkArrival(source, sum);
    const mappings = await listMappings(lambda, consumer);
    yield await checkMapping(`mapping of ${name}`, mappings, (arn) => arn === streamArn);
    yield await checkConsumer(consumer, outputs['ConsumerLogs'] ?? '', sum);
    if (outputs[`${makeSourceId(source)}CallbackURL`] === undefined) return;
    yield await callCheck(name, stackName, outputs['WebhookLogs'] ?? '', sum);
  } finally {
    lambda.destroy();
    cloudWatch.destroy();
  }
}

type Sum = (choice: MetricChoice) => Promise<number>;

function checkArrival({ name, streamArn = '' }: KnownSource, sum: Sum): Promise<Check> {
  return check(`stream of ${name}`, async () => {
    const StreamName = streamArn.slice(streamArn.lastIndexOf('/') + 1);
    const arrived = await sum({
      ...{ namespace: 'AWS/Kinesis', name: 'IncomingRecords' },
      dimensions: { StreamName },
    });
    return arrived > 0
      ? reportOk(`${arrived} records arrived in the last ${lookBackMinutes} minutes`)
      : reportWarning(
          `no record arrived in the last ${lookBackMinutes} minutes: compare the fields above with the portal`,
        );
  });
}

function checkConsumer(FunctionName: string, logs: string, sum: Sum): Promise<Check> {
  return check('consumer function', async () => {
    const count = (name: string) => sum({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName } });
    const [errors, throttles] = [await count('Errors'), await count('Throttles')];
    if (errors > 0) {
      return reportProblem(
        `failed ${errors} times in the last ${lookBackMinutes} minutes: aws logs tail ${logs} --since 1h says why`,
      );
    }
    return throttles > 0
      ? reportProblem(`was throttled ${throttles} times: raise the account's concurrent executions of Lambda`)
      : reportOk(`did not fail in the last ${lookBackMinutes} minutes`);
  });
}

function callCheck(source: string, namespace: string, logs: string, sum: Sum): Promise<Check> {
  return check(`calls of ${source}`, async () => {
    const count = (name: string) => sum({ namespace, name, dimensions: { [dimension.source]: source } });
    const refused = await count(webhook.refused);
    const failed = await count(webhook.failed);
    const [taken, read] = [await count(webhook.taken), `aws logs tail ${logs} --since 1h says why`];
    if (refused > 0)
      return reportProblem(`${refused} calls were refused, usually because of their credential: ${read}`);
    if (failed > 0) return reportProblem(`${failed} calls failed: ${read}`);
    return taken > 0
      ? reportOk(`${taken} calls succeeded in the last ${lookBackMinutes} minutes`)
      : reportWarning(`nobody called the address in the last ${lookBackMinutes} minutes`);
  });
}

async function sumLately(
  client: CloudWatchClient,
  { namespace, name, dimensions }: MetricChoice,
  now: number,
): Promise<number> {
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(now - lookBackMinutes * 60_000),
      EndTime: new Date(now),
      Period: 60,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
}
