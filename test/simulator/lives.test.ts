import { describe, expect, it } from 'vitest';
import { LifeFacts } from '../../simulator/alert-truth.ts';
import { simulateDataStreamer } from '../../simulator/datastreamer-life.ts';
import { provideSim } from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import { type FleetRecord, hour, minute, type Span, type Volume } from '../../simulator/records.ts';
import { simulateSuperSim } from '../../simulator/supersim-life.ts';
import { PartitionTruth } from '../../simulator/truth.ts';

const from = Date.parse('2026-10-01T00:00:00Z');
const span: Span = { from, to: from + 24 * 3_600_000 };

/** SIMs that the fleet numbers so: 0 and 5 are Twilio's, 2 KORE's; 1 is 1NCE's, 3 emnify's, 4 Telekom's. */
function lifeOf(index: number): { records: FleetRecord[]; truth: PartitionTruth } {
  const random = Random.derive(1, index);
  const truth = new PartitionTruth();
  const sim = { ...provideSim(index, random), idle: false };
  const superSim = sim.carrier === 'twilio' || sim.carrier === 'kore';
  const life = (superSim ? simulateSuperSim : simulateDataStreamer)(sim, span, random, truth);
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

  it('reports every record once, within its span', () => {
    for (const index of [0, 1, 2, 3, 4]) {
      const { records } = lifeOf(index);
      const keys = records.map(
        (record) => `${record.kind} ${record.kind === 'connection' ? record.eventSid : record.id}`,
      );
      expect(new Set(keys).size).toBe(records.length);
      expect(records.every((record) => record.at >= span.from && record.at < span.to)).toBe(true);
    }
  });

  it('makes an idle SIM attach and then stay silent', () => {
    const random = Random.derive(1, 0);
    const truth = new PartitionTruth();
    const sim = { ...provideSim(0, random), idle: true };
    const records = [...simulateSuperSim(sim, span, random, truth)];
    expect(records.at(-1)?.type).toBe('attachment.accepted');
    expect(truth.sessions.size + truth.usage.size).toBe(0);
  });

  it.each([0, 1, 2, 3, 4])(
    'gives no sign of life while SIM %i is silent, and continues afterwards',
    (index) => {
      const random = Random.derive(1, index);
      const truth = new PartitionTruth('update', new LifeFacts('any'));
      const sim = { ...provideSim(index, random), idle: false };
      const dark = { from: from + 5 * hour, to: from + 18 * hour };
      const superSim = sim.carrier === 'twilio' || sim.carrier === 'kore';
      const life = (superSim ? simulateSuperSim : simulateDataStreamer)(sim, span, random, truth, {
        incident: { kind: 'dark', cause: 'outage', ...dark },
      });
      const records = [...life];
      const { heard } = truth.facts ?? expect.fail('There are no facts');
      // What was sent before may be told minutes later.
      expect(heard.filter((at) => at > dark.from + 20 * minute && at < dark.to)).toEqual([]);
      expect([heard.some((at) => at < dark.from), heard.some((at) => at > dark.to)]).toEqual([true, true]);
      expect(records.every(({ at }) => at < span.to)).toBe(true);
    },
  );

  it('continues to report the open session of a Super SIM that died, without bytes', () => {
    const reported = [0, 2, 5, 7].flatMap((index) => {
      const random = Random.derive(1, index);
      const sim = { ...provideSim(index, random), idle: false };
      const died = from + 5 * hour;
      const incident = { kind: 'dark', cause: 'death', from: died, to: Number.POSITIVE_INFINITY } as const;
      const life = [...simulateSuperSim(sim, span, random, new PartitionTruth(), { incident })];
      return life.filter(({ at }) => at > died + 20 * minute);
    });
    const types = new Set(reported.map(({ type }) => type));
    expect([...types].sort()).toEqual(['data-session.ended', 'data-session.updated']);
    expect(reported.every(({ window }) => window?.up === 0 && window.down === 0)).toBe(true);
  });

  it('lets an event and a usage record have the same id, because carriers may count them separately', () => {
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
