import { jsonObject } from '../../lambda/carriers/json.ts';
import { UsageError } from '../../local/options.ts';
import { count } from '../../local/progress.ts';
import { type CommandContext, colours, print } from '../command.ts';
import { csvRow } from '../terminal/csv.ts';
import { tableOf } from '../terminal/figures.ts';
import { ResultWriter } from '../terminal/results.ts';
import { csvColumns, type ResourceSchema } from './columns.ts';
import { type Question, type Resource, resourcesOf } from './pages.ts';

/** What the options of a listing say of its form. */
export interface ListingOptions {
  /** Resources, at most; without it a table has the first {@link tableRows}, and all else is complete. */
  readonly limit?: number | undefined;
  readonly csv: boolean;
  readonly jsonl: boolean;
}

/** A column of a table: its heading, and what of a resource stands in it. */
export type Column = readonly [heading: string, cell: (resource: Resource) => string];

/** A listing and how it is shown. */
export interface Listing {
  readonly question: Omit<Question, 'limit'>;
  readonly options: ListingOptions;
  /** The schema of the resources in openapi.json, which names the columns of CSV. */
  readonly schema: ResourceSchema;
  /** Prints the resources for people, at least one. */
  readonly printTable: (resources: readonly Resource[], more: boolean) => void;
  /** What is said where there are none. */
  readonly nothing: string;
}

const tableRows = 50;

/** Shows a listing: everything as JSON, JSON lines or CSV, written while it is read; the most telling of it as a table. */
export async function showListing(context: CommandContext, listing: Listing): Promise<void> {
  const { question, options, schema } = listing;
  const format = chooseFormat(context, options);
  const limit = options.limit ?? (format === 'table' ? tableRows : undefined);
  const resources = new FirstOnes(
    resourcesOf(context, { ...question, limit: limit === undefined ? undefined : limit + 1 }),
    limit,
  );
  if (format === 'table') await showTable(context, listing, resources);
  else {
    const writer = new ResultWriter(context.terminal.out);
    if (format === 'json') await writeJson(writer, resources);
    else if (format === 'jsonl') await writeJsonLines(writer, resources);
    else await writeCsv(writer, resources, csvColumns(schema));
    await writer.flush();
  }
  if (resources.more) context.terminal.err.write(moreSentence(limit ?? 0, options));
}

function moreSentence(shown: number, { limit }: ListingOptions): string {
  const all =
    limit === undefined ? 'take all by --json, --jsonl or --csv' : 'leave it out of --json, --jsonl or --csv';
  return `There are more than these ${count(shown)}: raise --limit, or ${all}\n`;
}

function chooseFormat(
  { json }: CommandContext,
  { csv, jsonl }: ListingOptions,
): 'table' | 'json' | 'jsonl' | 'csv' {
  const asked = [json && '--json', jsonl && '--jsonl', csv && '--csv'].filter((option) => option !== false);
  if (asked.length > 1) throw new UsageError(`${asked.join(' and ')} exclude each other: give one of them`);
  return json ? 'json' : jsonl ? 'jsonl' : csv ? 'csv' : 'table';
}

/** The first resources of a listing, and whether there are more. */
class FirstOnes implements AsyncIterable<Resource> {
  more = false;
  readonly #resources: AsyncIterable<Resource>;
  readonly #limit: number | undefined;

  constructor(resources: AsyncIterable<Resource>, limit: number | undefined) {
    this.#resources = resources;
    this.#limit = limit;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Resource> {
    let given = 0;
    for await (const resource of this.#resources) {
      this.more = given === this.#limit;
      if (this.more) return;
      given += 1;
      yield resource;
    }
  }
}

async function showTable(
  context: CommandContext,
  { nothing, printTable }: Listing,
  resources: FirstOnes,
): Promise<void> {
  const rows: Resource[] = [];
  for await (const resource of resources) rows.push(resource);
  if (rows.length === 0) print(context, nothing);
  else printTable(rows, resources.more);
}

/** Filters as they were given: `--status "open" and --type "x"`; undefined where there are none. */
export function statedFilters(filters: Readonly<Record<string, string | undefined>>): string | undefined {
  const stated = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${JSON.stringify(value)}`],
  );
  return stated.length === 0 ? undefined : stated.join(' and ');
}

/** What is said where a SIM has nothing of a period: what was asked for may hide it. */
export function nothingOfSim(
  what: string,
  period: string,
  filters: Readonly<Record<string, string | undefined>>,
): string {
  const stated = statedFilters(filters);
  return `The SIM has no ${what} ${period}${stated === undefined ? '' : `, with ${stated}`}.`;
}

/** Prints resources as a table. */
export function printResources(
  context: CommandContext,
  resources: readonly Resource[],
  columns: readonly Column[],
): void {
  const rows = resources.map((resource) => columns.map(([, cell]) => cell(resource)));
  const head = columns.map(([heading]) => heading);
  print(context, tableOf(colours(context), head, rows));
}

async function writeJson(writer: ResultWriter, resources: AsyncIterable<Resource>): Promise<void> {
  await writer.writeArray(resources);
  await writer.write('\n');
}

async function writeJsonLines(writer: ResultWriter, resources: AsyncIterable<Resource>): Promise<void> {
  for await (const resource of resources) await writer.write(`${JSON.stringify(resource)}\n`);
}

async function writeCsv(
  writer: ResultWriter,
  resources: AsyncIterable<Resource>,
  columns: readonly string[],
): Promise<void> {
  await writer.write(csvRow(columns));
  for await (const resource of resources) {
    await writer.write(csvRow(columns.map((path) => readMember(resource, path))));
  }
}

/** A member of a resource; of a member that is an object, by `a.b`. */
function readMember(resource: Resource, path: string): unknown {
  let value: unknown = resource;
  for (const name of path.split('.')) value = jsonObject(value)?.[name];
  return value;
}

/** A member as text; a member of a member by `a.b`. */
export function textOf(resource: Resource, path: string): string {
  const value = readMember(resource, path);
  return value === undefined || value === null ? '' : String(value);
}

/** A time to the minute. */
export function minuteOf(resource: Resource, path: string): string {
  return textOf(resource, path).slice(0, 16).replace('T', ' ');
}
