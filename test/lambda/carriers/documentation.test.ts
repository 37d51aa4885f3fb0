import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rejectCodes } from '../../../lambda/carriers/reading.ts';

it('docs/rejects.md explains every code of a reject, and no other', () => {
  const page = readFileSync(new URL('../../../docs/rejects.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('\n## The codes\n');
  const [lists = ''] = section.split('\n## ');
  const codes = new Set([...lists.matchAll(/^- `([\w-]+)`: /gm)].map(([, code = '']) => code));
  expect([...codes].sort()).toEqual([...rejectCodes].sort());
});
