import { describe, expect, test } from 'vitest';
import {
  type EventRecord,
  findSeen,
  noRecords,
  readRanges,
  type SessionRecord,
  type UsageVolume,
} from '../../../console/timeline/records.ts';
import { chooseTicks } from '../../../console/timeline/ticks.ts';
import { day } from '../../../console/timeline/window.ts';

const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);
const now = at('20T00:00');

const session: SessionRecord = {
  ...{ sid: 'PI1', start: '2026-11-02T06:00:00Z', end: '2026-11-02T07:00:00Z', status: 'ended' },
  ...{ last_updated: '2026-11-02T07:00:00Z', data_total: 10, radio_link: '4G', imei: '358600842867678' },
  ...{ operator_mcc: '310', operator_mnc: '260', operator_name: 'T-Mobile', operator_country: 'USA' },
};
const event: EventRecord = {
  ...{ sid: 'EZ1', event_type: 'attachment.accepted', timestamp: '2026-11-02T05:00:00Z', severity: null },
  ...{ alert: null, error_code: null, operator_mcc: '204', operator_mnc: '08', operator_name: 'KPN' },
  operator_country: 'NLD',
};
const sum = (date: string, network_sid: string, iso_country: string): UsageVolume => ({
  period: { start_time: `2026-11-${date}T00:00:00Z`, end_time: `2026-11-${date}T23:59:59Z` },
  ...{ data_total: '9007199254740993', network_sid, iso_country },
});

const reading = {
  ...{ now, usageUnit: day, nameDevice: (imei: string) => imei.slice(0, 8) },
  nameCountry: (code: string) => ({ US: 'United States', USA: 'United States' })[code] ?? code,
};

describe('the ranges of records', () => {
  test('extend an open session until now, and say until when it is stated', () => {
    const open = { ...session, end: null, status: 'open' as const };
    const { sessions } = readRanges({ ...noRecords, sessions: [open] }, reading);
    expect(sessions).toEqual([{ from: at('02T06:00'), to: now, statedTo: at('02T07:00') }]);
  });

  test('use one name for a network and a country, whatever a record states, and prefer exact records to sums', () => {
    const usage = [sum('02', '262-01', 'DE'), sum('03', '310-260', 'US'), sum('04', '310-260', 'US')];
    const ranges = readRanges({ ...noRecords, sessions: [session], events: [event], usage }, reading);
    expect(ranges.networks).toEqual([
      { from: at('02T05:00'), to: at('02T05:00'), value: 'KPN' },
      { from: at('02T06:00'), to: Date.parse('2026-11-04T23:59:59Z'), value: 'T-Mobile' },
    ]);
    expect(ranges.countries.map(({ value }) => value)).toEqual(['NLD', 'United States']);
    expect(ranges.devices).toEqual([{ from: at('02T06:00'), to: at('02T07:00'), value: '35860084' }]);
  });

  test('join the networks of one day', () => {
    const { networks } = readRanges(
      { ...noRecords, usage: [sum('05', '310-260', 'US'), sum('05', '204-08', 'NL')] },
      reading,
    );
    expect(networks.map(({ value }) => value)).toEqual(['204-08 + 310-260']);
  });

  test('are in a window that they overlap; usage, in the window in which it begins', () => {
    const records = { ...noRecords, sessions: [session], events: [event], usage: [sum('02', '1', 'US')] };
    const ranges = readRanges(records, reading);
    const find = (from: string, to: string) => findSeen(ranges, { from: at(from), to: at(to) });
    expect(find('02T06:30', '02T06:40')).toEqual({ sessions: [0], usage: [], events: [], alerts: [] });
    expect(find('02T00:00', '02T05:00')).toEqual({ sessions: [], usage: [0], events: [0], alerts: [] });
  });
});

describe('the axis', () => {
  test('labels days among hours, months among days and years among months', () => {
    const list = (from: string, to: string) =>
      chooseTicks({ window: { from: Date.parse(from), to: Date.parse(to) }, width: 600 }, 'utc');
    const label = (from: string, to: string) => list(from, to).map((tick) => tick.label);
    expect(label('2026-11-01T20:00:00Z', '2026-11-02T04:00:00Z')).toEqual([
      ...['20:00', '21:00', '22:00', '23:00', '2 Nov', '01:00', '02:00', '03:00', '04:00'],
    ]);
    expect(label('2026-11-01T20:00:00Z', '2026-11-01T20:01:00Z').slice(0, 3)).toEqual([
      ...['20:00:00', '20:00:05', '20:00:10'],
    ]);
    expect(label('2026-10-30T00:00:00Z', '2026-11-04T00:00:00Z')).toContain('1 Nov');
    expect(label('2026-03-01T00:00:00Z', '2027-02-20T00:00:00Z')).toContain('2027');
    const major = list('2026-11-01T20:00:00Z', '2026-11-02T04:00:00Z').filter(({ isMajor }) => isMajor);
    expect(major.map(({ x }) => x)).toEqual([(4 * 600) / 8]);
  });
});
