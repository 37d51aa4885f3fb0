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
 * The DynamoDB client as the functions use it: the AWS SDK's, tuned by the measurements in `docs/performance.md`. Most
 * of a function's CPU goes into requests, so each microsecond here counts thousands of times a batch.
 */

/** Connections that one process keeps open to DynamoDB. */
const maxConnections = 64;

/**
 * Middleware of the SDK that simledger does not need: a copy of each input for a log that nobody reads (items are
 * personal data and never logged), a guard against functions that call themselves, which does not concern DynamoDB, and
 * the user agent, which is put together anew for each request.
 */
const unneededMiddleware = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/**
 * A DynamoDB client for items of ours, which hold strings, numbers and booleans, no bytes.
 *
 * @param where whose tables, where the environment does not say: functions give nothing.
 * @param deadline the time that requests have, their retries included; as long as they take, by default.
 */
export function makeDynamoDbClient(
  where: Pick<DynamoDBClientConfig, 'endpoint' | 'region' | 'credentials' | 'profile'> = {},
  deadline?: Deadline,
): DynamoDBClient {
  const client = new DynamoDBClient({
    ...where,
    // Commands of one kind go through the same middleware: putting it together once saves a tenth of a request.
    cacheMiddleware: true,
    // A request that still fails is repeated by the next delivery, so a few attempts are enough.
    maxAttempts: 6,
    protocol: PlainJsonProtocol,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      // Without this, the SDK only writes a warning and goes on waiting.
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
 * Keeps what the SDK makes anew for each request: the signer, which reads the credentials for each signature all the
 * same, and two copies of the client's whole configuration, of which writing and reading bodies need a few members.
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
  // It takes the place of the one that the client has put on itself.
  middlewareStack.use(getSchemaSerdePlugin(lean));
}

type Context = HandlerExecutionContext & SerdeFunctions;

/**
 * Writes and reads DynamoDB's JSON without conversion. Our commands and items already have the form that they have on
 * the wire, whereas the SDK's codec looks up every value in the service's schema. Error answers are left to the SDK,
 * which knows them all.
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

/** A request's body. The texts of statements, of which there are few, are escaped once. */
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

/** The members of an object that has begun already, and its end. */
function formatMembers(members: object): string {
  const text = JSON.stringify(members).slice(1);
  return text === '}' ? text : `,${text}`;
}

/** Texts as JSON. */
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

/** @throws what the connection throws when it breaks, which the SDK then tries again. */
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
