import type { AlertState } from '../alerts/sweep/alert-state.ts';
import { type ListedSim, maxScannedSims } from '../alerts/sweep/silent-list.ts';
import type { Sim } from '../ledger/observation.ts';
import { formatRecordTime, formatTime, toMilliseconds } from '../ledger/time.ts';
import { divideIntoChunks, mapConcurrently } from '../store/concurrency.ts';
import { isKey } from '../store/keys.ts';
import { matchesFilter, type SimFilter } from '../store/sim-filter.ts';
import { decideHeard, findHeardMark, type Heard, roundingMilliseconds } from './last-heard.ts';
import type { Page, PageRequest } from './page.ts';
import type { QueryPorts } from './ports.ts';
import { type ListedSim as ListedResource, renderListedSim } from './sims.ts';

/**
 * Silent SIMs: nominated by their marks, decided by their records. The query scans the fleet, unless it is too large:
 * then it nominates the SIMs that the last alert sweep listed as longest silent.
 */

/** How many SIMs are decided concurrently; each takes two queries. */
const concurrency = 24;

/** Which silent SIMs to list. */
export interface Silence {
  /** How long nothing was heard, in milliseconds, measured against now. */
  readonly milliseconds: number;
  readonly filter: SimFilter;
}

/** A SIM that may be silent, with the mark that determines its place in the list; empty if it has none. */
export interface Nominee {
  readonly mark: string;
  readonly sim: Sim;
}

/** Where a list of silent SIMs continues: after this nominee. */
export type SilentPosition = readonly [mark: string, sim: string];

/** SIMs that may be silent, oldest marks first. */
export interface Nomination {
  /** The latest time at which a silent device was heard. */
  readonly heardBy: string;
  /** At most as many as were requested. */
  readonly nominees: readonly Nominee[];
  /** How many SIMs the fleet has. */
  readonly scanned: number;
  /** The list that was used instead of a scan, if one was. */
  readonly list: ListState | undefined;
}

/** The state of a list that a sweep made. */
export interface ListState {
  /** When it was made, ISO 8601. Later records are considered; a SIM that is newer is missing. */
  readonly listedAt: string;
  /** Whether it has all SIMs that were silent for that long; if not, it has the longest silent ones. */
  readonly isComplete: boolean;
}

/** What is needed to nominate silent SIMs. */
export interface NominationPorts extends Pick<QueryPorts, 'reader' | 'now'> {
  /** Where sweeps list silent SIMs; undefined if there are no alerts. */
  readonly alerts?: { readonly state: Pick<AlertState, 'readFleet' | 'readSilent'> } | undefined;
  /** Up to so many SIMs, the query scans the fleet; {@link maxScannedSims} by default. */
  readonly scansUpTo?: number;
}

/**
 * Finds the SIMs that may be silent: those whose marks are old enough, because no mark is later than its record, and
 * those without marks.
 *
 * @param limit how many nominees to keep, whatever the size of the fleet.
 */
export async function nominateSilentSims(
  silence: Silence,
  ports: NominationPorts,
  limit: number,
  after?: SilentPosition,
): Promise<Nomination> {
  const heardBy = formatRecordTime(ports.now() - silence.milliseconds);
  const { alerts, scansUpTo = maxScannedSims } = ports;
  const fleet = await alerts?.state.readFleet();
  const take = { heardBy, limit, after };
  if (alerts === undefined || fleet === undefined || fleet.sims <= scansUpTo) {
    return { ...(await scanNominees(silence.filter, ports, take)), heardBy, list: undefined };
  }
  const { source } = silence.filter;
  const sources = source === undefined ? fleet.sources : [source];
  const listed = await readListed(sources, alerts.state, take);
  const nominees = await checkListed(listed.sims, silence.filter, ports, take);
  return { nominees, scanned: fleet.sims, heardBy, list: listed.list };
}

/** Which nominees to return. */
interface Wanted {
  readonly heardBy: string;
  readonly limit: number;
  readonly after: SilentPosition | undefined;
}

/** The latest mark of a device that may be silent. */
function findLatestMark(heardBy: string): string {
  return formatTime(toMilliseconds(heardBy) + roundingMilliseconds);
}

async function scanNominees(
  filter: SimFilter,
  { reader }: Pick<QueryPorts, 'reader'>,
  { heardBy, limit, after }: Wanted,
): Promise<Pick<Nomination, 'nominees' | 'scanned'>> {
  let nominees: Nominee[] = [];
  const keepFirst = (): void => {
    nominees = nominees.sort(compareNominees).slice(0, limit);
  };
  const scanned = await reader.scanUnheardSims(filter, findLatestMark(heardBy), (sims) => {
    for (const sim of sims) {
      const nominee = { mark: findHeardMark(sim) ?? '', sim };
      if (after === undefined || comparePositions(findPosition(nominee), after) > 0) nominees.push(nominee);
    }
    if (nominees.length > 2 * limit) keepFirst();
  });
  keepFirst();
  return { nominees, scanned };
}

/** The listed SIMs that may be silent, oldest marks first, after a position. */
async function readListed(
  sources: readonly string[],
  state: Pick<AlertState, 'readSilent'>,
  { heardBy, after }: Wanted,
): Promise<{ readonly sims: readonly SilentPosition[]; readonly list: ListState }> {
  const parts = (await Promise.all(sources.map((name) => state.readSilent(name)))).flat();
  const latestMark = toMilliseconds(findLatestMark(heardBy));
  const isSilent = ([, heardAt]: ListedSim): boolean => (heardAt ?? 0) <= latestMark;
  const sims = parts
    .flatMap((part) => part.sims.filter(isSilent))
    .map(([sim, heardAt]): SilentPosition => [heardAt === null ? '' : formatTime(heardAt), sim])
    .filter((position) => after === undefined || comparePositions(position, after) > 0)
    .sort(comparePositions);
  // If even the last SIM of a cut part may be silent, others may be as well.
  const isComplete = parts.every(({ isCut, sims: listed }) => !isCut || !listed.every(isSilent));
  const sweptAt = parts.reduce(
    (earliest, part) => Math.min(earliest, part.sweptAt),
    Number.POSITIVE_INFINITY,
  );
  return { sims, list: { listedAt: formatTime(Number.isFinite(sweptAt) ? sweptAt : 0), isComplete } };
}

/** How many SIMs' items are read together. */
const chunkSize = 1_000;

/** The listed SIMs that may still be silent according to their items. */
async function checkListed(
  listed: readonly SilentPosition[],
  filter: SimFilter,
  { reader }: Pick<QueryPorts, 'reader'>,
  { heardBy, limit }: Wanted,
): Promise<readonly Nominee[]> {
  const latestMark = findLatestMark(heardBy);
  const nominees: Nominee[] = [];
  for (const chunk of divideIntoChunks(listed, chunkSize)) {
    const sims = new Map((await reader.readSims(chunk.map(([, sim]) => sim))).map((sim) => [sim.sim, sim]));
    for (const [mark, key] of chunk) {
      const sim = sims.get(key);
      if (sim === undefined || !matchesFilter(sim, filter) || (findHeardMark(sim) ?? '') > latestMark)
        continue;
      // By the listed mark, so that the order of pages stays the same, whatever arrives meanwhile.
      nominees.push({ mark, sim });
      if (nominees.length === limit) return nominees;
    }
  }
  return nominees;
}

/** A silent SIM, and when its device was last heard. */
export interface SilentSim {
  readonly sim: Sim;
  readonly heard: Heard;
}

/**
 * Decides which SIMs are silent according to their records. Those that were never heard come first, then the longest
 * silent.
 */
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

/** Which page of the silent SIMs to return. */
export type SilentSimsQuery = Silence & PageRequest<SilentPosition>;

/**
 * Lists the SIMs that were not heard for some time, longest silent first: pages in the order of the SIMs' marks, and
 * each page in that of their last records.
 */
export async function listSilentSims(
  { size, after, include, ...silence }: SilentSimsQuery,
  ports: NominationPorts,
): Promise<Page<ListedResource, SilentPosition> & Pick<Nomination, 'list'>> {
  const { heardBy, nominees, list } = await nominateSilentSims(silence, ports, size + 1, after);
  const shown = nominees.slice(0, size);
  const silent = await decideSilentSims({ heardBy, nominees: shown }, ports);
  const last = shown.at(-1);
  return {
    resources: silent.map(({ sim, heard }) => renderListedSim(sim, heard, include)),
    next: last === undefined || nominees.length <= size ? undefined : findPosition(last),
    list,
  };
}

/** A position in the list of silent SIMs; undefined if the value is not one. */
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
