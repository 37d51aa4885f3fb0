import type { FleetPeriod } from '../days/fleet-days.ts';
import type { Manifest } from '../days/manifest.ts';
import { DecimalSum } from '../json/decimal-sum.ts';
import type { UsageContent } from '../ledger/contents.ts';
import type { UsageGain } from '../store/report.ts';
import type { DayVolumesMessage } from './messages.ts';
import { type Volume, type VolumeDimensions, type VolumeGroup, VolumeSums } from './volumes.ts';

/** The volumes to export: what usage gains when it is stored, and the totals of sealed days. */

/**
 * Adds what usage gained. A more complete record adds only its difference to the one before, with its own dimensions. A sum
 * of gains never decreases.
 */
export function addGains(sums: VolumeSums, gains: readonly UsageGain[]): void {
  for (const { usage, before } of gains) sums.add(readDimensions(usage), subtract(usage, before));
}

function readDimensions({
  source,
  carrier,
  country,
  operatorName,
  radio,
  currency,
}: UsageContent): VolumeDimensions {
  return { source, carrier, country, operator: operatorName, radio, currency };
}

function subtract(usage: UsageContent, before: UsageContent | undefined): Volume {
  const gain = (now: number | undefined, then: number | undefined): number =>
    Math.max(0, (now ?? 0) - (then ?? 0));
  return {
    bytes: gain(usage.dataTotal, before?.dataTotal),
    uploaded: gain(usage.dataUploaded, before?.dataUploaded),
    downloaded: gain(usage.dataDownloaded, before?.dataDownloaded),
    cost: subtractCost(usage.cost ?? '0', before?.cost),
  };
}

function subtractCost(now: string, then: string | undefined): string {
  const difference = new DecimalSum();
  difference.add(now);
  if (then !== undefined) difference.add(negate(then));
  const text = difference.toString();
  return text.startsWith('-') ? '0' : text;
}

function negate(decimal: string): string {
  return decimal.startsWith('-') ? decimal.slice(1) : `-${decimal}`;
}

/** Makes the messages with a sealed day's volumes. */
export function describeSealedDay({
  day,
  version,
  fleet,
}: Pick<Manifest, 'day' | 'version' | 'fleet'>): DayVolumesMessage {
  return { kind: 'day', day, version, groups: listDayVolumes(fleet) };
}

/** The volumes of a sealed day. They have no radio access technology, because SIM-days do not. */
function listDayVolumes({ usage }: Pick<FleetPeriod, 'usage'>): VolumeGroup[] {
  const sums = new VolumeSums();
  for (const { source, carrier, country, operatorName, currency, ...sum } of usage) {
    sums.add(
      { source, carrier, country, operator: operatorName, radio: undefined, currency },
      {
        bytes: Number(sum.dataTotal),
        uploaded: Number(sum.dataUploaded ?? 0),
        downloaded: Number(sum.dataDownloaded ?? 0),
        cost: sum.cost ?? '0',
      },
    );
  }
  return sums.list();
}
