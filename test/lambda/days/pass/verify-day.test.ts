import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../../lambda/days/findings/finding.ts';
import type { Manifest } from '../../../../lambda/days/manifest.ts';
import { runBucket } from '../../../../lambda/days/pass/bucket.ts';
import { compareTables } from '../../../../lambda/days/pass/compare-tables.ts';
import { makeManifestKey, makeTopKey, readJson } from '../../../../lambda/days/pass/lake-objects.ts';
import { beginRound, planDay, planRound } from '../../../../lambda/days/pass/plan.ts';
import { ConflictError, type Lake } from '../../../../lambda/days/pass/ports.ts';
import { type VerifiedDay, verifyDay } from '../../../../lambda/days/pass/verify-day.ts';
import { noItems, type SimItems } from '../../../../lambda/days/rows.ts';
import type { TopLists } from '../../../../lambda/days/top-sims.ts';
import { makeEvent, makeSession, makeUsage } from '../records.ts';
import { MemoryPorts } from './memory-ports.ts';

const day = '2026-11-02';
const [first, second] = ['8988307000000000001', '8988307000000000002'];
const account = 'account:emnify:7';
const now = Date.UTC(2026, 10, 5);
const options = { closedThrough: day, now };

let ports: MemoryPorts;

const usage = (sim: string, hour: string, about: object = {}) =>
  makeUsage({ sim, start: `${day}T${hour}:00:00.000Z`, recordId: hour, ...about });

const finding: Finding = {
  ...{
    sim: first,
    findingId: 'f1',
    check: 'chain',
    reason: 'missing-windows',
    source: 'kore',
    carrier: 'kore',
  },
  ...{ sessionId: 'a', start: `${day}T01:00:00.000Z`, end: `${day}T02:00:00.000Z`, records: '01' },
  ...{ bytes: 7, cost: undefined, currency: undefined },
};

const session = {
  ...makeSession({
    ...{ sessionId: 'a', start: `${day}T01:00:00.000Z`, end: `${day}T02:00:00.000Z`, status: 'ended' },
  }),
  sim: first,
};

async function read(plan: typeof planDay): Promise<void> {
  const planned = await plan(day, ports, { ...options, simsPerBucket: 1 });
  if (planned === undefined) throw new Error('There is nothing to read');
  await beginRound(day, planned.round, ports);
  for (let job = ports.queue.shift(); job !== undefined; job = ports.queue.shift()) {
    await runBucket(job, ports, { now });
  }
}

beforeEach(async () => {
  ports = new MemoryPorts();
  const items: readonly (readonly [string, Partial<SimItems>])[] = [
    [first, { usage: [usage(first, '01'), usage(first, '02')], sessions: [session] }],
    [second, { usage: [usage(second, '04', { country: 'DE' })] }],
    [account, { events: [makeEvent({ sim: account, time: `${day}T03:00:00.000Z` })] }],
  ];
  for (const [sim, says] of items) ports.deliver(sim, { ...noItems, ...says });
  await read(planDay);
});

/** The problems of a day, without its seal. */
async function verify(
  lake: Pick<Lake, 'open'> = ports.lake,
  isFull = false,
): Promise<Omit<VerifiedDay, 'manifest'>> {
  const sims = [...ports.sims];
  const tables = compareTables(day, ports, { sims, marked: new Set(), closedThrough: day });
  const { manifest: _, ...verified } = await verifyDay(day, { lake, tables: isFull ? tables : undefined });
  return verified;
}

const verified = { day, outcome: 'verified', faults: [], changes: [] };

/** Changes a byte in the middle of an object. */
function spoil(key: string): void {
  const bytes = ports.objects.get(key)?.slice() ?? expect.fail(`There is no ${key}`);
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  ports.objects.set(key, bytes);
}

function findKey(prefix: string): string {
  return (
    [...ports.objects.keys()].find((key) => key.startsWith(prefix)) ?? expect.fail(`There is no ${prefix}`)
  );
}

/** Changes the content of a seal. */
function rewriteSeal(change: (manifest: Record<string, unknown>) => object): void {
  const key = makeManifestKey(day);
  const manifest = JSON.parse(new TextDecoder().decode(ports.objects.get(key))) as Record<string, unknown>;
  ports.objects.set(key, new TextEncoder().encode(JSON.stringify({ ...manifest, ...change(manifest) })));
}

describe('verifying a day', () => {
  it('finds nothing in an unchanged day, in the lake and in the tables', async () => {
    expect(await verify()).toEqual(verified);
    expect(await verify(ports.lake, true)).toEqual(verified);
  });

  it('finds nothing in a reread day', async () => {
    await ports.markers.put([{ day, sim: first }]);
    ports.deliver(first, { ...noItems, usage: [usage(first, '07')] });
    await read(planRound);
    expect(await verify(ports.lake, true)).toEqual(verified);
  });

  it('verifies a day that an older version sealed, whose root does not cover findings', async () => {
    const key = makeManifestKey(day);
    const { content: manifest } = await readJson<Manifest>(ports.lake, key);
    if (manifest === undefined) throw new Error('The day is sealed');
    const { findings: _, ...kinds } = manifest.kinds;
    // As in docs/days.md: the lines of the kinds, ordered by name.
    const lines = Object.entries(kinds).sort(([a], [b]) => (a < b ? -1 : 1));
    const text = lines.map(([kind, { rows, root }]) => `${kind} ${rows} ${root}\n`).join('');
    const older = { ...manifest, kinds, root: createHash('sha256').update(text).digest('hex') };
    ports.objects.set(key, new TextEncoder().encode(JSON.stringify(older)));
    expect([await verify(), await verify(ports.lake, true)]).toEqual([verified, verified]);
    ports.objects.set(key, new TextEncoder().encode(JSON.stringify({ ...older, root: manifest.root })));
    expect((await verify()).faults).toEqual([`The root of the rows is ${older.root}, not ${manifest.root}`]);
  });

  it('says that a day has no seal', async () => {
    expect(await verifyDay('2026-11-03', { lake: ports.lake })).toEqual({
      ...{ day: '2026-11-03', outcome: 'unsealed', manifest: undefined, faults: [], changes: [] },
    });
  });

  it('finds each file with changed bytes', async () => {
    const key = findKey('usage/');
    spoil(key);
    const { outcome, faults } = await verify();
    expect([outcome, faults[0]]).toEqual([
      'differs',
      expect.stringMatching(
        new RegExp(`^${key} has \\d+ bytes with the SHA-256 [0-9a-f]{64}, not \\d+ with [0-9a-f]{64}$`),
      ),
    ]);
  });

  it('finds a missing file with its missing rows, and a file that should not exist', async () => {
    const [gone, other] = [findKey('account-events/'), findKey('usage/')];
    ports.objects.delete(gone);
    const copy = other.replace('usage/', 'usage-renderings/');
    ports.objects.set(copy, ports.objects.get(findKey('sessions/')) ?? expect.fail());
    const { outcome, faults } = await verify();
    expect([outcome, faults.slice(0, 2)]).toEqual([
      'differs',
      [`${copy} is not in the manifest`, `${gone} is missing`],
    ]);
  });

  it('finds rows that do not match the seal, even if each file does', async () => {
    rewriteSeal(({ kinds, root }) => ({
      kinds: { ...Object(kinds), usage: { rows: 4, root: root } },
      fleet: {},
    }));
    const { outcome, faults } = await verify();
    expect([outcome, faults]).toEqual([
      'differs',
      [
        expect.stringMatching(/^The 3 rows of usage have the root [0-9a-f]{64}, not [0-9a-f]{64} of 4 rows$/),
        'The fleet-day is not the sum of the rows',
      ],
    ]);
  });

  it('finds items of the tables that the lake lacks', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '09')] });
    ports.deliver('8988307000000000003', {
      ...noItems,
      events: [makeEvent({ sim: '8988307000000000003', time: `${day}T10:00:00.000Z` })],
    });
    const { outcome, faults, changes } = await verify(ports.lake, true);
    expect({ outcome, faults, changes: changes.map(({ kind, sim, change }) => [kind, sim, change]) }).toEqual(
      {
        outcome: 'differs',
        faults: [],
        changes: expect.arrayContaining([
          ['usage', first, 'added'],
          ['events', '8988307000000000003', 'added'],
        ]),
      },
    );
    expect(await verify()).toEqual(verified);
  });

  it('finds SIM-days and findings that do not match the rows, even without rows', async () => {
    const stored = ports.storedSimDays.get(`${day} ${second}`) ?? expect.fail('The SIM has no SIM-day');
    ports.storedSimDays.set(`${day} ${second}`, { ...stored, day: { ...stored.day, events: 1 } });
    ports.storedSimDays.delete(`${day} ${first}`);
    const none = '8988307000000000003';
    ports.sims.add(none);
    ports.storedSimDays.set(`${day} ${none}`, { ...stored, day: { ...stored.day, sim: none } });
    await ports.findings.put([{ sim: none, day, findings: [finding] }], 1);
    const { outcome, faults } = await verify(ports.lake, true);
    expect([outcome, [...faults].sort()]).toEqual([
      'differs',
      [
        ...[first, second, none].map((sim) => `The SIM-day of ${sim} is not the sum of its rows`),
        `The findings of ${none} are not those of the lake`,
      ],
    ]);
    expect(await verify()).toEqual(verified);
  });

  it('names the first hundred of many SIM-days that differ, and counts the rest', async () => {
    const stored = ports.storedSimDays.get(`${day} ${second}`) ?? expect.fail('The SIM has no SIM-day');
    for (let number = 100; number < 205; number += 1) {
      const sim = `8988307000000000${number}`;
      ports.sims.add(sim);
      ports.storedSimDays.set(`${day} ${sim}`, { ...stored, day: { ...stored.day, sim } });
    }
    const { faults } = await verify(ports.lake, true);
    expect([faults.length, faults.at(-1)]).toEqual([101, 'and 5 more like these']);
  });

  it('finds a list of the largest SIMs that does not match the rows, and accepts that none was made', async () => {
    const key = makeTopKey(day);
    const { content: top } = await readJson<TopLists>(ports.lake, key);
    const sims = [{ sim: second, bytes: '1' }];
    ports.objects.set(key, new TextEncoder().encode(JSON.stringify({ ...top, day: { sims } })));
    expect(await verify()).toEqual({
      ...{ ...verified, outcome: 'differs' },
      faults: ['The list of the SIMs with the most bytes is not that of the rows'],
    });
    ports.objects.delete(key);
    expect(await verify()).toEqual(verified);
  });

  it('ignores items that have expired from the tables', async () => {
    ports.items.clear();
    expect(await verify(ports.lake, true)).toEqual(verified);
  });

  it('says that a day is being reread if files are newer than the seal', async () => {
    await ports.markers.put([{ day, sim: first }]);
    ports.deliver(first, { ...noItems, usage: [usage(first, '07')] });
    const seal = ports.objects.get(makeManifestKey(day)) ?? expect.fail('The day is not sealed');
    await read(planRound);
    ports.objects.set(makeManifestKey(day), seal);
    expect(await verify()).toEqual({ ...verified, outcome: 'changing' });
  });

  it('finds a damaged file even if the day was reread without changes', async () => {
    await ports.markers.put([{ day, sim: first }]);
    const seal = ports.objects.get(makeManifestKey(day));
    await read(planRound);
    expect(ports.objects.get(makeManifestKey(day))).toBe(seal);
    expect(await verify()).toEqual(verified);
    spoil(findKey('usage/'));
    expect((await verify()).outcome).toBe('differs');
  });

  it('starts over if the day is sealed again meanwhile, and gives up if that does not stop', async () => {
    let conflicts = 1;
    const lake: Pick<Lake, 'open'> = {
      open: async (key) => {
        const object = await ports.lake.open(key);
        if (object === undefined || !key.startsWith('usage/')) return object;
        return {
          ...object,
          slice: async (from, to) => {
            conflicts -= 1;
            if (conflicts < 0) return object.slice(from, to);
            rewriteSeal(({ version }) => ({ version: Number(version) + 1 }));
            throw new ConflictError(`${key} was written again`);
          },
        };
      },
    };
    expect(await verify(lake)).toEqual(verified);
    conflicts = 100;
    expect(await verify(lake)).toEqual({ ...verified, outcome: 'changing' });
  });
});
