import {
  type BatchExecuteStatementCommandInput,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb';
import { AwsJson1_0Protocol } from '@aws-sdk/core/protocols';
import { getSchemaSerdePlugin } from '@smithy/core/schema';
import { HttpRequest } from '@smithy/core/transport';
import type {
  EndpointBearer,
  HandlerExecutionContext,
  HttpResponse,
  MetadataBearer,
  OperationSchema,
  RequestSigner,
  SerdeFunctions,
} from '@smithy/types';

import type { Deadline } from './deadline.ts';

/**
 * The functions' DynamoDB client: the AWS SDK's, tuned by the measurements in `docs/performance.md`. Requests take most
 * of a function's CPU, so each microsecond here counts thousands of times per batch.
 */

/** How many connections a process keeps open to DynamoDB. */
const maxConnections = 64;

/**
 * SDK middleware that simledger does not need: a copy of each input for a log (items are personal data and never
 * logged), a guard against functions that call themselves, which does not apply to DynamoDB, and the user agent, which
 * is built again for each request.
 */
const unneededMiddleware = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/**
 * A DynamoDB client for our items, which contain strings, numbers and booleans, but no bytes.
 *
 * @param where the tables' location, if the environment does not state it. Functions omit it.
 * @param deadline limits the time of requests including their retries; no limit by default.
 */
export function makeDynamoDbClient(
  where: Pick<DynamoDBClientConfig, 'endpoint' | 'region' | 'credentials' | 'profile'> = {},
  deadline?: Deadline,
): DynamoDBClient {
  const client = new DynamoDBClient({
    ...where,
    // Commands of one kind use the same middleware: to build it only once saves a tenth of a request.
    cacheMiddleware: true,
    // If a request still fails, the next delivery repeats it, so a few attempts are enough.
    maxAttempts: 6,
    protocol: PlainJsonProtocol,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      // Without this, the SDK only writes a warning and continues to wait.
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: maxConnections },
      httpsAgent: { keepAlive: true, maxSockets: maxConnections },
    },
  });
  for (const unneeded of unneededMiddleware) client.middlewareStack.remove(unneeded);
  reuseWhatStays(client);
  if (deadline !== undefined) {
    // Around all retries.
    client.middlewareStack.add((next) => (args) => deadline.waitForAnswer(() => next(args)), {
      name: 'deadlineMiddleware',
      step: 'initialize',
      priority: 'high',
    });
  }
  return client;
}

/**
 * Reuses what the SDK creates again for each request: the signer, which reads the credentials for each signature in any
 * case, and two copies of the client's whole configuration, of which writing and reading bodies need only a few
 * members.
 */
function reuseWhatStays({ config, middlewareStack }: DynamoDBClient): void {
  const makeSigner = config.signer;
  let signer: RequestSigner | undefined;
  config.signer = async (scheme) => {
    signer ??= await makeSigner(scheme);
    return signer;
  };
  const { protocol, requestHandler, disableHostPrefix, urlParser, streamCollector } = config;
  const { base64Encoder, base64Decoder, utf8Encoder, utf8Decoder } = config;
  const encoders = { base64Encoder, base64Decoder, utf8Encoder, utf8Decoder, streamCollector };
  const lean = { protocol, requestHandler, disableHostPrefix, urlParser, ...encoders };
  // Replaces the plugin that the client has added.
  middlewareStack.use(getSchemaSerdePlugin(lean));
}

type Context = HandlerExecutionContext & SerdeFunctions;

/**
 * Writes and reads DynamoDB's JSON without conversion. Our commands and items already have their form on the wire,
 * whereas the SDK's codec looks up every value in the service's schema. Error responses are left to the SDK.
 */
class PlainJsonProtocol extends AwsJson1_0Protocol {
  override async serializeRequest<Input extends object>(
    operation: OperationSchema,
    input: Input,
    context: Context & EndpointBearer,
  ): Promise<HttpRequest> {
    const { protocol, hostname, port } = await context.endpoint();
    return new HttpRequest({
      ...{ protocol, hostname, method: 'POST', path: '/' },
      ...(port !== undefined && { port }),
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${this.serviceTarget}.${operation.name}`,
      },
      body: Buffer.from(formatBody(input)),
    });
  }

  override async deserializeResponse<Output extends MetadataBearer>(
    operation: OperationSchema,
    context: Context,
    response: HttpResponse,
  ): Promise<Output> {
    const { statusCode, body } = response;
    if (statusCode !== 200) return super.deserializeResponse<Output>(operation, context, response);
    const output: Output = JSON.parse(await readText(body));
    output.$metadata = { httpStatusCode: statusCode };
    return output;
  }
}

/** A request's body. The texts of statements, of which there are few, are escaped only once. */
function formatBody(input: BatchExecuteStatementCommandInput | object): string {
  if (!('Statements' in input) || input.Statements === undefined) return JSON.stringify(input);
  const { Statements, ...rest } = input;
  let body = '{"Statements":[';
  for (const [index, { Statement = '', Parameters, ...others }] of Statements.entries()) {
    const separator = index === 0 ? '' : ',';
    const parameters = Parameters === undefined ? '' : `,"Parameters":${JSON.stringify(Parameters)}`;
    body += `${separator}{"Statement":${escapeOnce(Statement)}${parameters}${formatMembers(others)}`;
  }
  return `${body}]${formatMembers(rest)}`;
}

/** The remaining members of a JSON object, and its closing brace. */
function formatMembers(members: object): string {
  const text = JSON.stringify(members).slice(1);
  return text === '}' ? text : `,${text}`;
}

/** Escaped texts, by text. */
const escaped = new Map<string, string>();
const maxEscaped = 64;

function escapeOnce(text: string): string {
  const known = escaped.get(text);
  if (known !== undefined) return known;
  const json = JSON.stringify(text);
  if (escaped.size === maxEscaped) escaped.clear();
  escaped.set(text, json);
  return json;
}

/** @throws the connection's errors, after which the SDK retries. */
function readText(body: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    body.setEncoding('utf8');
    body.on('data', (chunk: string) => {
      text += chunk;
    });
    body.once('end', () => resolve(text));
    body.once('error', reject);
  });
}
