import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { nameEventType } from '../../../lambda/carriers/datastreamer/event-types.ts';
import type { Reading } from '../../../lambda/carriers/reading.ts';
import {
  cutToGranule,
  eventTypes,
  hasDeviceBytes,
  hasDeviceMessages,
  heardEventTypes,
  listEventMarks,
  type MarkName,
  markNames,
  maxGranuleMilliseconds,
  minGranuleMilliseconds,
} from '../../../lambda/ledger/heard.ts';
import type { Carrier } from '../../../lambda/ledger/source.ts';
import { simSchema } from '../../../lambda/store/schema.ts';
import { observationsOf } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  pdpContext,
  readCsv,
  readStreamer,
  streamerSim,
  usageRecord,
} from '../../records/datastreamer.ts';
import { connectionTypes, fullData, minimalData, readConnectionEvent } from '../../records/supersim.ts';

const at = '2026-11-02T10:00:00.000Z';

/** The types that the data streamer's module knows. */
const streamerTypes = Array.from({ length: 1_000 }, (_, id) => String(id)).flatMap((id) =>
  [
    nameEventType(id, undefined, false),
    nameEventType(id, undefined, true),
    nameEventType(id, 'Purge location', false),
    nameEventType(id, 'SMS API callback', false),
  ].filter((type) => type !== `event.${id}`),
);

describe('the table of event types', () => {
  it('has a row for every type that the carriers’ modules know, and no other', () => {
    // Updates are usage, and no events.
    const superSimTypes = connectionTypes.filter((type) => type !== 'data-session.updated');
    expect([...eventTypes].sort()).toEqual([...new Set([...superSimTypes, ...streamerTypes])].sort());
  });

  it('is what docs/last-heard.md says, in both directions', () => {
    const page = readFileSync(new URL('../../../docs/last-heard.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| (`[a-z].*?) \| (.*?) \| (.*?) \| (.*?) \|$/gm)];
    const documented = rows.flatMap(([, types = '', ...cells]) => {
      const marks = (['signalled', 'bytes', 'session'] as const).filter((_, index) => cells[index] === 'yes');
      return [...types.matchAll(/`([\w.-]+)`/g)].map(([, type = '']) => [type, marks]);
    });
    const told = eventTypes
      .map((type) => [type, listEventMarks(type)])
      .filter(([, marks]) => marks?.length !== 0);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(told));
  });

  it('says nothing about unknown types, inherited names included', () => {
    const unknown = ['event.68', 'data-session.paused', 'constructor', '__proto__', ''];
    expect(unknown.map(listEventMarks)).toEqual(unknown.map(() => []));
  });

  it('lists the types that are signs of life', () => {
    expect([...heardEventTypes].sort()).toEqual([
      ...['attachment.accepted', 'attachment.failed', 'attachment.rejected'],
      ...['data-session.failed', 'data-session.started'],
      ...['gprs-location.updated', 'location.updated'],
      ...['pdp-context.created', 'pdp-context.refused', 'pdp-context.updated'],
    ]);
  });

  it('names its marks like the groups of a SIM that have no attributes', () => {
    const marks = simSchema.filter(({ attributes }) => attributes.length === 0).map(({ name }) => name);
    expect([...markNames]).toEqual(marks);
  });
});

/** The marks that a record states. */
function marksOf(reading: Reading): readonly MarkName[] {
  const { sim } = observationsOf(reading);
  return markNames.filter((name) => sim?.groups[name] !== undefined);
}

const noReading: Reading = { kind: 'ignored', reason: 'the file has no row' };
const nothingUsed = { data_upload: 0, data_download: 0, data_total: 0 };
const sms = { ...usageRecord, traffic_type: { id: 6, description: 'SMS' } };

describe('a record states', () => {
  const { data_upload, data_download, data_total, ...withoutWindow } = fullData;
  const context = (typeId: 3 | 4 | 5) => readStreamer(contextEvent(typeId, pdpContext));
  test.each<[string, Reading, readonly MarkName[]]>([
    ['an update with bytes', readConnectionEvent('data-session.updated', fullData), ['bytes', 'session']],
    [
      'an update of a device whose battery was pulled',
      readConnectionEvent('data-session.updated', { ...fullData, ...nothingUsed }),
      ['session'],
    ],
    [
      'an update with bytes to the device only',
      readConnectionEvent('data-session.updated', {
        ...fullData,
        ...nothingUsed,
        data_download: 9,
        data_total: 9,
      }),
      ['session'],
    ],
    ['an update without volumes', readConnectionEvent('data-session.updated', withoutWindow), ['session']],
    ['a start', readConnectionEvent('data-session.started', fullData), ['signalled', 'bytes', 'session']],
    ['an end with bytes', readConnectionEvent('data-session.ended', fullData), ['bytes']],
    ['an end without bytes', readConnectionEvent('data-session.ended', { ...fullData, ...nothingUsed }), []],
    ['a session that failed', readConnectionEvent('data-session.failed', withoutWindow), ['signalled']],
    [
      'an attachment that was rejected',
      readConnectionEvent('attachment.rejected', minimalData),
      ['signalled'],
    ],
    ['an unknown connection event', readConnectionEvent('sim.paged', minimalData), []],
    ['a context created', context(3), ['signalled', 'session']],
    ['a context updated', context(4), ['signalled', 'session']],
    [
      'a context created, in a file',
      readCsv('id,timestamp,event_type_id,sim_id\n1,2026-11-02 10:00:00,3,7\n', 'events_1.csv', '1nce')[0] ??
        noReading,
      ['signalled'],
    ],
    ['a context deleted', context(5), []],
    ['a context refused', readStreamer(carrierEvent(3, { alert: true })), ['signalled']],
    ['a location', readStreamer(carrierEvent(1)), ['signalled']],
    ['a purge', readStreamer(carrierEvent(16)), []],
    ['a quota', readStreamer(carrierEvent(19)), []],
    ['an unknown event', readStreamer(carrierEvent(68)), []],
    ['usage with bytes', readStreamer(usageRecord), ['bytes', 'session']],
    [
      'usage with a total only',
      readStreamer({ ...usageRecord, volume: { total: 0.5 } }),
      ['bytes', 'session'],
    ],
    [
      'usage to the device',
      readStreamer({ ...usageRecord, volume: { total: 1, rx: 1, tx: 0 } }),
      ['session'],
    ],
    ['usage of 0 bytes', readStreamer({ ...usageRecord, volume: { total: 0 } }), ['session']],
    ['other traffic', readStreamer({ ...usageRecord, traffic_type: { id: 9, description: 'Voice' } }), []],
    [
      'a message from 1NCE’s device',
      readStreamer({ ...sms, volume: { total: 1, tx: 1, rx: 0 } }),
      ['signalled'],
    ],
    ['a message to 1NCE’s device', readStreamer({ ...sms, volume: { total: 1, tx: 0, rx: 1 } }), []],
    [
      'a message from emnify’s device',
      readStreamer({ ...sms, volume: { total: 1, tx: 0, rx: 1 } }, 'emnify'),
      ['signalled'],
    ],
    ['a message of a direction that is not stated', readStreamer({ ...sms, volume: { total: 1 } }), []],
    ['a message at Telekom', readStreamer({ ...sms, volume: { total: 1, tx: 1 } }, 'telekom'), []],
  ])('by %s what it says about the device', (_, reading, marks) => {
    expect(marksOf(reading)).toEqual(marks);
  });

  it('the later of start and end, although its start follows its end', () => {
    const [start, end] = ['2026-11-02T10:00:00Z', '2026-11-01T09:00:00Z'];
    const record = { ...usageRecord, start_timestamp: end, end_timestamp: start };
    const swapped = { ...usageRecord, start_timestamp: start, end_timestamp: end };
    const marks = [record, swapped].map((one) => {
      const reading = readStreamer(one);
      return reading.kind === 'observed' ? reading.sim?.groups.bytes?.at : reading.kind;
    });
    const expected = cutToGranule('2026-11-02T10:00:00.000Z', streamerSim, maxGranuleMilliseconds);
    expect(marks).toEqual([expected, expected]);
  });
});

const volumes = {
  trafficType: 'data',
  start: at,
  end: at,
  messagesTx: undefined,
  messagesRx: undefined,
} as const;

describe('bytes', () => {
  test.each<[number | undefined, number | undefined, number, boolean]>([
    [1, 0, 1, true],
    [0, 1, 1, false],
    [0, 0, 0, false],
    [0, 0, 1, true],
    [undefined, undefined, 1, true],
    [undefined, 1, 1, false],
    [undefined, 1, 2, true],
    [1, 5, 3, true],
  ])(
    'of which %s up and %s down are stated, %i in all: from the device is %s',
    (up, down, total, expected) => {
      const usage = {
        ...volumes,
        carrier: 'emnify',
        dataUploaded: up,
        dataDownloaded: down,
        dataTotal: total,
      } as const;
      expect(hasDeviceBytes(usage)).toBe(expected);
    },
  );

  test.each<[Carrier, number, number, boolean]>([
    ['1nce', 1, 0, true],
    ['1nce', 0, 1, false],
    ['emnify', 1, 0, false],
    ['emnify', 0, 1, true],
    ['telekom', 1, 1, false],
    ['twilio', 1, 1, false],
  ])(
    'are not messages: of %s %i tx and %i rx are from the device: %s',
    (carrier, messagesTx, messagesRx, expected) => {
      const usage = { ...volumes, carrier, messagesTx, messagesRx, dataTotal: 0 };
      expect(hasDeviceMessages({ ...usage, dataUploaded: 0, dataDownloaded: 0 })).toBe(expected);
    },
  );
});

describe('a granule', () => {
  const time = fc
    .integer({ min: Date.parse('2000-01-01'), max: Date.parse('2100-01-01') })
    .map((milliseconds) => new Date(milliseconds).toISOString());
  const sim = fc.stringMatching(/^\d{19}$/);
  const granule = fc
    .integer({ min: minGranuleMilliseconds / 1_000, max: maxGranuleMilliseconds / 1_000 })
    .map((seconds) => seconds * 1_000);

  it('begins no later than a record, and less than its length before it', () => {
    fc.assert(
      fc.property(time, sim, granule, (record, key, length) => {
        const distance = Date.parse(record) - Date.parse(cutToGranule(record, key, length));
        expect([distance >= 0, distance < length]).toEqual([true, true]);
      }),
    );
  });

  it('has one beginning for all its records, and no record moves it back', () => {
    fc.assert(
      fc.property(time, fc.nat(maxGranuleMilliseconds), sim, granule, (record, later, key, length) => {
        const begin = cutToGranule(record, key, length);
        expect(cutToGranule(begin, key, length)).toBe(begin);
        const next = cutToGranule(new Date(Date.parse(record) + later).toISOString(), key, length);
        expect(next >= begin).toBe(true);
      }),
    );
  });

  it('begins at a whole second, spread over its length by SIM', () => {
    const sims = Array.from(
      { length: 1_000 },
      (_, index) => `8988307000000${String(index).padStart(6, '0')}`,
    );
    const begins = sims.map((key) => Date.parse(cutToGranule(at, key, minGranuleMilliseconds)));
    expect(begins.filter((begin) => begin % 1_000 !== 0)).toEqual([]);
    const counts = Array.from({ length: 16 }, (_, minute) => {
      const from = Date.parse(at) + (minute - 15) * 60_000;
      return begins.filter((begin) => begin >= from && begin < from + 60_000).length;
    });
    // 67 a minute, if they are even.
    expect([counts.reduce((sum, count) => sum + count), Math.max(...counts) < 110]).toEqual([1_000, true]);
  });
});
