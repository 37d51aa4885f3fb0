import { expect, test } from 'vitest';
import { filedHashBytes, findFiledPart, hashFiledRecord } from '../../../lambda/days/filed-records.ts';
import { makeFinding } from '../../../lambda/days/findings/make-finding.ts';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import { makeSimDay } from '../../../lambda/days/sim-days.ts';
import { FenceTable } from '../../../lambda/store/day-fence.ts';
import { DayMarkers } from '../../../lambda/store/day-markers.ts';
import { DayRecordReader } from '../../../lambda/store/day-records.ts';
import { EpisodesTable } from '../../../lambda/store/episodes.ts';
import { FiledRecordReader } from '../../../lambda/store/filed-record-reader.ts';
import { FiledRecordNotes } from '../../../lambda/store/filed-records.ts';
import { FilesTable } from '../../../lambda/store/files.ts';
import { FindingsTable } from '../../../lambda/store/findings.ts';
import { LateRecordNotes } from '../../../lambda/store/late-records.ts';
import type { Manifest } from '../../../lambda/store/manifest.ts';
import { MutesTable } from '../../../lambda/store/mutes.ts';
import { OpenDaysTable } from '../../../lambda/store/open-days.ts';
import { ScheduleStartTable } from '../../../lambda/store/schedule-start.ts';
import { SessionNoteStore } from '../../../lambda/store/session-notes.ts';
import { SharedEpisodesTable } from '../../../lambda/store/shared-episodes.ts';
import { SimDayStore } from '../../../lambda/store/sim-days.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { makeSession, makeUsage, sim } from '../days/records.ts';
import { makeEpisode, makeGroup } from '../queries/stored-alerts.ts';
import { changesOf, simAt } from './observations.ts';
import { ledgerTablesOf } from './running-tables.ts';

/** What decides whether something is lost, or done twice, is read as it is now: a plain read may miss the last write. */

const day = '2026-11-02';
const time = `${day}T10:00:00.000Z`;

/** A store whose plain reads miss what was written last. */
function openStore() {
  const engine = new MemoryDynamoDb();
  const client = asClient({ send: async (command) => engine.answer(command, { stale: true }) });
  return { engine, client };
}

async function readAll<Value>(pages: AsyncIterable<readonly Value[] | Uint8Array>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

type Client = ReturnType<typeof openStore>['client'];

const marker = { sim, day, sessionId: undefined, token: '1' };
const openDay = { day, orderedAt: 1 };
const mute = {
  ...{ id: 'a', rule: 'silent', sim: undefined, source: undefined, reason: undefined },
  ...{ until: time, createdAt: time },
};
const filed = { kind: 'usage', sim, source: 'twilio', id: '1', time } as const;
const file = { source: 'main', carrier: '1nce', name: 'a.csv', time, rows: 1 } as const;
const note = { day, hash: 'a' };
const episode = makeEpisode();
const group = makeGroup({ revision: 1 });
const manifest: Manifest = {
  ...{ object: 'b/k@1', source: 'main', carrier: '1nce', state: 'done', delivered: time },
  ...{ rows: 1, accepted: 1, rejected: 0, position: 10, size: 10 },
};
const findings = {
  ...{ sim, day },
  findings: [
    makeFinding({
      ...{ sim, check: 'chain', reason: 'missing-windows', source: 'kore', carrier: 'kore' },
      ...{ sessionId: 's', start: time, end: time, subject: ['1'], bytes: 5n, records: [] },
    }),
  ],
};
const usage = makeUsage({ start: time, dataTotal: 7 });
const session = makeSession({ sessionId: 's1', start: time });
const simDay = makeSimDay(sim, day, makeRows(day, { ...noItems, usage: [usage] }));

async function writeRecords(client: Client): Promise<void> {
  const changes = changesOf({ usage: [usage], sessions: [session], sims: [simAt(time, sim)] });
  await new LedgerWriter(ledgerTablesOf(client)).write(changes, { readBeforeWrite: false });
}

function readDay(client: Client): DayRecordReader {
  const { sessions, events, sims, usage } = ledgerTablesOf(client);
  return new DayRecordReader({ client, sessions, usage, events, sims, dayState: 'DayState', usageDays: 0 });
}

const span = { from: `${day}T00:00:00.000Z`, to: `${day}T23:00:00.000Z` };

test.each<
  [
    what: string,
    write: (client: Client) => Promise<unknown>,
    read: (client: Client) => Promise<unknown>,
    expected: unknown,
  ]
>([
  [
    'the fence',
    (client) => new FenceTable(client, 'DayState').advance(day),
    (client) => new FenceTable(client, 'DayState').read(),
    day,
  ],
  [
    'open days',
    (client) => new OpenDaysTable(client, 'DayState').note(openDay),
    (client) => new OpenDaysTable(client, 'DayState').list(),
    [openDay],
  ],
  [
    'the first day of the schedule',
    (client) => new ScheduleStartTable(client, 'DayState').note(day),
    (client) => new ScheduleStartTable(client, 'DayState').read(),
    day,
  ],
  [
    'markers',
    (client) => new DayMarkers(client, 'DayMarkers').tryPut([marker]),
    (client) => readAll(new DayMarkers(client, 'DayMarkers').listAll()),
    [marker],
  ],
  [
    'the markers of a day',
    (client) => new DayMarkers(client, 'DayMarkers').tryPut([marker]),
    (client) => new DayMarkers(client, 'DayMarkers').list(day),
    [marker],
  ],
  [
    'mutes',
    (client) => new MutesTable(client, 'AlertState').put(mute),
    (client) => new MutesTable(client, 'AlertState').list(),
    [mute],
  ],
  [
    'notes of late records',
    (client) => new LateRecordNotes(client, 'AlertState').put([[sim, 5]], 0),
    async (client) => (await new LateRecordNotes(client, 'AlertState').list()).from,
    new Map([[sim, 5]]),
  ],
  [
    'notes of files',
    (client) => new FiledRecordNotes(client, 'DayState').putFile(file),
    (client) => new FiledRecordReader(client, 'DayState').readNamedFiles(day),
    [file],
  ],
  [
    'notes of rows',
    (client) => new FiledRecordNotes(client, 'DayState').put([filed]),
    async (client) => {
      const reader = new FiledRecordReader(client, 'DayState');
      const part = findFiledPart(hashFiledRecord(filed));
      return (await readAll(reader.readFiledHashes(day, part))).length;
    },
    filedHashBytes,
  ],
  [
    'findings',
    (client) => new FindingsTable(client, 'Findings').put([findings], 1),
    (client) => new FindingsTable(client, 'Findings').read(sim, day, day),
    [{ ...findings, leftOut: 0 }],
  ],
  [
    'SIM-days that are verified',
    (client) => new SimDayStore(client, 'SimDays').put([simDay], 1),
    (client) => new SimDayStore(client, 'SimDays').holds(simDay),
    true,
  ],
  [
    'SIM-days that are added up',
    (client) => new SimDayStore(client, 'SimDays').put([simDay], 1),
    (client) => new SimDayStore(client, 'SimDays').sumMonth([sim], '2026-11'),
    new Map([[sim, 7n]]),
  ],
  [
    'notes of sessions',
    (client) => new SessionNoteStore(client, 'SessionDays').write(sim, 's', note, undefined),
    (client) => new SessionNoteStore(client, 'SessionDays').read(sim, ['s']),
    new Map([['s', note]]),
  ],
  [
    'episodes',
    (client) =>
      new EpisodesTable(client, 'Alerts').write([
        { action: 'put', slot: 'live', episode, replaces: undefined },
      ]),
    async (client) => (await new EpisodesTable(client, 'Alerts').read(episode.rule, episode.sim)).length,
    1,
  ],
  [
    'live episodes',
    (client) =>
      new EpisodesTable(client, 'Alerts').write([
        { action: 'put', slot: 'live', episode, replaces: undefined },
      ]),
    async (client) => (await new EpisodesTable(client, 'Alerts').readLive([episode])).find(episode),
    { slot: 'live', episode },
  ],
  [
    'episodes about many SIMs',
    (client) => new SharedEpisodesTable(client, 'Alerts').write(group),
    (client) => new SharedEpisodesTable(client, 'Alerts').read(group),
    group,
  ],
  [
    'manifests',
    (client) => new FilesTable(client, 'Files').write(manifest),
    async (client) => (await new FilesTable(client, 'Files').read(manifest.object))?.state,
    'done',
  ],
  [
    'the usage of a closed day',
    writeRecords,
    async (client) => (await readDay(client).readUsage(sim, span)).map(({ usageId }) => usageId),
    [usage.usageId],
  ],
  [
    'the sessions of a closed day',
    writeRecords,
    async (client) => (await readDay(client).readSessions(sim, span, [])).map(({ sessionId }) => sessionId),
    ['s1'],
  ],
  ['the SIMs of a closed day', writeRecords, (client) => readAll(readDay(client).listSims()), [sim]],
])('what was written a moment ago is read: %s', async (_, write, read, expected) => {
  const { client } = openStore();
  await write(client);
  expect(await read(client)).toEqual(expected);
});
