import { findSim } from '../../lambda/queries/sim-lookup.ts';
import type { FleetUsageRecord } from '../../lambda/queries/usage-report.ts';
import type { LedgerReader } from '../../lambda/store/reader.ts';
import type { ExpectedUsage, FleetTruth } from '../../simulator/truth.ts';

/**
 * Which SIMs used most this month? What did each country and tariff use? What the simulator knows, and what is answered, in
 * one form.
 */

/** The answers to both questions. */
export interface FleetAnswers {
  /** SIMs with bytes, those with most first. */
  readonly top: readonly (readonly [sim: string, bytes: string])[];
  /** Country, tariff, records and bytes, as JSON. */
  readonly charged: readonly string[];
}

/** A usage record that the simulator knows, with its SIM and key. */
interface TrueUsage extends ExpectedUsage {
  readonly sim: string;
  readonly key: string;
}

function listTrueUsage({ partitions }: FleetTruth): TrueUsage[] {
  return [...partitions].flatMap(([sim, { usage }]) =>
    [...usage].map(([key, expected]) => ({ sim, key, ...expected })),
  );
}

/** The true sums of bytes, by a text of each usage record. Sums of 0 bytes are left out. */
export function addTrueBytes(
  truth: FleetTruth,
  name: (usage: TrueUsage) => string,
): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const usage of listTrueUsage(truth)) {
    if (usage.dataTotal > 0) sums.set(name(usage), (sums.get(name(usage)) ?? 0n) + BigInt(usage.dataTotal));
  }
  return sums;
}

/** The true answers. */
export function knowAnswers(truth: FleetTruth): FleetAnswers {
  const charged = new Map<string, { records: number; bytes: bigint }>();
  for (const { country = null, tariff = null, dataTotal } of listTrueUsage(truth)) {
    const key = JSON.stringify([country, tariff]);
    const { records, bytes } = charged.get(key) ?? { records: 0, bytes: 0n };
    charged.set(key, { records: records + 1, bytes: bytes + BigInt(dataTotal) });
  }
  const top = [...addTrueBytes(truth, ({ sim }) => sim)].map(([sim, bytes]) => [sim, String(bytes)] as const);
  return {
    top: top.sort(compareUse),
    charged: [...charged]
      .map(([key, { records, bytes }]) => JSON.stringify([...JSON.parse(key), records, String(bytes)]))
      .sort(),
  };
}

/**
 * What was answered.
 *
 * @throws Error where SIMs are not in the order of their bytes.
 */
export async function readAnswers(
  reader: LedgerReader,
  {
    top,
    charged,
  }: { readonly top: readonly FleetUsageRecord[]; readonly charged: readonly FleetUsageRecord[] },
): Promise<FleetAnswers> {
  const named = top.map(async ({ sim_sid: sid, data_total: bytes }) => {
    const { sim } = await findSim(reader, sid ?? '');
    return [sim, String(bytes)] as const;
  });
  const sims = (await Promise.all(named)).filter(([, bytes]) => bytes !== '0');
  if (sims.some(([, bytes], index) => Number(bytes) > Number(sims[index - 1]?.[1] ?? bytes)))
    throw new Error('SIMs with less bytes come first');
  return {
    top: sims.sort(compareUse),
    charged: charged
      .map(({ iso_country: country, tariff, records, data_total: bytes }) =>
        JSON.stringify([country, tariff, records, String(bytes)]),
      )
      .sort(),
  };
}

/** Those with most bytes first; of SIMs with as many, no order is promised. */
function compareUse([a, bytes]: readonly [string, string], [b, others]: readonly [string, string]): number {
  return Number(others) - Number(bytes) || (a < b ? -1 : 1);
}
