import { expect, test } from 'vitest';
import type { Sim } from '../../../lambda/ledger/observation.ts';
import { KnownSims } from '../../../lambda/store/known-sims.ts';

const day = '2026-11-02T00:00:00.000Z';

const noGroups: Sim['groups'] = {
  ...{ ids: undefined, label: undefined, phone: undefined, device: undefined, subscriber: undefined },
  ...{ network: undefined, cell: undefined, connection: undefined, lifecycle: undefined },
  ...{ lastEvent: undefined, signalled: undefined, bytes: undefined, session: undefined },
};

function makeSim(number: number, groups?: Partial<Sim['groups']>): Sim {
  const iccid = `898828066600${number}`;
  return {
    sim: iccid,
    origin: { at: day, group: { source: '1nce', carrier: '1nce', iccid } },
    groups: groups === undefined ? noGroups : { ...noGroups, ...groups },
  };
}

const mark = (time: string) => ({ at: `2026-11-02T${time}:00.000Z`, group: {} });

test('a SIM is known by everything that its record states', () => {
  const known = new KnownSims();
  const label = { at: day, group: { simName: 'pump' } };
  known.remember(makeSim(1, { label }));
  expect([
    known.contains(makeSim(1, { label })),
    known.contains(makeSim(1)),
    known.contains(makeSim(2, { label })),
    known.contains(makeSim(1, { label: { ...label, group: { simName: 'valve' } } })),
    known.contains(makeSim(1, { label: { ...label, at: '2026-11-03T00:00:00.000Z' } })),
  ]).toEqual([true, false, false, false, false]);
});

test('a SIM is known up to the latest of each of its marks', () => {
  const known = new KnownSims();
  known.remember(makeSim(1, { bytes: mark('10:00'), session: mark('12:00') }));
  known.remember(makeSim(1, { bytes: mark('11:00'), session: mark('11:00') }));
  expect([
    known.contains(makeSim(1)),
    known.contains(makeSim(1, { bytes: mark('11:00'), session: mark('12:00') })),
    known.contains(makeSim(1, { bytes: mark('11:01') })),
    known.contains(makeSim(1, { session: mark('12:01') })),
    known.contains(makeSim(1, { signalled: mark('09:00') })),
  ]).toEqual([true, true, false, false, false]);
});

test('100,000 SIMs are remembered; if there are more, the latest', () => {
  const known = new KnownSims();
  const count = (from: number, to: number): number => {
    let contained = 0;
    for (let number = from; number < to; number += 1) if (known.contains(makeSim(number))) contained += 1;
    return contained;
  };
  for (let number = 0; number < 100_000; number += 1) known.remember(makeSim(number));
  expect(count(0, 100_000)).toBeGreaterThan(99_900);
  for (let number = 100_000; number < 300_000; number += 1) known.remember(makeSim(number));
  expect(count(200_000, 300_000)).toBeGreaterThan(99_900);
  expect(count(0, 10_000)).toBeLessThan(5_000);
});
