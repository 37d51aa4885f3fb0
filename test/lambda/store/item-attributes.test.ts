import { describe, expect, test } from 'vitest';
import { readNumber, readText } from '../../../lambda/store/item-attributes.ts';

describe('a single attribute', () => {
  const item = { sim: { S: '8988307000000000001' }, attempts: { N: '12' }, leftOut: { N: '0' } };

  test('is read as a text, which is empty where the item does not have one', () => {
    expect([readText(item, 'sim'), readText(item, 'source'), readText(item, 'attempts')]).toEqual([
      '8988307000000000001',
      '',
      '',
    ]);
  });

  test('is read as a number, which is 0 where the item does not have one', () => {
    expect([
      readNumber(item, 'attempts'),
      readNumber(item, 'leftOut'),
      readNumber(item, 'done'),
      readNumber(item, 'sim'),
    ]).toEqual([12, 0, 0, 0]);
  });
});
