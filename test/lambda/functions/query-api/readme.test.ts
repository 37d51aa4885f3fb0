import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { runningTables } from '../../store/running-tables.ts';
import { apiOver, send, takeExamples } from './api-under-test.ts';

const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
const [, section = ''] = readme.split('## Query it');
const questions = [
  ...section.matchAll(/curl .*'http:\/\/127\.0\.0\.1:8080(.*)'\n```\n```json\n([\s\S]*?)\n```/g),
].map(([, path = '', answer = '']) => [path, answer] as const);

const tables = runningTables();

beforeAll(() => takeExamples(tables.client));

it('the README has three API requests', () => {
  expect(questions).toHaveLength(3);
});

it.each(questions)('the API answers as the README shows: %s', async (path, shown) => {
  const { status, body } = await send(apiOver(tables.client), path);
  expect([status, body]).toMatchObject([200, JSON.parse(shown)]);
});
