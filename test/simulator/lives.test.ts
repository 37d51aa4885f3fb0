import { describe, expect, it } from 'vitest';
import { dataStreamerLife } from '../../simulator/datastreamer-life.ts';
import { provideSim } from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import type { FleetRecord, Span, Volume } from '../../simulator/records.ts';
import { superSimLife } from '../../simulator/supersim-life.ts';
import { PartitionTruth } from '../../simulator/truth.ts';

const from = Date.parse('2026-10-01T00:00:00Z');
const span: Span = { from, to: from + 24 * 3_600_000 };

/** SIMs that the fleet numbers so: 0 and 5 are Twilio's, 2 KORE's; 1 is 1NCE's, 3 emnify's, 4 Telekom's. */
function lifeOf(index: number): { records: FleetRecord[]; truth: PartitionTruth } {
  const random = Random.of(1, index);
  const truth = new PartitionTruth();
  const sim = { ...provideSim(index, random), idle: false };
  const superSim = sim.carrier === 'twilio' || sim.carrier === 'kore';
  const life = (superSim ? superSimLife : dataStreamerLife)(sim, span, random, truth);
  return { records: [...life], truth };
}

function add(one: Volume, other: Volume): Volume {
  return { up: one.up + other.up, down: one.down + other.down };
}

describe('the life of a SIM', () => {
  it('gives a Super SIM running totals that are the sum of the windows before them', () => {
    let compared = 0;
    for (let index = 0; index < 100; index += 5) {
      const sums = new Map<string, Volume>();
      for (const record of lifeOf(index).records) {
        if (record.kind !== 'connection' || record.session === undefined || record.window === undefined)
          continue;
        const sum = add(sums.get(record.session.sid) ?? { up: 0, down: 0 }, record.window);
        sums.set(record.session.sid, sum);
        if (record.runningTotal === undefined) continue;
        expect(record.runningTotal).toEqual(sum);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it('gives the deletion of a PDP context the volume of all usage since its creation', () => {
    let compared = 0;
    for (let index = 1; index < 100; index += 10) {
      let since: Volume = { up: 0, down: 0 };
      for (const record of lifeOf(index).records) {
        if (record.kind === 'usage') since = add(since, record.volume);
        if (record.kind !== 'event') continue;
        if (record.typeId === 3 && record.context !== undefined) since = { up: 0, down: 0 };
        if (record.typeId !== 5 || !lifeHasCreation(index, record.context?.uuid)) continue;
        expect(record.volume).toEqual(since);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(10);
  });

  it('tells every record once, inside its span, and none after it', () => {
    for (const index of [0, 1, 2, 3, 4]) {
      const { records } = lifeOf(index);
      const keys = records.map(
        (record) => `${record.kind} ${record.kind === 'connection' ? record.eventSid : record.id}`,
      );
      expect(new Set(keys).size).toBe(records.length);
      expect(records.every((record) => record.at >= span.from && record.at < span.to)).toBe(true);
    }
  });

  it('lets an idle SIM attach and say no more', () => {
    const random = Random.of(1, 0);
    const truth = new PartitionTruth();
    const sim = { ...provideSim(0, random), idle: true };
    const records = [...superSimLife(sim, span, random, truth)];
    expect(records.at(-1)?.type).toBe('attachment.accepted');
    expect(truth.sessions.size + truth.usage.size).toBe(0);
  });

  it('lets an event and a usage record bear the same id, as a carrier may that counts them apart', () => {
    const { records } = lifeOf(3);
    const usage = new Set(records.flatMap((record) => (record.kind === 'usage' ? [record.id] : [])));
    expect(records.some((record) => record.kind === 'event' && usage.has(record.id))).toBe(true);
  });
});

function lifeHasCreation(index: number, uuid: string | undefined): boolean {
  return lifeOf(index).records.some(
    (record) => record.kind === 'event' && record.typeId === 3 && record.context?.uuid === uuid,
  );
}
