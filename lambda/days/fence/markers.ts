import { landedMilliseconds, planDelay } from './durations.ts';
import type { LateSubject } from './late-changes.ts';

/**
 * Markers of late records, and how they end.
 *
 * A marker is put before the items that it stands for, which may land up to 40 minutes later. So a visit that finds a
 * marker only orders a second one, by a message that waits for so long. The second visit does the marker's day again and
 * then deletes the marker, if it still has the token that the first one saw. Otherwise a writer has put it anew, and the
 * next visits find it.
 *
 * Visits may come at any time, twice, or not to their end: a marker that stands is found by each listing.
 */

/** A late item was written, or is about to be. */
export interface Marker extends LateSubject {
  /** Each put has one of its own. */
  readonly token: string;
}

/** Markers that a visit has seen, and how long ago: by the delays of messages, not by clocks. */
export interface SeenMarkers {
  readonly markers: readonly Marker[];
  /** Milliseconds that have certainly passed since. */
  readonly waitedMilliseconds: number;
}

/** What visits work with. */
export interface VisitPorts {
  /** Lists all markers, page by page. */
  readonly listMarkers: () => AsyncIterable<readonly Marker[]>;
  /** Has seen markers come back after a delay, with what they have waited by then. Locally, once no chunk is on its way. */
  readonly orderVisit: (seen: SeenMarkers, delayMilliseconds: number) => Promise<void>;
  /**
   * Does again the days of markers: reads the items of each SIM's day, and each session, consistently, after the call;
   * merges them with what is sealed and stores the result.
   *
   * @throws if anything of it is not stored. Nothing is deleted then.
   */
  readonly redo: (markers: readonly Marker[]) => Promise<void>;
  /** Deletes a marker, on condition that it has this token. */
  readonly deleteMarker: (marker: Marker) => Promise<void>;
}

/** The first visit: orders the second one of all markers that stand. */
export async function visitMarkers({ listMarkers, orderVisit }: VisitPorts): Promise<void> {
  for await (const markers of listMarkers()) {
    if (markers.length > 0) await orderNext({ markers, waitedMilliseconds: 0 }, orderVisit);
  }
}

/** The second visit, once enough has been waited; until then it waits on. */
export async function settleMarkers(seen: SeenMarkers, ports: VisitPorts): Promise<void> {
  const { redo, deleteMarker, orderVisit } = ports;
  if (seen.waitedMilliseconds < landedMilliseconds) {
    await orderNext(seen, orderVisit);
    return;
  }
  await redo(seen.markers);
  for (const marker of seen.markers) await deleteMarker(marker);
}

async function orderNext(
  { markers, waitedMilliseconds }: SeenMarkers,
  orderVisit: VisitPorts['orderVisit'],
): Promise<void> {
  const delay = planDelay(waitedMilliseconds) ?? 0;
  await orderVisit({ markers, waitedMilliseconds: waitedMilliseconds + delay }, delay);
}
