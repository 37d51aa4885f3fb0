import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import type { Item } from '../lambda/store/items.ts';
import { listen } from './listen.ts';

/**
 * A DynamoDB stub that accepts everything, keeps nothing and answers immediately, so that only the cost of its client
 * is measured. It is a program that sends its port to its parent, and ends with it.
 *
 *   node stub-dynamodb.ts [CONTENTS]
 *
 * CONTENTS is a file with one {@link StubItem} per line, which the stub returns when its key is requested. On its
 * second port it also contains half of the usage records, selected by their keys; on the first none.
 */

/** An item of the stub. */
export interface StubItem {
  readonly table: 'Sims' | 'Usage';
  /** In DynamoDB's JSON. One usage item represents all, with the key that is requested. */
  readonly item: Item;
}

/** SIM items by key, as JSON. */
const sims = new Map<string, string>();
/** A usage item without its key. */
let usage: Item | undefined;

const [, , contents] = process.argv;
if (contents !== undefined) {
  for await (const line of createInterface({ input: createReadStream(contents) })) keep(JSON.parse(line));
}

function keep({ table, item }: StubItem): void {
  if (table === 'Sims') {
    sims.set(String(item['sim']?.S), JSON.stringify(item));
    return;
  }
  const { sim: _, usageId: __, ...attributes } = item;
  usage = attributes;
}

/** For each projection, the usage item's attributes as JSON that follows its key. */
const projected = new Map<string | undefined, string>();

function projectUsage(expression: string | undefined): string {
  const known = projected.get(expression);
  if (known !== undefined) return known;
  const names = expression?.split(', ');
  const attributes = Object.entries(usage ?? {}).filter(([name]) => names?.includes(name) ?? true);
  const text = attributes.length === 0 ? '}' : `,${JSON.stringify(Object.fromEntries(attributes)).slice(1)}`;
  projected.set(expression, text);
  return text;
}

interface Requested {
  readonly RequestItems?: Readonly<
    Record<string, { readonly Keys: readonly Item[]; readonly ProjectionExpression?: string }>
  >;
  readonly Statements?: readonly unknown[];
}

const secretText = JSON.stringify({ account: 'ACmeasured', token: 'measured' });

/** The response to each operation; other operations get an empty one. */
const answers: Readonly<Record<string, (body: () => Requested, knowsUsage: boolean) => string>> = {
  BatchGetItem: (body, knowsUsage) =>
    `{"Responses":${contents === undefined ? '{}' : findItems(body(), knowsUsage)},"UnprocessedKeys":{}}`,
  BatchWriteItem: () => '{"UnprocessedItems":{}}',
  BatchExecuteStatement: (body) => JSON.stringify({ Responses: (body().Statements ?? []).map(() => ({})) }),
  GetSecretValue: () => JSON.stringify({ SecretString: secretText }),
};

function findItems({ RequestItems = {} }: Requested, knowsUsage: boolean): string {
  const tables = Object.entries(RequestItems).map(([table, { Keys, ProjectionExpression }]) => {
    const items = Keys.flatMap((key) => findItem(table, key, knowsUsage, ProjectionExpression) ?? []);
    return `${JSON.stringify(table)}:[${items.join(',')}]`;
  });
  return `{${tables.join(',')}}`;
}

function findItem(
  table: string,
  key: Item,
  knowsUsage: boolean,
  projection: string | undefined,
): string | undefined {
  if (table === 'Sims') return sims.get(String(key['sim']?.S));
  const isKnown = knowsUsage && Number(String(key['usageId']?.S).at(-1)) % 2 === 0;
  if (table !== 'Usage' || usage === undefined || !isKnown) return undefined;
  return `${JSON.stringify(key).slice(0, -1)}${projectUsage(projection)}`;
}

function answer(request: IncomingMessage, response: ServerResponse, knowsUsage: boolean): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const body = (): Requested => JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const text = Buffer.from(answers[operation]?.(body, knowsUsage) ?? '{}');
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': text.length,
      'x-amzn-requestid': 'STUB',
    });
    response.end(text);
  });
}

/**
 * Starts the stub.
 *
 * @returns its port.
 */
async function serve(knowsUsage: boolean): Promise<number> {
  const server = createServer((request, response) => answer(request, response, knowsUsage));
  server.keepAliveTimeout = 120_000;
  return listen(server);
}

/** The ports of the stub. */
export interface StubPorts {
  readonly port: number;
  /** The port on which it contains half of the usage records. */
  readonly halfPort: number;
}

process.send?.({ port: await serve(false), halfPort: await serve(true) } satisfies StubPorts);
process.once('disconnect', () => process.exit());
