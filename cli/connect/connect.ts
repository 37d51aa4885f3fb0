import { setTimeout as wait } from 'node:timers/promises';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { formatReason } from '../../lambda/carriers/reading.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import type { Entry } from '../../lambda/ingest/ingest.ts';
import type { Observations } from '../../lambda/ledger/observation.ts';
import type { Item } from '../../lambda/store/items.ts';
import { readItem } from '../../lambda/store/registers.ts';
import { eventsTable, sessionsTable, simsTable, usageTable } from '../../lambda/store/tables.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  printJson,
  requireSource,
} from '../command.ts';
import type { Check, Deployment, Places } from '../deployment/deployment.ts';
import { StreamTail } from '../deployment/streams.ts';
import { formats, maskItem, omitFalseCost } from '../export/formats.ts';
import { maskText } from '../terminal/masking.ts';
import { listPortalForms, type PortalForm } from './portal-forms.ts';

/** `connect SOURCE`: shows the values for the carrier's portal, then waits for the first record. */
export interface ConnectOptions {
  readonly source: string;
  /** Whether to wait for the first record. */
  readonly wait: boolean;
  /** Seconds without a record before possible causes are checked. */
  readonly hint: number;
}

/** Milliseconds between reads of the stream and the tables. */
const pauseMilliseconds = 1_000;

/** Milliseconds within which a working consumer stores everything in a record. */
const settlingMilliseconds = 10_000;

/** `connect`: shows the values for the carrier's portal, and waits until records arrive. */
export async function connect(context: CommandContext, options: ConnectOptions): Promise<ExitCode> {
  const { deployment } = context;
  const source = requireSource(deployment, options.source);
  const forms = listPortalForms(source.carrier, deployment.describeConnection(source));
  if (!context.json) printForms(context, forms);
  const { streamArn } = source;
  if (!options.wait || streamArn === undefined) {
    if (context.json) printJson(context, { deployment: deployment.title, source: source.name, forms });
    return exitCode.done;
  }
  const connection = new Connection(context, source, options.hint);
  const items = await connection.await(streamArn);
  const { firstRequest, testIds } = connection;
  if (context.json) {
    const record = items.map(({ table, item }) => ({
      table,
      item: JSON.parse(formatItem(context, { table, item })) as unknown,
    }));
    const { title } = deployment;
    printJson(context, { deployment: title, source: source.name, forms, firstRequest, testIds, record });
  }
  return exitCode.done;
}

function printForms(context: CommandContext, forms: readonly PortalForm[]): void {
  const { bold } = pickColours(context);
  for (const { where, fields } of forms) {
    print(context, bold(where));
    const width = Math.max(...fields.map(({ field }) => field.length));
    // A value ends its line, so that it is easy to copy.
    for (const { field, value } of fields) print(context, `  ${field.padEnd(width)}  ${value}`);
    print(context, '');
  }
}

/** An item as a JSON line; personal values are masked unless they are requested. */
function formatItem({ reveal }: CommandContext, { item = {} }: StoredItem): string {
  const shown = omitFalseCost(item);
  return formats.jsonl.writeLine(reveal ? shown : maskItem(shown), []).trimEnd();
}

/** Watches a source for its first records. */
class Connection {
  /** When the first delivery arrived, ISO 8601. */
  firstRequest: string | undefined;
  readonly testIds: string[] = [];
  readonly #context: CommandContext;
  readonly #source: KnownSource;
  readonly #hintMilliseconds: number;
  #record: Observations | undefined;
  #hintAt: number;
  #settledAt = Number.POSITIVE_INFINITY;

  constructor(context: CommandContext, source: KnownSource, hintSeconds: number) {
    this.#context = context;
    this.#source = source;
    this.#hintMilliseconds = hintSeconds * 1000;
    this.#hintAt = performance.now() + this.#hintMilliseconds;
  }

  /** Waits for the first record and its items in the tables. Ctrl-C ends it. */
  async await(streamArn: string): Promise<readonly StoredItem[]> {
    const { deployment, signal } = this.#context;
    const tail = new StreamTail(deployment.kinesis, streamArn);
    await tail.open();
    this.#say(`Waiting for the first record of ${this.#source.name}. Press Ctrl-C to stop.`);
    for (;;) {
      signal.throwIfAborted();
      for (const entry of readEntries(
        await tail.read(),
        deployment.places.sources,
        this.#context.interpret,
      )) {
        this.#take(entry);
      }
      const items = await this.#readItems();
      if (items.length > 0) {
        this.#sayRecord(items);
        return items;
      }
      if (performance.now() >= this.#hintAt) await this.#giveHint();
      await wait(Math.max(pauseMilliseconds, deployment.shardPauseMilliseconds), undefined, { signal });
    }
  }

  /** The first record's items in the tables; none before it is stored. */
  async #readItems(): Promise<readonly StoredItem[]> {
    if (this.#record === undefined) return [];
    const items = await readStoredItems(this.#context.deployment, this.#record);
    const stored = items.filter(({ item }) => item !== undefined);
    // An item may never appear: a more complete rendering of the record has another key.
    const isSettled = performance.now() >= this.#settledAt;
    return stored.length === items.length || isSettled ? stored : [];
  }

  #take({ reading, arrivedAt, readBytes }: Entry): void {
    const at = new Date(arrivedAt).toISOString();
    if (this.firstRequest === undefined) {
      this.firstRequest = at;
      this.#say(`${at} The first request has arrived at the stream.`);
    }
    if (reading.kind === 'fault') {
      const reason = maskText(formatReason(reading));
      this.#say(`${at} A record of ${readBytes().length} bytes cannot be read: ${reading.code}: ${reason}`);
    } else if (reading.kind === 'observed') {
      if (this.#record !== undefined) return;
      this.#say(`${at} The first record has arrived.`);
      this.#record = reading;
      this.#settledAt = performance.now() + settlingMilliseconds;
    } else if (reading.testId !== undefined && !this.testIds.includes(reading.testId)) {
      this.testIds.push(reading.testId);
      this.#say(`${at} A test event has arrived. Its test_id, if the portal asks for it: ${reading.testId}`);
    }
  }

  #sayRecord(items: readonly StoredItem[]): void {
    this.#say('The tables hold:');
    for (const stored of items) this.#say(`  ${stored.table.padEnd(8)} ${formatItem(this.#context, stored)}`);
  }

  /** Shows the causes that checks find, and says where to look for others. */
  async #giveHint(): Promise<void> {
    const { deployment } = this.#context;
    const seconds = Math.round(this.#hintMilliseconds / 1000);
    this.#hintAt = performance.now() + this.#hintMilliseconds;
    this.#say(
      this.#record === undefined
        ? `No record for ${seconds} seconds. These checks may show why:`
        : `The record is not in the tables after ${seconds} seconds. These checks may show why:`,
    );
    for await (const check of deployment.checkConnection(this.#source)) this.#say(`  ${checkLine(check)}`);
    this.#say(`  ${this.#explainElsewhere()}`);
  }

  #explainElsewhere(): string {
    const { region, roleArn } = this.#context.deployment.describeConnection(this.#source);
    if (roleArn === undefined) return "Look for delivery errors in the carrier's portal.";
    return (
      'CloudTrail shows whether the carrier assumes the role: ' +
      `aws cloudtrail lookup-events --region ${region} --lookup-attributes AttributeKey=EventName,AttributeValue=AssumeRole`
    );
  }

  /** Prints a line for people: on standard error if the results are JSON. */
  #say(line: string): void {
    if (this.#context.json) this.#context.terminal.err.write(`${line}\n`);
    else print(this.#context, line);
  }
}

function checkLine({ subject, outcome, sentence }: Check): string {
  return `${outcome === 'ok' ? ' ' : '!'} ${subject}: ${sentence}`;
}

/** An item that a record changes, and its key. */
interface StoredItem {
  readonly table: keyof Places['tables'];
  /** Undefined until it is stored. */
  readonly item: Item | undefined;
}

/** The current items that a record changes. */
function readStoredItems(
  { dynamoDb, places }: Pick<Deployment, 'dynamoDb' | 'places'>,
  { session, usage, event, sim }: Observations,
): Promise<readonly StoredItem[]> {
  const text = (S: string): AttributeValue => ({ S });
  const keys: (readonly [StoredItem['table'], Record<string, AttributeValue>])[] = [];
  if (session !== undefined) {
    const { partitionKey, sortKey } = sessionsTable;
    keys.push(['sessions', { [partitionKey]: text(session.sim), [sortKey]: text(session.sessionId) }]);
  }
  if (usage !== undefined) {
    const { partitionKey, sortKey } = usageTable;
    keys.push(['usage', { [partitionKey]: text(usage.sim), [sortKey]: text(usage.usageId) }]);
  }
  if (event !== undefined) {
    const { partitionKey, sortKey } = eventsTable;
    keys.push(['events', { [partitionKey]: text(event.sim), [sortKey]: text(event.eventKey) }]);
  }
  if (sim !== undefined) keys.push(['sims', { [simsTable.partitionKey]: text(sim.sim) }]);
  return Promise.all(
    keys.map(async ([table, key]) => ({
      table,
      item: await readItem(dynamoDb, places.tables[table], key),
    })),
  );
}
