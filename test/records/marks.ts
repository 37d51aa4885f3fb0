import { cutToGranule, type MarkName, maxGranuleMilliseconds } from '../../lambda/ledger/heard.ts';

/** The marks that a record of this time states of a SIM, in a source without rules. */
export function marksAt(time: string, sim: string, ...names: readonly MarkName[]): object {
  const at = cutToGranule(time, sim, maxGranuleMilliseconds);
  return Object.fromEntries(names.map((name) => [name, { at, group: {} }]));
}
