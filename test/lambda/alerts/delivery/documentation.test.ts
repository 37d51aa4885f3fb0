import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeAlertEvent } from '../../../../lambda/alerts/delivery/cloud-event.ts';
import { judgeAnswer } from '../../../../lambda/alerts/delivery/http-receiver.ts';
import { receiverKinds } from '../../../../lambda/alerts/delivery/receiver.ts';
import { receivers } from '../../../../lib/receivers.ts';
import { transitionWith } from './transitions.ts';

/** Compares docs/alerts-delivery.md with the code. */

const page = readFileSync(new URL('../../../../docs/alerts-delivery.md', import.meta.url), 'utf8');
const [configured = '', event = ''] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, text = '']) => text,
);

/** The first and second cells of the rows of a section's table. */
function readRows(section: string): [first: string, second: string][] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [own = ''] = text.split('\n## ');
  const rows = [...own.matchAll(/^\| (.*?) \| (.*?) \|/gm)].map(([, a = '', b = '']): [string, string] => [
    a,
    b,
  ]);
  return rows.slice(1);
}

test('the message on the page is the message of a transition', () => {
  const context = { deployment: 'simledger', apiUrl: 'https://api.example.com' };
  expect(JSON.parse(event)).toEqual(makeAlertEvent(transitionWith(), context));
});

test('the examples of receivers are accepted', () => {
  const [, inLine = ''] = /^# {3}("receivers": .*)$/m.exec(page) ?? [];
  const examples = [JSON.parse(`{${configured}}`), JSON.parse(`{${inLine}}`)] as { receivers: unknown }[];
  const parsed = examples.map((example) => receivers.safeParse(example.receivers));
  expect(parsed.map(({ success }) => success)).toEqual([true, true]);
});

test('the list has every kind of receiver, and no others', () => {
  expect(readRows('Receivers').map(([kind]) => kind)).toEqual(receiverKinds.map((kind) => `\`${kind}\``));
});

test('every status has the documented consequence', () => {
  const consequences = { delivered: 'accepted', tried: 'later', all: 'unusable', the: 'refused' } as const;
  const listed = readRows('Retries').flatMap(([answer, what]) => {
    const [word = ''] = what.split(' ');
    const kind = consequences[word as keyof typeof consequences];
    return answer.split(', ').flatMap((part) => {
      const [, first = '', last = first] = /^(\d(?:\d\d|xx))(?: to (\d\d\d))?$/.exec(part) ?? [];
      if (first === '') return [];
      const from = Number(first.replace('xx', '00'));
      const to = first.endsWith('xx') ? from + 99 : Number(last);
      return Array.from({ length: to - from + 1 }, (_, index) => [from + index, kind] as const);
    });
  });
  const said = new Map(listed);
  const statuses = Array.from({ length: 400 }, (_, index) => 200 + index);
  const wrong = statuses.filter((status) => judgeAnswer({ status }).kind !== (said.get(status) ?? 'refused'));
  expect([said.size > 300, wrong]).toEqual([true, []]);
});
