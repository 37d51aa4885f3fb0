import { expect, test } from 'vitest';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import { addSigns } from '../../../lambda/alerts/signs.ts';
import { findSpans } from '../../../lambda/alerts/spans.ts';
import { anyRule } from './arbitraries.ts';
import { at, hour, makeEvent, makeUsage, timeAt } from './records.ts';

test('each record of a SIM is a sign of life if it shows that the device was active', () => {
  const { signs } = addSigns({
    sessions: [],
    usage: [
      makeUsage(10, { id: 'bytes', bytes: 500 }),
      makeUsage(20, { id: 'empty' }),
      { ...makeUsage(30, { id: 'sms' }), carrier: '1nce', trafficType: 'sms', messages: 1, messagesTx: 1 },
      {
        ...makeUsage(40, { id: 'to-device' }),
        carrier: '1nce',
        trafficType: 'sms',
        messages: 1,
        messagesRx: 1,
      },
    ],
    events: [
      makeEvent(50, 'attachment.rejected'),
      makeEvent(60, 'pdp-context.created', { sessionId: 's1' }),
      makeEvent(70, 'pdp-context.created', { id: 'without-session' }),
      makeEvent(80, 'pdp-context.deleted', { sessionId: 's1' }),
      makeEvent(90, 'constructor'),
    ],
  });
  const described = signs.map(({ record, ...marks }) => ({
    key: record.key.split('#')[1],
    at: record.at,
    ...marks,
  }));
  expect(described).toEqual([
    { key: 'bytes', at: at(10), isSignal: false, hasBytes: true, isSession: true },
    { key: 'empty', at: at(20), isSignal: false, hasBytes: false, isSession: true },
    { key: 'sms', at: at(30), isSignal: true, hasBytes: false, isSession: false },
    { key: 'attachment.rejected', at: at(50), isSignal: true, hasBytes: false, isSession: false },
    { key: 'pdp-context.created', at: at(60), isSignal: true, hasBytes: false, isSession: true },
    { key: 'without-session', at: at(70), isSignal: true, hasBytes: false, isSession: false },
  ]);
});

test('a usage record whose start is after its end counts at the later time', () => {
  const turned = { ...makeUsage(10, { id: 'turned', bytes: 1 }), start: timeAt(30), end: timeAt(10) };
  const { signs } = addSigns({ sessions: [], usage: [turned], events: [] });
  expect(signs.map(({ record }) => record.at)).toEqual([at(30)]);
});

test('a device whose session stays open with zero bytes after its battery was removed is silent by its records', () => {
  const rule: Rule = { ...anyRule, kind: 'silent', missing: 'everything', after: 2 * hour };
  const updates = Array.from({ length: 60 }, (_, index) => (index + 1) * 6);
  const known = addSigns({
    sessions: [],
    usage: updates.map((when) =>
      makeUsage(when, { id: `u${when}`, bytes: when < 100 ? 500 : 0, sessionId: 's1' }),
    ),
    events: [makeEvent(0, 'data-session.started', { sessionId: 's1' })],
  });
  expect(findSpans(rule, known, at(215))).toEqual([]);
  expect(findSpans(rule, known, at(216)).map(({ from, metAt, to }) => [from, metAt, to])).toEqual([
    [at(96), at(216), undefined],
  ]);
});
