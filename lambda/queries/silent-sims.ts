import type { Sim } from '../ledger/observation.ts';
import { epochMilliseconds, formatTime } from '../ledger/time.ts';
import { mapConcurrently } from '../store/concurrency.ts';
import { isKey } from '../store/keys.ts';
import type { SimFilter } from '../store/reader.ts';
import { decideHeard, findHeardMark, type Heard, roundingMilliseconds } from './last-heard.ts';
import type { Page, PageRequest } from './page.ts';
import type { QueryPorts } from './ports.ts';
import { type ListedSim, renderListedSim } from './sims.ts';

/** Silent SIMs: nominated by their marks, and decided by their records. */

/** SIMs that are decided at once; each takes two queries. */
const concurrency = 24;

/** Which silent SIMs are asked for. */
export interface Silence {
  /** For how long nothing was heard, in milliseconds, measured against now. */
  readonly milliseconds: number;
  readonly filter: SimFilter;
}

/** A SIM that may be silent, with the mark by which the list is ordered; empty without one. */
export interface Nominee {
  readonly mark: string;
  readonly sim: Sim;
}

/** Where a list of silent SIMs goes on: behind this nominee. */
export type SilentPosition = readonly [mark: string, sim: string];

/** SIMs that may be silent, those of the oldest marks first. */
export interface Nomination {
  /** The latest time at which a silent device was heard. */
  readonly heardBy: string;
  /** As many as were asked for, at most. */
  readonly nominees: readonly Nominee[];
  /** SIMs of the fleet. */
  readonly scanned: number;
}

/**
 * Finds the SIMs that may be silent: those whose marks are old enough, since no mark is later than the record behind it,
 * and those without marks.
 *
 * @param limit the number of nominees that are kept, whatever the size of the fleet.
 */
export async function nominateSilentSims(
  { milliseconds, filter }: Silence,
  { reader, now }: Pick<QueryPorts, 'reader' | 'now'>,
  limit: number,
  after?: SilentPosition,
): Promise<Nomination> {
  const heardBy = formatTime(now() - milliseconds);
  let nominees: Nominee[] = [];
  const keepFirst = (): void => {
    nominees = nominees.sort(compareNominees).slice(0, limit);
  };
  const latestMark = formatTime(epochMilliseconds(heardBy) + roundingMilliseconds);
  const scanned = await reader.scanUnheardSims(filter, latestMark, (sims) => {
    for (const sim of sims) {
      const nominee = { mark: findHeardMark(sim) ?? '', sim };
      if (after === undefined || comparePositions(findPosition(nominee), after) > 0) nominees.push(nominee);
    }
    if (nominees.length > 2 * limit) keepFirst();
  });
  keepFirst();
  return { heardBy, nominees, scanned };
}

/** A silent SIM with when its device was last heard. */
export interface SilentSim {
  readonly sim: Sim;
  readonly heard: Heard;
}

/** Decides by their records which SIMs are silent; those that never were heard come first, then the longest silent. */
export async function decideSilentSims(
  { heardBy, nominees }: Pick<Nomination, 'heardBy' | 'nominees'>,
  { reader }: Pick<QueryPorts, 'reader'>,
): Promise<SilentSim[]> {
  const decided = await mapConcurrently(nominees, concurrency, async ({ sim }) => ({
    sim,
    heard: await decideHeard(sim, reader),
  }));
  return decided
    .filter(({ heard: { at } }) => at === undefined || at <= heardBy)
    .sort((a, b) => comparePositions([a.heard.at ?? '', a.sim.sim], [b.heard.at ?? '', b.sim.sim]));
}

/** Which page of the silent SIMs is asked for. */
export type SilentSimsQuery = Silence & PageRequest<SilentPosition>;

/**
 * Lists the SIMs of which nothing was heard for some time, the longest silent first: pages in the order of the SIMs'
 * marks, and each page in that of their last records.
 */
export async function listSilentSims(
  { size, after, include, ...silence }: SilentSimsQuery,
  ports: Pick<QueryPorts, 'reader' | 'now'>,
): Promise<Page<ListedSim, SilentPosition>> {
  const { heardBy, nominees } = await nominateSilentSims(silence, ports, size + 1, after);
  const shown = nominees.slice(0, size);
  const silent = await decideSilentSims({ heardBy, nominees: shown }, ports);
  const last = shown.at(-1);
  return {
    resources: silent.map(({ sim, heard }) => renderListedSim(sim, heard, include)),
    next: last === undefined || nominees.length <= size ? undefined : findPosition(last),
  };
}

/** A position in the list of silent SIMs; undefined for anything else. */
export function readSilentPosition(value: unknown): SilentPosition | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [mark, sim] = value as readonly unknown[];
  return typeof mark === 'string' && mark.length <= 24 && isKey(sim, 'partition') ? [mark, sim] : undefined;
}

function findPosition({ mark, sim }: Nominee): SilentPosition {
  return [mark, sim.sim];
}

function compareNominees(a: Nominee, b: Nominee): number {
  return comparePositions(findPosition(a), findPosition(b));
}

function comparePositions([a, aSim]: SilentPosition, [b, bSim]: SilentPosition): number {
  if (a !== b) return a < b ? -1 : 1;
  return aSim < bSim ? -1 : Number(aSim > bSim);
}
