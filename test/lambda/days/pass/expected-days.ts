import { rowKinds } from '../../../../lambda/days/columns.ts';
import type { Day } from '../../../../lambda/days/day.ts';
import { computeRoot, printRow, RowDigests } from '../../../../lambda/days/digests.ts';
import { findFindings, listUnknownBeginnings } from '../../../../lambda/days/findings/find-findings.ts';
import type { Finding } from '../../../../lambda/days/findings/finding.ts';
import { wasHeard } from '../../../../lambda/days/findings/unknown-beginning.ts';
import { FleetFold } from '../../../../lambda/days/fleet-days.ts';
import {
  compareTexts,
  makeRows,
  mergeItems,
  noItems,
  type SimItems,
  type SimRows,
} from '../../../../lambda/days/rows.ts';
import { isActive, makeSimDay, type SimPeriod } from '../../../../lambda/days/sim-days.ts';
import { days, type Plan } from './pass-plans.ts';

/** The results for a day. */
export interface FoundDay {
  readonly root: string;
  readonly rows: readonly string[];
  readonly simDays: readonly string[];
  readonly fleet: string;
}

/** A SIM-day as text, with its members ordered by name. */
export function printSimDay(simDay: SimPeriod): string {
  return JSON.stringify(simDay, (_, value: unknown) =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => compareTexts(a, b))),
  );
}

export function printRows(rows: ReadonlyMap<string, SimRows>): string[] {
  return [...rows]
    .sort(([a], [b]) => compareTexts(a, b))
    .flatMap(([, its]) =>
      rowKinds.flatMap((kind) => its[kind].map((row) => `${kind} ${printRow(kind, row)}`)),
    );
}

/** The findings of a SIM's day, from all its records together. */
function expectFindings(sim: string, one: Day, items: SimItems): Finding[] {
  if (sim.startsWith('account:')) return [];
  const { usage, events, sessions } = makeRows(one, items);
  const former = days.filter((other) => other < one);
  const formerUsage = former.flatMap((other) => makeRows(other, items).usage);
  const openSessions = items.sessions.filter(({ terminal }) => terminal === undefined);
  const known = { day: one, usage, events, sessions, openSessions, formerUsage };
  const unheard = listUnknownBeginnings(known)
    .filter((beginning) => !wasHeard(beginning, items))
    .map(({ session }) => session.sessionId);
  return findFindings({
    ...known,
    unheard: new Set(unheard),
    filed: { usage: new Set(), events: new Set() },
  });
}

/** The expected results: rows, sums and root of all records together, without lake and passes. */
export function expectDays({ statements }: Plan): readonly FoundDay[] {
  const items = new Map<string, SimItems>();
  for (const { sim, says } of statements) items.set(sim, mergeItems(items.get(sim) ?? noItems, says));
  return days.map((one) => {
    const digests = new RowDigests();
    const fold = new FleetFold(one);
    const rows = new Map<string, SimRows>();
    const simDays: string[] = [];
    for (const [sim, its] of [...items].sort(([a], [b]) => compareTexts(a, b))) {
      const made = { ...makeRows(one, its), findings: expectFindings(sim, one, its) };
      rows.set(sim, made);
      digests.add(sim, made);
      if (sim.startsWith('account:')) continue;
      const simDay = makeSimDay(sim, one, made);
      fold.addSim(simDay);
      if (isActive(simDay)) simDays.push(printSimDay(simDay));
    }
    return {
      root: computeRoot(digests.finish()).root,
      rows: printRows(rows),
      simDays,
      fleet: JSON.stringify(fold.result),
    };
  });
}
