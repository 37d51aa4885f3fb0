import { expect, test } from 'vitest';
import { outgrownSize } from './doubling.ts';

/** The measurement by which `growth.test.ts` judges: what it must find, and what it must let pass. */

/** Goes over the text again from each of its characters. */
function eachFromEach(text: string): void {
  let seen = 0;
  for (let from = 0; from < text.length; from += 1) {
    for (let at = from; at < text.length; at += 1) seen += text.charCodeAt(at);
  }
  if (seen === 0) throw new Error('The text is empty');
}

/** Searches the rest of the text at each of its characters: the processor's fastest way to do too much. */
function searchEachRest(text: string): void {
  for (let at = 0; at < text.length; at += 1) if (text.indexOf('y', at) !== -1) throw new Error('A y');
}

test.each([
  ['in JavaScript', eachFromEach],
  ['by searching', searchEachRest],
])('work that grows with the square is found %s', (_, work) => {
  const found = outgrownSize((size) => () => work('x'.repeat(size)));
  expect(found).toBeDefined();
});

test('an expression that goes back over what it has read is found', () => {
  const found = outgrownSize((size) => () => void /\s+$/.test(`${' '.repeat(size)}x`));
  expect(found).toBeDefined();
});

test('work in proportion is let pass, however much it is', () => {
  const found = outgrownSize((size) => {
    const text = 'x'.repeat(100 * size);
    return () => {
      for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) === 0) throw new Error('A zero');
    };
  });
  expect(found).toBeUndefined();
});
