import type { Tariff } from '../../lambda/billing/tariff.ts';
import { UsageError } from '../../lambda/errors.ts';
import { readBalances, readRoster } from '../bill/roster-files.ts';
import { readTariffs } from '../bill/tariff-files.ts';
import { exitCode, type PerformAlone, print, printJson } from '../command.ts';
import { countNoun } from '../terminal/quantities.ts';

/** Files that `tariff check` and `tariff put` read. */
export interface TariffFiles {
  /** JSON files of tariffs. */
  readonly files: readonly string[];
  readonly roster?: string | undefined;
  readonly balances?: string | undefined;
}

/** `tariff check`: whether files are valid. Stores nothing. */
export const checkTariffs: PerformAlone<TariffFiles> = async (context, { files, roster, balances }) => {
  if (files.length === 0) throw new UsageError('Nothing to check: give at least one tariff file');
  const tariffs = await readTariffs(files);
  const entries = roster === undefined ? undefined : await readRoster(roster, tariffs);
  const opening = balances === undefined ? undefined : await readBalances(balances, tariffs);
  if (context.json) {
    printJson(context, {
      tariffs: tariffs.map(describeTariff),
      roster_sims: entries?.size ?? null,
      balance_sims: opening?.size ?? null,
    });
    return exitCode.done;
  }
  for (const [index, tariff] of tariffs.entries()) {
    print(context, `${files[index]}: the tariff ${tariff.name} is valid`);
    for (const { says, basis } of tariff.facts.filter((fact) => fact.basis === 'assumed'))
      print(context, `  ${basis}: ${says}`);
  }
  if (entries !== undefined) print(context, `${roster}: valid, ${countNoun(entries.size, 'SIM')}`);
  if (opening !== undefined) print(context, `${balances}: valid, ${countNoun(opening.size, 'SIM')}`);
  return exitCode.done;
};

/** A tariff in a few words. */
export function describeTariff({ name, currency, timeZone, charges, facts }: Tariff) {
  return {
    ...{ name, currency, time_zone: timeZone },
    charges: charges.map((charge) => charge.name),
    assumed: facts.filter(({ basis }) => basis === 'assumed').map(({ says }) => says),
  };
}
