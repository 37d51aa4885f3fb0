import type { KnownSource, Sources } from '../../lambda/aws/sources.ts';
import { UsageError } from '../../lambda/errors.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import type { LedgerPorts } from '../../lambda/ingest/ingest.ts';
import type { Changes } from '../../lambda/ledger/fold.ts';
import { readItems } from '../../lambda/store/batch-get.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import type { Item } from '../../lambda/store/items.ts';
import type { LedgerTables, WriteOptions } from '../../lambda/store/ledger-tables.ts';
import type { WriteReport } from '../../lambda/store/report.ts';
import type { LedgerWriter } from '../../lambda/store/writer.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  printJson,
  requireSource,
  startProgress,
} from '../command.ts';
import { listShards, readRetainedRecords, type TimeRange } from '../deployment/streams.ts';
import { makeLedgerTables, openLedgerPorts, takeIn } from '../ledger.ts';
import { formatTable, printReceipts, SourceReceipts } from '../terminal/figures.ts';
import { count, type Progress } from '../terminal/progress.ts';

/** `replay`: reads the records that streams still keep, and processes them again as the consumer does. */
export interface ReplayOptions {
  /** ISO 8601; undefined to start at the oldest record that is kept. */
  readonly from?: string | undefined;
  /** ISO 8601; undefined to end now. */
  readonly to?: string | undefined;
  /** Undefined for all sources. */
  readonly source?: string | undefined;
  /** Name of another stream in the source's account and region, to read instead of the source's. */
  readonly stream?: string | undefined;
  readonly dryRun: boolean;
  readonly verify: boolean;
}

/** A shard to read. */
interface Shard {
  readonly source: KnownSource;
  readonly streamArn: string;
  readonly shardId: string;
}

/** Shards that are read concurrently. */
const concurrentShards = 4;

/** `replay`: reprocesses the records that streams keep. */
export async function replay(context: CommandContext, options: ReplayOptions): Promise<ExitCode> {
  const { deployment, signal, terminal } = context;
  const range = readTimeRange(options, terminal.now());
  const shards = await chooseShards(context, options);
  const run = new Replay(context, options, shards.length);
  await mapConcurrently(shards, concurrentShards, (shard) => run.read(shard, range));
  run.progress.end();
  const verification = options.verify ? run.verification : undefined;
  const { troubles, receipts } = run;
  const { total, entries: sources } = receipts;
  if (context.json) {
    const { dryRun } = options;
    printJson(context, { deployment: deployment.title, dryRun, total, sources, verification, troubles });
  } else printResult(context, options, run);
  for (const trouble of troubles) terminal.err.write(`! ${trouble}\n`);
  if (signal.aborted) return exitCode.interrupted;
  return total.failed > 0 ? exitCode.attention : exitCode.done;
}

function readTimeRange({ from, to }: ReplayOptions, now: number): TimeRange {
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError(`--to ${to} is before --from ${from}: give a later time`);
  }
  const begin = from === undefined ? undefined : Date.parse(from);
  if (begin !== undefined && begin > now)
    throw new UsageError(`--from ${from} is in the future: give an earlier time`);
  return { from: begin, to: to === undefined ? now : Math.min(now, Date.parse(to)) };
}

async function chooseShards(
  { deployment }: CommandContext,
  { source: name, stream }: ReplayOptions,
): Promise<Shard[]> {
  if (stream !== undefined && name === undefined) {
    throw new UsageError(
      `--stream ${JSON.stringify(stream)} needs --source: name the source whose records it holds`,
    );
  }
  const sources = name === undefined ? deployment.places.sources.all : [requireSource(deployment, name)];
  const shards = await mapConcurrently(sources, concurrentShards, async (source) => {
    if (source.streamArn === undefined) return [];
    const streamArn = stream === undefined ? source.streamArn : renameStream(source.streamArn, stream);
    const ids = await listShards(deployment.kinesis, streamArn);
    return ids.map((shardId): Shard => ({ source, streamArn, shardId }));
  });
  return shards.flat();
}

/** The ARN of another stream of the same account and region. */
function renameStream(streamArn: string, name: string): string {
  return `${streamArn.slice(0, streamArn.lastIndexOf('/') + 1)}${name}`;
}

class Replay {
  readonly progress: Progress;
  readonly receipts = new SourceReceipts();
  readonly #context: CommandContext;
  readonly #ports: LedgerPorts & { readonly writer: VerifyingWriter | LedgerWriter };
  readonly #shares = new Map<Shard, number>();
  readonly #shards: number;
  readonly #troubles = new Set<string>();

  constructor(context: CommandContext, options: ReplayOptions, shards: number) {
    const { deployment } = context;
    this.#context = context;
    this.#shards = shards;
    this.progress = startProgress(context, 'records');
    const ports = openLedgerPorts(deployment, options);
    this.#ports = {
      ...ports,
      writer: options.verify
        ? new VerifyingWriter(ports.writer, makeLedgerTables(deployment, deployment.dynamoDb))
        : ports.writer,
    };
  }

  get troubles(): readonly string[] {
    return [...this.#troubles];
  }

  get verification(): Verification | undefined {
    const { writer } = this.#ports;
    return writer instanceof VerifyingWriter ? writer.verification : undefined;
  }

  async read(shard: Shard, range: TimeRange): Promise<void> {
    const { deployment, interpret, signal } = this.#context;
    const { source, streamArn, shardId } = shard;
    const { shardPauseMilliseconds: pause, places } = deployment;
    // The stream may belong to a removed source.
    const sources: Sources = {
      ...places.sources,
      findByStream: () => places.sources.findByStream(source.streamArn ?? ''),
    };
    for await (const page of readRetainedRecords(deployment.kinesis, streamArn, shardId, range, pause)) {
      if (signal.aborted) return;
      const { receipt, errors } = await takeIn(
        () => readEntries(page.records, sources, interpret),
        this.#ports,
      );
      this.receipts.add(source.name, receipt);
      for (const { name, message } of errors) this.#troubles.add(`Not stored: ${name}: ${message}`);
      this.#note(shard, page.share);
    }
    this.#note(shard, 1);
  }

  #note(shard: Shard, share: number): void {
    this.#shares.set(shard, share);
    const sum = [...this.#shares.values()].reduce((total, one) => total + one, 0);
    this.progress.showShare(this.receipts.total.received, sum / this.#shards);
  }
}

function printResult(context: CommandContext, { dryRun }: ReplayOptions, run: Replay): void {
  const { receipts, verification } = run;
  if (receipts.entries.length === 0) {
    print(context, 'The streams hold no records of that time.');
    return;
  }
  const groups = receipts.entries.map(({ source, receipt }) => [[source], receipt] as const);
  printReceipts(context, dryRun, ['source'], groups);
  if (verification !== undefined) printVerification(context, verification);
}

function printVerification(context: CommandContext, verification: Verification): void {
  const { before, after, added, changed, examples } = verification;
  const differing = added + changed;
  print(
    context,
    `\nItems of these records: ${count(before)} before, ${count(after)} after; ` +
      (differing === 0 ? 'none differs.' : `${count(added)} added, ${count(changed)} changed:`),
  );
  if (differing === 0) return;
  const rows = examples.map(({ table, key, kind, attributes }) => [table, key, kind, attributes.join(', ')]);
  print(context, formatTable(pickColours(context), ['table', 'item', '', 'attributes'], rows));
}

/** What a replay changed, item by item. */
interface Verification {
  /** Items of the replayed records that existed before, and after. */
  readonly before: number;
  readonly after: number;
  /** Items that appeared, and items that changed. */
  readonly added: number;
  readonly changed: number;
  /** The first of these changes. */
  readonly examples: readonly Difference[];
}

/** A changed item. */
interface Difference {
  readonly table: string;
  readonly key: string;
  readonly kind: 'added' | 'changed';
  /** Names of the attributes that differ. */
  readonly attributes: readonly string[];
}

const maxExamples = 20;

/**
 * Wraps a writer: reads every item of a batch before and after the write, and compares them, except for the expiry of
 * events, which counts from their arrival. Changes that other writers make in between count as well.
 */
class VerifyingWriter {
  readonly #writer: LedgerPorts['writer'];
  readonly #tables: LedgerTables;
  readonly #examples: Difference[] = [];
  #before = 0;
  #after = 0;
  #added = 0;
  #changed = 0;

  constructor(writer: LedgerPorts['writer'], tables: LedgerTables) {
    this.#writer = writer;
    this.#tables = tables;
  }

  get verification(): Verification {
    return {
      before: this.#before,
      after: this.#after,
      added: this.#added,
      changed: this.#changed,
      examples: this.#examples,
    };
  }

  async write(changes: Changes, options: WriteOptions): Promise<WriteReport> {
    const keys = listKeys(this.#tables, changes);
    const before = await this.#read(keys);
    const report = await this.#writer.write(changes, options);
    const after = await this.#read(keys);
    this.#before += before.size;
    this.#after += after.size;
    for (const [name, item] of after) this.#compare(name, before.get(name), item);
    return report;
  }

  async #read(keys: ReadonlyMap<string, readonly Item[]>): Promise<ReadonlyMap<string, Item>> {
    const items = new Map<string, Item>();
    for (const [table, ofTable] of keys) {
      const found = await readItems(this.#tables.client, table, ofTable, { consistent: true });
      for (const { expiresAt, ...item } of found) items.set(`${table} ${formatKey(item)}`, item);
    }
    return items;
  }

  #compare(name: string, before: Item | undefined, after: Item): void {
    const attributes = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])].filter(
      (attribute) => JSON.stringify(before?.[attribute]) !== JSON.stringify(after[attribute]),
    );
    if (attributes.length === 0) return;
    const kind = before === undefined ? 'added' : 'changed';
    if (kind === 'added') this.#added += 1;
    else this.#changed += 1;
    if (this.#examples.length === maxExamples) return;
    const [table = '', ...key] = name.split(' ');
    this.#examples.push({ table, key: key.join(' '), kind, attributes });
  }
}

/** The keys of all items in a batch, by table. */
function listKeys(tables: LedgerTables, changes: Changes): ReadonlyMap<string, readonly Item[]> {
  return new Map([
    [
      tables.sessions,
      changes.sessions.map(({ state }) => ({ sim: { S: state.sim }, sessionId: { S: state.sessionId } })),
    ],
    [
      tables.usage,
      changes.usage.map(({ state }) => ({ sim: { S: state.sim }, usageId: { S: state.usageId } })),
    ],
    [
      tables.events,
      changes.events.map(({ state }) => ({ sim: { S: state.sim }, eventKey: { S: state.eventKey } })),
    ],
    [tables.sims, changes.sims.map(({ state }) => ({ sim: { S: state.sim } }))],
  ]);
}

function formatKey({ sim, sessionId, usageId, eventKey }: Item): string {
  return [sim, usageId ?? eventKey ?? sessionId].flatMap((part) => part?.S ?? []).join(' ');
}
