import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventTypeName } from '../../../lambda/carriers/datastreamer/event-types.ts';
import { rejectCodes } from '../../../lambda/carriers/reading.ts';

it('docs/rejects.md explains every code of a reject, and no other', () => {
  const page = readFileSync(new URL('../../../docs/rejects.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('\n## The codes\n');
  const [lists = ''] = section.split('\n## ');
  const codes = new Set([...lists.matchAll(/^- `([\w-]+)`: /gm)].map(([, code = '']) => code));
  expect([...codes].sort()).toEqual([...rejectCodes].sort());
});

it('docs/wire-formats.md lists the id of every event type that has a name here, and no other', () => {
  const page = readFileSync(new URL('../../../docs/wire-formats.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('\n### Event types\n');
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  const ids = [...table.matchAll(/^\| ([\d, –]+) \|/gm)].flatMap(([, cell = '']) =>
    cell.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('–').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
    }),
  );
  const known = Array.from({ length: 1_000 }, (_, id) => String(id));
  const named = known.filter((id) => eventTypeName(id, 'Purge location', false) !== `event.${id}`);
  expect(ids).toEqual(named);
});
