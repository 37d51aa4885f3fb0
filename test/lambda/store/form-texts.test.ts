import { expect, test } from 'vitest';
import { FormTexts } from '../../../lambda/store/form-texts.ts';

test('a text is made once for a form, and again after sixteen others were made', () => {
  const texts = new FormTexts();
  const made: string[] = [];
  const find = (...names: string[]) =>
    texts.find(names, () => {
      made.push(names.join());
      return names.join();
    });
  for (let round = 0; round < 3; round += 1) {
    expect([find('a', 'b'), find('a'), find('a', 'c'), find('b', 'a')]).toEqual(['a,b', 'a', 'a,c', 'b,a']);
  }
  expect(made.splice(0)).toEqual(['a,b', 'a', 'a,c', 'b,a']);
  const others = Array.from({ length: 15 }, (_, index) => String(index));
  for (const other of others) find(other);
  expect(made.splice(0)).toEqual(others);
  find('b', 'a');
  find('15');
  find('b', 'a');
  find('a', 'c');
  expect(made).toEqual(['15', 'a,c']);
});
