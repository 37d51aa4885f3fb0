import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { paginateScan, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { UsageError } from '../../lambda/errors.ts';
import type { CountedItems } from '../../lambda/ledger/counted.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import {
  eventRecords,
  listRecordTimes,
  selectCountedItems,
  usageRecords,
} from '../../lambda/store/counted-items.ts';
import { readText } from '../../lambda/store/item-attributes.ts';
import type { Item } from '../../lambda/store/items.ts';
import type { ExportFormatName } from '../arguments.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  printJson,
  startProgress,
} from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { FileOutput } from '../terminal/file-output.ts';
import { count } from '../terminal/progress.ts';
import { type ExportedTable, exportedTables, formats, maskItem, omitFalseCost } from './formats.ts';

/** `export`: the ledger as files, one per table. */
export interface ExportOptions {
  /** ISO 8601; undefined to start at the beginning. */
  readonly from?: string | undefined;
  /** ISO 8601, exclusive; undefined for no end. */
  readonly to?: string | undefined;
  /** Folder, created if it does not exist. */
  readonly out: string;
  readonly format: ExportFormatName;
}

/** The tables that may hold two renderings of a record, only one of which counts. */
const recordTables = {
  usage: usageRecords,
  events: eventRecords,
  sessions: undefined,
  sims: undefined,
} as const;

/** Parts of a table that are read concurrently. */
const segments = 4;

/** A written file. */
interface Exported {
  readonly file: string;
  readonly items: number;
}

/** `export`: writes sessions, usage, events and SIMs to files. */
export async function exportLedger(context: CommandContext, options: ExportOptions): Promise<ExitCode> {
  const { from, to, out } = options;
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError(`--to ${to} is before --from ${from}: give a later time`);
  }
  await mkdir(out, { recursive: true });
  const exported: Exported[] = [];
  for (const table of exportedTables) {
    const file = await exportTable(context, options, table);
    if (file === undefined) return exitCode.interrupted;
    exported.push(file);
  }
  if (context.json) printJson(context, exported);
  else {
    const rows = exported.map(({ file, items }) => [file, count(items)]);
    print(context, formatTable(pickColours(context), ['file', 'items'], rows));
  }
  return exitCode.done;
}

/** Writes a table's file under a temporary name until it is complete; undefined if it was interrupted. */
async function exportTable(
  context: CommandContext,
  options: ExportOptions,
  table: ExportedTable,
): Promise<Exported | undefined> {
  const format = formats[options.format];
  const file = join(options.out, `${table.name}.${format.ending}`);
  const unfinished = `${file}.part`;
  const output = new FileOutput(unfinished);
  let isWhole = false;
  try {
    await output.write(format.writeHead(table.columns));
    const items = await writeItems(context, options, table, output);
    await output.close();
    isWhole = !context.signal.aborted;
    if (!isWhole) return undefined;
    await rename(unfinished, file);
    return { file, items };
  } finally {
    output.discard();
    if (!isWhole) await rm(unfinished, { force: true });
  }
}

async function writeItems(
  context: CommandContext,
  options: ExportOptions,
  table: ExportedTable,
  output: FileOutput,
): Promise<number> {
  const { deployment, signal, reveal } = context;
  const format = formats[options.format];
  const progress = startProgress(context, table.name);
  let written = 0;
  const write = async (counted: readonly Item[]): Promise<void> => {
    const items = counted.map(omitFalseCost);
    const shown = reveal ? items : items.map(maskItem);
    await output.write(shown.map((item) => format.writeLine(item, table.columns)).join(''));
    written += counted.length;
    progress.show(written, undefined);
  };
  await mapConcurrently([...Array(segments).keys()], segments, async (Segment) => {
    const input = scanInput(deployment.places.tables[table.name], table, options);
    const pages = paginateScan(
      { client: deployment.dynamoDb },
      { ...input, Segment, TotalSegments: segments },
    );
    const selection = selectItems(table, options);
    for await (const { Items = [] } of pages) {
      if (signal.aborted) return;
      await write(selection.add(Items));
    }
    await write(selection.end());
  });
  progress.end();
  return written;
}

/** Selects the items to export. All items of a SIM are in one part of the table, in key order. */
function selectItems({ name }: ExportedTable, { from = '', to = '9999' }: ExportOptions): Selection {
  const records = recordTables[name];
  if (records === undefined) return { add: (items) => items, end: () => [] };
  const counted = selectCountedItems(records);
  const isWanted = (item: Item): boolean => {
    const time = readText(item, records.time);
    return time >= from && time < to;
  };
  return {
    add: (items) => counted.add(items).filter(isWanted),
    end: () => counted.end().filter(isWanted),
  };
}

type Selection = Pick<CountedItems<Item>, 'end'> & {
  readonly add: (items: readonly Item[]) => readonly Item[];
};

function scanInput(
  TableName: string,
  { name, time }: ExportedTable,
  options: ExportOptions,
): ScanCommandInput {
  const { from, to } = recordTables[name] === undefined ? options : listRecordTimes(options);
  const bounds = [
    ['>=', ':from', from],
    ['<', ':to', to],
  ] as const;
  const stated = bounds.filter(([, , bound]) => bound !== undefined);
  if (time === undefined || stated.length === 0) return { TableName };
  return {
    TableName,
    FilterExpression: stated.map(([sign, name]) => `#time ${sign} ${name}`).join(' AND '),
    ExpressionAttributeNames: { '#time': time },
    ExpressionAttributeValues: Object.fromEntries(
      stated.map(([, name, bound]) => [name, { S: bound ?? '' }]),
    ),
  };
}
