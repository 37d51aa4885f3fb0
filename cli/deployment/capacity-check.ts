import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { outputName } from '../../lib/output-names.ts';
import { estimateArrivals, type Fleet, findShortages } from '../../lib/sizing.ts';
import { parsedJson } from '../json.ts';
import type { DeployedStack } from './deployed-stack.ts';
import type { Check, Deployment } from './deployment.ts';
import { check, ok, warning } from './general-checks.ts';

const fleets = z.record(z.string(), z.object({ sims: z.number(), updateMinutes: z.number() }));

/**
 * Whether the fleet behind each source fits into what is deployed now: shards grow, and are changed by hand.
 *
 * @param factors batches at the same time, a shard, by the stream's ARN.
 */
export async function* capacityChecks(
  lambda: LambdaClient,
  { kinesis, places }: Deployment,
  { outputs }: DeployedStack,
  factors: ReadonlyMap<string, number>,
): AsyncGenerator<Check> {
  const configured = fleets.safeParse(parsedJson(outputs[outputName.fleets] ?? '{}'));
  for (const [name, fleet] of Object.entries(configured.data ?? {})) {
    const streamArn = places.sources.all.find((source) => source.name === name)?.streamArn;
    if (streamArn === undefined) continue;
    yield check(`capacity of ${name}`, async () => {
      const { StreamDescriptionSummary: stream } = await kinesis.send(
        new DescribeStreamSummaryCommand({ StreamARN: streamArn }),
      );
      const { MemorySize: memoryMegabytes = 128 } = await lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: outputs[outputName.consumerFunction] }),
      );
      return judge(fleet, {
        shards: stream?.OpenShardCount ?? 1,
        parallelizationFactor: factors.get(streamArn) ?? 1,
        memoryMegabytes,
        isOnDemand: stream?.StreamModeDetails?.StreamMode === 'ON_DEMAND',
      });
    });
  }
}

function judge(fleet: Fleet, capacity: Parameters<typeof findShortages>[1]): Omit<Check, 'subject'> {
  const shortages = findShortages(fleet, capacity);
  if (shortages.length > 0) return warning(shortages.join(' '));
  const arrivals = Math.ceil(estimateArrivals(fleet));
  return ok(`${fleet.sims} SIMs send ${arrivals} records a second, and ten times as many fit`);
}
