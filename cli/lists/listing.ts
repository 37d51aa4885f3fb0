import { toJsonObject } from '../../lambda/json/json.ts';
import { type Disclosure, type PersonalField, personalFields } from '../../lambda/queries/disclosure.ts';
import { maxPageSize, type Page, type PageRequest } from '../../lambda/queries/page.ts';
import { type CommandContext, pickColours, print, refuseSeveralFormats } from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { maskFields } from '../terminal/masking.ts';
import { count } from '../terminal/progress.ts';
import { formatCsvRow, formatJson, ResultWriter } from '../terminal/terminal.ts';
import { type Column, listCsvColumns, type ResourceSchema } from './columns.ts';

/** Options that decide the form of a list. */
export interface ListOptions {
  /** Maximum number of resources; without it, a table has the first {@link tableRows}, and other forms are complete. */
  readonly limit?: number | undefined;
  readonly csv: boolean;
  readonly jsonl: boolean;
}

/** The part of a command's context that a list needs. */
export type ListContext = Pick<CommandContext, 'terminal' | 'json' | 'reveal' | 'signal'>;

/** A resource of a list, in the API's form. */
type Resource = Readonly<Record<string, unknown>>;

/** A list and how to show it. */
export interface List<Listed extends Resource, Position> {
  /** Finds the subject of the list, and returns the function that reads a page of it. */
  readonly open: () => Promise<(page: PageRequest<Position>) => Promise<Page<Listed, Position>>>;
  /** Personal fields that it always reads; their values are masked. */
  readonly include?: readonly PersonalField[];
  /** The schema of the resources in openapi.json, which names the CSV columns; or the names themselves. */
  readonly schema: ResourceSchema | readonly string[];
  readonly columns: (resources: readonly Listed[]) => readonly Column<Listed>[];
  /** Whether a table shows the list in reverse order, like a chart. */
  readonly isReversed?: boolean;
  /** Lines below a table. */
  readonly below?: (resources: readonly Listed[], more: boolean) => readonly string[];
  /** The message if the list is empty. */
  readonly nothing: string;
}

/** Resources that a table shows without `--limit`. */
export const tableRows = 50;

/**
 * Shows a list: all of it as JSON, JSON lines or CSV, written while it is read; or its most important columns as a
 * table.
 */
export async function showList<Listed extends Resource, Position>(
  context: ListContext,
  options: ListOptions,
  list: List<Listed, Position>,
): Promise<void> {
  const format = chooseFormat(context, options);
  const limit = options.limit ?? (format === 'table' ? tableRows : undefined);
  const wanted = limit === undefined ? Number.POSITIVE_INFINITY : limit + 1;
  const resources = new FirstItems(readResources(context, list, wanted), limit);
  if (format === 'table') await showTable(context, list, resources);
  else {
    const writer = new ResultWriter(context.terminal.out);
    if (format === 'json') await writeJson(writer, resources);
    else if (format === 'jsonl') await writeJsonLines(writer, resources);
    else
      await writeCsv(
        writer,
        resources,
        typeof list.schema === 'string' ? listCsvColumns(list.schema) : list.schema,
      );
    await writer.flush();
  }
  if (resources.more) context.terminal.err.write(describeMore(limit ?? 0, options));
}

/**
 * The resources of a list, page by page, with personal values masked unless requested.
 *
 * @throws the signal's reason at Ctrl-C, so that a part does not look complete; UserError if a query refuses its
 *   parameters.
 */
async function* readResources<Listed extends Resource, Position>(
  { signal, reveal }: ListContext,
  { open, include: always = [] }: List<Listed, Position>,
  limit: number,
): AsyncGenerator<Listed> {
  const readPage = await open();
  const include: Disclosure = new Set(reveal ? personalFields : always);
  const size = Math.min(limit, maxPageSize);
  let after: Position | undefined;
  let given = 0;
  do {
    signal.throwIfAborted();
    const page = await readPage({ size, after, include });
    for (const resource of page.resources) {
      if (given === limit) return;
      given += 1;
      yield reveal ? resource : maskFields(resource);
    }
    after = page.next;
  } while (after !== undefined && given < limit);
}

function describeMore(shown: number, { limit }: ListOptions): string {
  const all =
    limit === undefined
      ? 'use --json, --jsonl or --csv for all'
      : 'omit --limit with --json, --jsonl or --csv';
  return `There are more than these ${count(shown)}: raise --limit, or ${all}\n`;
}

/** @throws UsageError if the user requests several formats. */
export function chooseFormat(
  { json }: Pick<CommandContext, 'json'>,
  { csv, jsonl }: ListOptions,
): 'table' | 'json' | 'jsonl' | 'csv' {
  refuseSeveralFormats({ json }, { csv, jsonl });
  return json ? 'json' : jsonl ? 'jsonl' : csv ? 'csv' : 'table';
}

/** The first resources of a list, and whether there are more. */
class FirstItems<Listed> implements AsyncIterable<Listed> {
  more = false;
  readonly #resources: AsyncIterable<Listed>;
  readonly #limit: number | undefined;

  constructor(resources: AsyncIterable<Listed>, limit: number | undefined) {
    this.#resources = resources;
    this.#limit = limit;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Listed> {
    let given = 0;
    for await (const resource of this.#resources) {
      this.more = given === this.#limit;
      if (this.more) return;
      given += 1;
      yield resource;
    }
  }
}

async function showTable<Listed extends Resource, Position>(
  context: ListContext,
  { nothing, columns, isReversed = false, below = () => [] }: List<Listed, Position>,
  listed: FirstItems<Listed>,
): Promise<void> {
  const resources: Listed[] = [];
  for await (const resource of listed) resources.push(resource);
  if (resources.length === 0) {
    print(context, nothing);
    return;
  }
  const shown = columns(resources);
  const rows = (isReversed ? resources.toReversed() : resources).map((one) =>
    shown.map(([, cell]) => cell(one)),
  );
  const head = shown.map(([heading]) => heading);
  print(context, formatTable(pickColours(context), head, rows));
  for (const line of below(resources, listed.more)) print(context, line);
}

async function writeJson(writer: ResultWriter, resources: AsyncIterable<Resource>): Promise<void> {
  await writer.writeArray(resources);
  await writer.write('\n');
}

async function writeJsonLines(writer: ResultWriter, resources: AsyncIterable<Resource>): Promise<void> {
  for await (const resource of resources) await writer.write(`${formatJson(resource)}\n`);
}

async function writeCsv(
  writer: ResultWriter,
  resources: AsyncIterable<Resource>,
  columns: readonly string[],
): Promise<void> {
  await writer.write(formatCsvRow(columns));
  for await (const resource of resources) {
    await writer.write(formatCsvRow(columns.map((path) => readMember(resource, path))));
  }
}

/** A member of a resource; `a.b` names a member of a nested object. */
function readMember(resource: Resource, path: string): unknown {
  let value: unknown = resource;
  for (const name of path.split('.')) value = toJsonObject(value)?.[name];
  return value;
}
