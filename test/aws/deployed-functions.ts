import { createHash } from 'node:crypto';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unzipSync } from 'fflate';
import * as z from 'zod';
import { createBundledFunction, type LocalFunction } from '../../emulators/lambda-runtime/function.ts';
import type { Endpoint } from './endpoint.ts';
import type { Lacks } from './lacks.ts';
import { physicalIdAt, resourceAt, type StackAtEndpoint } from './stack.ts';

/** Where the stack has its functions. */
export const functionPaths = {
  consumer: 'StreamIngest/KinesisConsumer/Function',
  importer: 'FileIngest/FileImporter/Function',
  queryApi: 'QueryApi/Reader/Function',
  receiver: 'WebhookIngest/Receiver/Function',
} as const;

/**
 * Fetches a function from the endpoint, code and environment, and makes it ready to be invoked on this machine.
 *
 * @param onLog takes each line that it logs.
 * @throws Error where what the endpoint has is not the bundle that was published.
 */
export async function fetchFunction(
  endpoint: Endpoint,
  stack: StackAtEndpoint,
  path: string,
  { s3, lacks, onLog }: { s3: S3Client; lacks: Lacks; onLog: (line: string) => void },
): Promise<LocalFunction> {
  const { proxy, region, credentials } = endpoint;
  const lambda = new LambdaClient({ endpoint: proxy.url, region, credentials });
  try {
    const FunctionName = physicalIdAt(stack, path);
    const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    if (Configuration === undefined) throw new Error(`The endpoint has no configuration of ${path}`);
    const location = Code?.Location;
    const zip =
      (await fetchFromEndpoint(location, endpoint)) ?? (await fetchAsset(endpoint, stack, path, s3));
    if (!isAt(location, endpoint))
      lacks.add('Lambda GetFunction', `Code.Location leads elsewhere: ${new URL(location ?? '').host}`);
    const hash = createHash('sha256').update(zip).digest('base64');
    if (Configuration.CodeSha256 !== hash)
      throw new Error(`${path}: CodeSha256 is ${Configuration.CodeSha256}, and that of the bundle ${hash}`);
    const code = unzipSync(zip)['index.js'];
    if (code === undefined) throw new Error(`${path}: the bundle has no index.js`);
    return await createBundledFunction(
      {
        name: FunctionName,
        environment: { ...Configuration.Environment?.Variables, ...endpoint.env },
        memoryMegabytes: Configuration.MemorySize ?? 0,
        timeoutSeconds: Configuration.Timeout ?? 0,
        region,
        onLog,
      },
      code,
    );
  } finally {
    lambda.destroy();
  }
}

/** Whether an address is the endpoint's own: nothing else is asked for anything. */
function isAt(location: string | undefined, { proxy }: Endpoint): location is string {
  return location !== undefined && new URL(location).host === new URL(proxy.url).host;
}

async function fetchFromEndpoint(
  location: string | undefined,
  endpoint: Endpoint,
): Promise<Uint8Array | undefined> {
  if (!isAt(location, endpoint)) return undefined;
  const answer = await fetch(location);
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
}

/** A function's code in a template. */
const assetCode = z.object({ S3Bucket: z.object({ 'Fn::Sub': z.string() }), S3Key: z.string() });

/** The bundle as CDK has published it. */
async function fetchAsset(
  { account, region }: Endpoint,
  stack: StackAtEndpoint,
  path: string,
  s3: S3Client,
): Promise<Uint8Array> {
  const { S3Bucket, S3Key } = assetCode.parse(resourceAt(stack, path).Properties?.['Code']);
  const Bucket = [
    ['AWS::AccountId', account],
    ['AWS::Region', region],
  ].reduce((name, [key = '', value = '']) => name.replace(`\${${key}}`, value), S3Bucket['Fn::Sub']);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: S3Key }));
  if (Body === undefined) throw new Error(`s3://${Bucket}/${S3Key} is empty`);
  return Body.transformToByteArray();
}
