import type { AlertState } from '../alerts/sweep/alert-state.ts';
import { formatTime } from '../ledger/time.ts';

/** Watermarks: up to when the sources were read. */

/** What is needed to read the last sweep's watermarks. */
export interface WatermarkPorts {
  /** Undefined if a deployment has no rules, so that nothing is known about its sources. */
  readonly alerts: { readonly state: Pick<AlertState, 'readSources'> } | undefined;
}

/** The watermark of a source, as a resource. */
export interface SourceWatermark {
  readonly source: string;
  /**
   * Up to this time all of its records have arrived, according to the last sweep; null if no sweep has judged it. ISO
   * 8601.
   */
  readonly watermark: string | null;
  /** When that sweep was, ISO 8601. */
  readonly swept: string | null;
}

/** Lists the watermarks of sources, in their order. */
export async function listWatermarks(
  sources: readonly string[],
  { alerts }: WatermarkPorts,
): Promise<SourceWatermark[]> {
  const states = await alerts?.state.readSources();
  return sources.map((source) => {
    const { judgedThrough, sweptAt } = states?.get(source) ?? {};
    return { source, watermark: renderTime(judgedThrough), swept: renderTime(sweptAt) };
  });
}

function renderTime(at: number | undefined): string | null {
  return at === undefined ? null : formatTime(at);
}
