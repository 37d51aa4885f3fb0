import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import { renderDataSessions } from '../../lambda/queries/data-sessions.ts';
import { decodeSession } from '../../lambda/store/items.ts';
import { decodeUsage } from '../../lambda/store/records.ts';
import { compareAnswers, type Item as PlainItem } from '../../simulator/compare.ts';
import { answerItem } from '../../simulator/session-answers.ts';
import { type DeliveryPath, deliveryPlan, inSetting, layOut } from './delivery-path.ts';
import { differencesFromTruth, orderlyPass, type Tables, tablesOf, truthOf } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import { expectOneLedger, goesOn, interleaved, pauseOf } from './hostile-path.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

/** Both settings of `sessionRefresh`: what the tables hold, and what the query API answers. */

const superSims = fleetOf({ carriers: ['twilio', 'kore'], maxSims: 2 });

function pathIn(sessionRefresh: SessionRefresh): fc.Arbitrary<DeliveryPath> {
  return fc
    .record({ fleet: superSims, plan: deliveryPlan })
    .map(({ fleet, plan }) => layOut(inSetting(fleet, sessionRefresh), plan));
}

/** What the API answers about the sessions of each SIM, all on one page, with the SIM. */
async function* resourcesOf(
  tables: Tables,
  sessionRefresh: SessionRefresh,
): AsyncGenerator<{ readonly sim: string; readonly resource: object }> {
  const sims = new Set(tables.Sessions.map(({ sim }) => sim?.S ?? ''));
  for (const sim of sims) {
    const stored = tables.Sessions.filter((item) => item['sim']?.S === sim).map(decodeSession);
    const sessions = stored.sort((a, b) => (a.start + a.sessionId < b.start + b.sessionId ? 1 : -1));
    const nextStarts = new Map(sessions.map(({ sessionId }, at) => [sessionId, sessions[at - 1]?.start]));
    const usage = tables.Usage.filter((item) => item['sim']?.S === sim).map(decodeUsage);
    const reader = {
      async *readUsage({ from, to }: { from: string; to: string }) {
        yield usage.filter(({ usageId }) => usageId >= from && usageId <= to).reverse();
      },
    };
    const findNextStart = (id: string) => nextStarts.get(id);
    const disclosure = new Set(['imsi'] as const);
    const ports = { reader, sessionRefresh };
    for (const resource of await renderDataSessions(ports, sim, { sessions, findNextStart }, disclosure)) {
      yield { sim, resource };
    }
  }
}

async function* answersOf(tables: Tables, sessionRefresh: SessionRefresh): AsyncGenerator<PlainItem> {
  for await (const { sim, resource } of resourcesOf(tables, sessionRefresh)) yield answerItem(sim, resource);
}

/** What usage does not say of its session: that is as of the session's last refresh. */
const hourOld = new Set(['cell_id', 'cell_location_estimate']);

/** The API's answers by session, without what may be an hour old, and without the source's name. */
async function comparableAnswers(
  path: DeliveryPath,
  sessionRefresh: SessionRefresh,
): Promise<Map<string, object>> {
  const tables = tablesOf(await orderlyPass(path, 'one by one'));
  const answers = new Map<string, object>();
  for await (const { sim, resource } of resourcesOf(tables, sessionRefresh)) {
    const members = Object.entries(resource).filter(([name]) => !hourOld.has(name) && name !== 'source');
    answers.set(`${sim} ${answerItem(sim, resource)['sessionId']}`, Object.fromEntries(members));
  }
  return answers;
}

async function wrongAnswers(path: DeliveryPath, tables: Tables, sessionRefresh: SessionRefresh) {
  const truth = truthOf(path.delivered);
  return (await compareAnswers(truth, answersOf(tables, sessionRefresh))).differences;
}

describe.each(['update', 'hourly'] as const)(`with sessions refreshed by "%s" (seed ${seed})`, (setting) => {
  test('the ledger and the API’s answers are the same whatever happens on the path', {
    timeout: timeLimit,
  }, async () => {
    let pause = goesOn;
    withoutClock(() => pause);
    await fc.assert(
      fc.asyncProperty(interleaved(pathIn(setting)), async (hostile) => {
        pause = pauseOf(hostile);
        const { tables } = await expectOneLedger(hostile, pause);
        expect(await differencesFromTruth(truthOf(hostile.path.delivered), tables)).toEqual([]);
        expect(await wrongAnswers(hostile.path, tables, setting)).toEqual([]);
      }),
      trials(300),
    );
  });
});

describe(`with sessions refreshed hourly (seed ${seed})`, () => {
  test('the API answers as with sessions refreshed by every update', { timeout: timeLimit }, async () => {
    await fc.assert(
      fc.asyncProperty(superSims, deliveryPlan, async (fleet, plan) => {
        const each = await comparableAnswers(layOut(fleet, plan), 'update');
        const hourly = await comparableAnswers(layOut(inSetting(fleet, 'hourly'), plan), 'hourly');
        // A session of which only updates within the hour have come is not listed yet.
        expect([...hourly.values()]).toEqual([...hourly.keys()].map((id) => each.get(id)));
      }),
      trials(300),
    );
  });
});
