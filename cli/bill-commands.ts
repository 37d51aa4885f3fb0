import { Option } from '@commander-js/extra-typings';
import { parseWords } from '../lambda/queries/parameters.ts';
import {
  addListOptions,
  billGroups,
  makeWholeNumberParser,
  parseMonthArgument,
  queryArgument,
} from './arguments.ts';
import type { Program } from './new-program.ts';
import type { Performer, PerformerAlone } from './performer.ts';

/** `bill`. */
export function addBill(program: Program, perform: Performer): void {
  const bill = addGroup(program);
  addBillShow(bill, perform);
  addListOptions(
    bill.command('list').description('List the bills that are stored, the newest month first'),
  ).action((options) => perform('reads', async () => (await import('./bill/list.ts')).showBills, options));
  addMonthly(bill, 'check', 'Compare an invoice with what usage should cost, and say why they differ')
    .argument('<invoice>', 'CSV file of the invoice')
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .requiredOption('--map <file>', "JSON file that maps the invoice's columns")
    .option('--pack <dir>', 'Also write a dispute pack for the carrier to this folder')
    .action((invoice, options) =>
      perform('reads', async () => (await import('./bill/check.ts')).checkInvoice, { invoice, ...options }),
    );
  addMonthly(bill, 'savings', 'Compare what a month would have cost under several tariffs')
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .action((options) =>
      perform('reads', async () => (await import('./bill/savings.ts')).showSavings, options),
    );
  addMonthly(bill, 'sims', 'List SIMs that are billed but unused, or used but not billed')
    .requiredOption('--tariff <file...>', 'JSON files of tariffs')
    .option('--invoice <file>', 'CSV file of the invoice (default: the tariffs say what is billed)')
    .option('--map <file>', "JSON file that maps the invoice's columns")
    .option(
      '--silent <days>',
      'Days without usage after which a SIM is unused',
      makeWholeNumberParser(1, 366),
      30,
    )
    .action((options) =>
      perform('reads', async () => (await import('./bill/sims.ts')).showMismatches, options),
    );
}

function addGroup(program: Program) {
  return program.command('bill').description('Make bills, and check invoices');
}

/** Adds a command about a month's bill, with the options that every bill has. */
function addMonthly(
  bill: ReturnType<typeof addGroup>,
  name: string,
  description: string,
  options?: { isDefault: boolean },
) {
  return bill
    .command(name, options)
    .description(description)
    .requiredOption(
      '--month <month>',
      'The month in which the billing periods end, such as 2026-10',
      parseMonthArgument,
    )
    .option('--roster <file>', 'CSV file with tariffs, activation and dates of SIMs')
    .option('--balances <file>', 'CSV file with usage from before the ledger began')
    .option('--csv', 'Print CSV', false);
}

/** `bill` alone. */
function addBillShow(bill: ReturnType<typeof addGroup>, perform: Performer): void {
  addMonthly(bill, 'show', 'Show what the usage of a month should cost', { isDefault: true })
    .option(
      '--tariff <file...>',
      "JSON files of tariffs (default: the stored ones, else the carriers' own cost)",
    )
    .addOption(
      new Option('--by <words>', 'What to group by')
        .choices(billGroups)
        .argParser(queryArgument(parseWords(billGroups))),
    )
    .option('--html <file>', 'Also write the bill as a page to this file')
    .option('--focus <account>', "Print the lines as CSV of FOCUS, with the carrier's id of your account")
    .option('--explain <line>', 'Explain a line, down to its records')
    .addOption(
      new Option('--stored', 'Show the bill that is stored').conflicts([
        ...(['tariff', 'roster', 'balances', 'by', 'explain'] as const),
      ]),
    )
    .addOption(
      new Option('--forecast', 'Forecast what the month will cost').conflicts([
        ...(['stored', 'against', 'by', 'explain', 'html', 'csv'] as const),
      ]),
    )
    .addOption(
      new Option('--against <month>', 'Explain the difference from another month')
        .argParser(parseMonthArgument)
        .conflicts([...(['stored', 'by', 'explain', 'html', 'csv'] as const)]),
    )
    .action((options) =>
      perform('reads', async () => (await import('./bill/show.ts')).showBill, {
        ...options,
        by: options.by ?? [],
        tariff: options.tariff ?? [],
        stored: options.stored ?? false,
        forecast: options.forecast ?? false,
      }),
    );
}

/** `tariff`. */
export function addTariff(program: Program, perform: Performer, performAlone: PerformerAlone): void {
  const tariff = program.command('tariff').description('Check, put and list tariffs');
  /** Files that are read. */
  const addFilesCommand = (name: string, description: string) =>
    tariff
      .command(name)
      .description(description)
      .argument('[file...]', 'JSON files of tariffs')
      .option('--roster <file>', 'CSV file with tariffs, activation and dates of SIMs')
      .option('--balances <file>', 'CSV file with usage from before the ledger began');
  addFilesCommand('check', 'Check files of tariffs without storing them').action((files, options) =>
    performAlone(async () => (await import('./tariff/check.ts')).checkTariffs, { files, ...options }),
  );
  addFilesCommand('put', 'Store tariffs, a roster and opening balances, and show what changes from which day')
    .option('--remove <name...>', 'Names of tariffs to remove')
    .option(
      '--bills-from <month>',
      'Make bills from this month on (default: last month, and those that are stored)',
      parseMonthArgument,
    )
    .option('--dry-run', 'Show what would happen, and write nothing', false)
    .action((files, options) =>
      perform('writes', async () => (await import('./tariff/put.ts')).putTariffs, {
        ...options,
        files,
        remove: options.remove ?? [],
      }),
    );
  tariff
    .command('list')
    .description('List the stored tariffs')
    .action((options) =>
      perform('reads', async () => (await import('./tariff/list.ts')).listTariffs, options),
    );
}
