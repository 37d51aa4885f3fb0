import { type Check, checks } from '../../lambda/days/findings/finding.ts';
import { DecimalSum } from '../../lambda/json/decimal-sum.ts';
import {
  type FindingFields,
  type FindingsFilter,
  type FindingsPorts,
  type FindingsPosition,
  listFindings,
} from '../../lambda/queries/findings.ts';
import { maxPageSize, type PageRequest } from '../../lambda/queries/page.ts';
import type { Period } from '../../lambda/queries/period.ts';
import { findSim } from '../../lambda/queries/sim-lookup.ts';
import { FindingsTable } from '../../lambda/store/findings.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  requireSource,
} from '../command.ts';
import { findReadDays } from '../days/expired.ts';
import { describeDayList } from '../days/range.ts';
import { openLedgerReader } from '../deployment/ledger-reader.ts';
import type { Column } from '../lists/columns.ts';
import { formatPeriod, openPeriod, type PeriodOptions, readAnsweredPeriod } from '../lists/commands.ts';
import { type ListOptions, showList } from '../lists/listing.ts';
import { formatMinute, formatTable } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';

/** Options of `findings`. */
export interface FindingsOptions extends ListOptions, PeriodOptions {
  readonly check?: Check | undefined;
  /** Any of its names. */
  readonly sim?: string | undefined;
  readonly source?: string | undefined;
}

/** `findings`: what carriers did not deliver, or delivered twice: totals by check, and one by one. */
export async function showFindings(context: CommandContext, options: FindingsOptions): Promise<ExitCode> {
  const { check, source, csv, jsonl } = options;
  const { deployment, terminal, json } = context;
  if (source !== undefined) requireSource(deployment, source);
  const { now } = terminal;
  const period = readAnsweredPeriod('findings', options, now());
  const { reader } = openLedgerReader(deployment, now);
  const findings = new FindingsTable(deployment.dynamoDb, deployment.places.dayTables.findings);
  const sim = options.sim === undefined ? undefined : (await findSim(reader, options.sim)).sim;
  const filter = { check, sim, source };
  const ports = { findings, now };
  const isForPeople = !json && !csv && !jsonl;
  const read = isForPeople ? await findReadDays(context, period) : undefined;
  if (isForPeople) await showTotals(context, filter, openPeriod(period), ports);
  await showList<FindingFields, FindingsPosition>(context, options, {
    open:
      async () =>
      ({ size, after }: PageRequest<FindingsPosition>) =>
        listFindings({ ...filter, period: openPeriod(period), size, after }, ports),
    schema: 'Finding',
    columns: () => columns,
    below: () => [`Findings of closed days ${formatPeriod(period)}`],
    nothing:
      read?.isAnySealed === false
        ? `No day ${formatPeriod(period)} is closed, so there was nothing to check.`
        : `Nothing is missing in the closed days ${formatPeriod(period)}.`,
  });
  if (read?.isAnySealed === true && read.unread.length > 0)
    terminal.err.write(`Not sealed, so not checked: ${describeDayList(read.unread)}\n`);
  if (read?.isAnySealed === true && read.last !== undefined)
    terminal.err.write(
      `Days after ${read.last} are not closed yet, so they were not checked: days close reads them\n`,
    );
  return exitCode.done;
}

const columns: readonly Column<FindingFields>[] = [
  ['day', ({ day }) => day],
  ['check', ({ check, reason }) => `${check}: ${reason}`],
  ['SIM', ({ sim }) => sim],
  ['source', ({ source }) => source],
  ['from', ({ start_time: time }) => formatMinute(time)],
  ['to', ({ end_time: time }) => formatMinute(time)],
  // Exact, since they are claims against a carrier; blank if nothing proves them.
  ['bytes', ({ bytes }) => (bytes === null ? '' : count(bytes))],
  ['cost', ({ cost, currency }) => [cost, currency].filter((part) => part !== null).join(' ')],
  ['session', ({ session_sid: session }) => session ?? ''],
  ['records', ({ records }) => records.join(' ')],
];

/** The totals of a check's findings. */
class CheckTotal {
  #findings = 0;
  #unknown = 0;
  readonly #bytes = new DecimalSum();
  readonly #costs = new Map<string, DecimalSum>();

  add({ bytes, cost, currency }: FindingFields): void {
    this.#findings += 1;
    if (bytes === null) this.#unknown += 1;
    else this.#bytes.add(String(bytes));
    if (cost === null) return;
    const sum = this.#costs.get(currency ?? '') ?? new DecimalSum();
    this.#costs.set(currency ?? '', sum);
    sum.add(cost);
  }

  /** Number of findings, known bytes, number of findings without bytes, and money. */
  describe(): string[] {
    const money = [...this.#costs].map(([currency, sum]) => `${sum} ${currency}`.trim());
    return [
      count(this.#findings),
      count(Number(this.#bytes.toString())),
      this.#unknown === 0 ? '' : count(this.#unknown),
      money.sort().join(', '),
    ];
  }
}

/** Prints the totals of each check's findings. Several checks may find the same record. */
async function showTotals(
  context: CommandContext,
  filter: FindingsFilter,
  period: Period,
  ports: FindingsPorts,
): Promise<void> {
  const totals = new Map<Check, CheckTotal>();
  let after: FindingsPosition | undefined;
  do {
    context.signal.throwIfAborted();
    const page = await listFindings({ ...filter, period, size: maxPageSize, after }, ports);
    for (const finding of page.resources) {
      const total = totals.get(finding.check) ?? new CheckTotal();
      totals.set(finding.check, total);
      total.add(finding);
    }
    after = page.next;
  } while (after !== undefined);
  if (totals.size === 0) return;
  const rows = checks.flatMap((check) => {
    const total = totals.get(check);
    return total === undefined ? [] : [[check, ...total.describe()]];
  });
  print(
    context,
    formatTable(pickColours(context), ['check', 'findings', 'bytes', 'bytes unknown', 'cost'], rows),
  );
  print(context, '');
}
