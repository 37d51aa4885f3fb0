import { dayMilliseconds } from '../../days/day.ts';
import type { ClosedDays } from '../../store/closed-findings.ts';
import type { EpisodeList, EpisodesTable } from '../../store/episodes.ts';
import type { LateRecords } from '../../store/late-records.ts';
import type { SealedTime } from '../../store/sealed-usage.ts';
import type { Mute } from '../mutes.ts';
import { isAboutFindings, isAboutPeriods } from '../rules.ts';
import type { ReadMark } from '../watermark.ts';
import type { SourceState } from './alert-state.ts';
import type { RegisteredGroup } from './form-groups.ts';
import { maxNominees } from './nominees.ts';
import type { Entry } from './register.ts';
import type { RegisteredSourceAlert } from './source-alerts.ts';
import type { SweepPorts, SweepRun } from './sweep-run.ts';
import { isHourly } from './watched-sim.ts';

/** How many recent days may be unsealed, and are searched for SIMs with findings. */
const maxUnsealedDays = 7;

/**
 * Reads what earlier sweeps have stored, and how far sources were read.
 *
 * @throws the store's errors.
 */
export async function readStoredFacts(run: SweepRun, ports: SweepPorts): Promise<StoredFacts> {
  const { state, mutes, episodes } = ports;
  const isAskedForDays = run.rules.some(isAboutPeriods) && !run.isWhole;
  const isAskedForFindings = run.rules.some(isAboutFindings);
  const [states, muted, reads, stored, late, groups, sourceAlerts, sealedTime, closed] = await Promise.all([
    state.readSources(),
    mutes.list(),
    readMarks(run, ports),
    listStored(episodes),
    ports.late.list(),
    state.groups.list(),
    state.sourceAlerts.list(),
    isAskedForDays ? ports.sealedUsage?.findSealed() : undefined,
    isAskedForFindings ? ports.closedFindings?.findClosed() : undefined,
  ]);
  const withFindings = closed === undefined ? undefined : await listFound(closed, states, run, ports);
  return {
    ...{ states, mutes: muted, reads, ...stored, late, groups, sourceAlerts, sealedTime },
    ...{ closed, withFindings },
  };
}

/**
 * The SIMs with findings on the days that were closed last, once an hour; undefined otherwise. Days that are sealed
 * later, and findings that end, are noticed within a day, like late records.
 */
async function listFound(
  { closedUntil, unsealed }: ClosedDays,
  states: ReadonlyMap<string, SourceState>,
  { sources, now, isWhole }: SweepRun,
  { closedFindings }: SweepPorts,
): Promise<ReadonlySet<string> | undefined> {
  const isTime = sources.some(({ name }) => isHourly({ sweptAt: states.get(name)?.sweptAt, now }));
  if (isWhole || !isTime || closedFindings === undefined) return undefined;
  const recent = unsealed.filter((day) => day >= closedUntil - maxUnsealedDays * dayMilliseconds);
  const from = Math.min(closedUntil - dayMilliseconds, ...recent) - dayMilliseconds;
  const found = new Set<string>();
  for await (const sims of closedFindings.listSims(from, closedUntil)) {
    for (const sim of sims) if (found.size < maxNominees) found.add(sim);
  }
  return found;
}

/** How far each source was read. */
async function readMarks(
  { sources, now }: SweepRun,
  { readMark }: SweepPorts,
): Promise<Map<string, ReadMark>> {
  return new Map(
    await Promise.all(sources.map(async ({ name }) => [name, await readMark(name, now)] as const)),
  );
}

/** What is stored of SIMs. */
interface StoredRules {
  /** By SIM, the rules with episodes that are open, undelivered or held. */
  readonly stored: ReadonlyMap<string, readonly string[]>;
  /** The SIMs with episodes that are undelivered or held. */
  readonly waiting: ReadonlySet<string>;
}

/** Reads which SIMs and rules have stored episodes that a sweep must look at. */
async function listStored(episodes: EpisodesTable): Promise<StoredRules> {
  const stored = new Map<string, readonly string[]>();
  const waiting = new Set<string>();
  // Most SIMs have the same rules, so they share a list.
  const lists = new Map<string, readonly string[]>();
  const share = (rules: readonly string[]): readonly string[] => {
    const name = rules.join(' ');
    const known = lists.get(name);
    if (known === undefined) lists.set(name, rules);
    return known ?? rules;
  };
  const listAll = async (which: EpisodeList): Promise<void> => {
    for await (const page of episodes.list(which)) {
      for (const { rule, sim } of page) {
        if (which !== 'live') waiting.add(sim);
        const rules = stored.get(sim) ?? [];
        if (!rules.includes(rule)) stored.set(sim, share([...rules, rule]));
      }
    }
  };
  await Promise.all((['live', 'undelivered', 'held'] as const).map(listAll));
  return { stored, waiting };
}

/** What a sweep reads before it scans the fleet. */
export interface StoredFacts extends StoredRules {
  readonly states: ReadonlyMap<string, SourceState>;
  readonly mutes: readonly Mute[];
  readonly reads: ReadonlyMap<string, ReadMark>;
  readonly late: LateRecords;
  readonly groups: ReadonlyMap<string, Entry<RegisteredGroup>>;
  readonly sourceAlerts: ReadonlyMap<string, Entry<RegisteredSourceAlert>>;
  /** Which days are sealed; undefined if no rule needs it, or no day is sealed. */
  readonly sealedTime: SealedTime | undefined;
  /** Which days are closed; undefined if no rule is about findings, or no day is closed. */
  readonly closed: ClosedDays | undefined;
  /** The SIMs to judge by rules about findings, in addition to those with stored episodes of such rules. */
  readonly withFindings: ReadonlySet<string> | undefined;
}
