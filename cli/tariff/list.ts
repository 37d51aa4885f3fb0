import { type BookList, type BookTariff, readBook, readTariff } from '../../lambda/bills/book.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, print, printJson } from '../command.ts';
import { openLake } from '../days/lake.ts';
import { formatMinute, formatTable } from '../terminal/figures.ts';
import { countNoun } from '../terminal/quantities.ts';
import { describeTariff } from './check.ts';

/** Tariffs that are read concurrently. */
const concurrentReads = 16;

/** `tariff list`: the stored tariffs, roster and opening balances. */
export async function listTariffs(context: CommandContext): Promise<ExitCode> {
  const lake = openLake(context.deployment);
  const { book } = await readBook(lake);
  const tariffs = await mapConcurrently(book.tariffs, concurrentReads, async (one) => ({
    ...describeTariff(await readTariff(lake, one)),
    put_at: one.putAt,
    object: one.key,
  }));
  if (context.json) {
    printJson(context, {
      version: book.version,
      tariffs,
      roster: describeList(book.roster),
      balances: describeList(book.balances),
    });
    return exitCode.done;
  }
  if (tariffs.length === 0) {
    print(context, 'No tariff is stored: store one with tariff put FILE');
    return exitCode.done;
  }
  const rows = tariffs.map(({ name, currency, time_zone: zone, charges, put_at: putAt }) => [
    ...[name, currency, zone, charges.join(', '), formatMinute(putAt)],
  ]);
  print(
    context,
    formatTable(pickColours(context), ['tariff', 'currency', 'time zone', 'charges', 'put at'], rows),
  );
  for (const [name, list] of [
    ['Roster', book.roster],
    ['Opening balances', book.balances],
  ] as const) {
    if (list !== undefined)
      print(context, `${name}: ${countNoun(list.sims, 'SIM')}, stored at ${formatMinute(list.putAt)}`);
  }
  return exitCode.done;
}

function describeList(list: BookList | undefined) {
  if (list === undefined) return null;
  const { sims, entries, putAt, prefix } = list;
  return { sims, entries, put_at: putAt, objects: prefix } satisfies Record<
    string,
    BookTariff['key'] | number
  >;
}
