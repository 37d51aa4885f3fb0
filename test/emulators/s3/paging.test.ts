import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareKeys, KeyedMap } from '../../../emulators/s3/key-order.ts';
import { makePage, type Page } from '../../../emulators/s3/paging.ts';
import { codePoint } from '../../records/code-points.ts';

interface Item {
  readonly key: string;
}

const letters = fc.constantFrom('a', 'b', '/', '\uffee', '😀');
const someKey = fc.string({ unit: letters, minLength: 1, maxLength: 5 });

function page(keys: readonly string[], query: Partial<Parameters<typeof makePage<Item>>[0]>): Page<Item> {
  const itemAt = (key: string) => ({ key });
  return makePage<Item>({
    keys,
    readItem: itemAt,
    prefix: '',
    delimiter: '',
    after: undefined,
    limit: 1000,
    ...query,
  });
}

describe('the order of keys', () => {
  test('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: codePoint })), (keys) => {
        const byBytes = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
        expect(keys.toSorted(compareKeys)).toEqual(byBytes);
      }),
    );
  });

  test('is kept by any puts and deletions', () => {
    const change = fc.tuple(fc.constantFrom('set', 'delete', 'list'), someKey);
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const keyed = new KeyedMap<string>();
        const expected = new Set<string>();
        for (const [what, key] of changes) {
          if (what === 'set') {
            keyed.set(key, key);
            expected.add(key);
          } else if (what === 'delete') expect(keyed.delete(key)).toBe(expected.delete(key));
          else expect(keyed.keys()).toEqual([...expected].sort(compareKeys));
        }
        expect(keyed.keys()).toEqual([...expected].sort(compareKeys));
      }),
    );
  });
});

describe('a page', () => {
  const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'd', 'd/4'];

  test('shows keys under a prefix, grouped by a delimiter', () => {
    expect(page(keys, { prefix: 'b/', delimiter: '/' })).toEqual({
      items: [{ key: 'b/1' }, { key: 'b/2' }],
      commonPrefixes: ['b/c/'],
      truncated: false,
      last: 'b/c/',
    });
  });

  test('continues after a common prefix without showing it again', () => {
    expect(page(keys, { delimiter: '/', after: 'b/' })).toEqual({
      items: [{ key: 'd' }],
      commonPrefixes: ['d/'],
      truncated: false,
      last: 'd/',
    });
  });

  test('is empty and not truncated if nothing is requested', () => {
    expect(page(keys, { limit: 0 })).toEqual({
      items: [],
      commonPrefixes: [],
      truncated: false,
      last: undefined,
    });
  });

  test('omits common prefixes under which nothing is visible', () => {
    expect(
      page(keys, { delimiter: '/', readItem: (key) => (key.startsWith('b/') ? undefined : { key }) }),
    ).toEqual({
      items: [{ key: 'a' }, { key: 'd' }],
      commonPrefixes: ['d/'],
      truncated: false,
      last: 'd/',
    });
  });
});

test('pages of any size make up the whole list', () => {
  const delimiter = fc.constantFrom('', '/', 'ab');
  fc.assert(
    fc.property(
      fc.uniqueArray(someKey, { maxLength: 30 }),
      fc.string({ unit: letters, maxLength: 2 }),
      delimiter,
      fc.integer({ min: 1, max: 7 }),
      (unordered, prefix, delimiter, limit) => {
        const keys = unordered.toSorted(compareKeys);
        const whole = page(keys, { prefix, delimiter });
        const items: Item[] = [];
        const commonPrefixes: string[] = [];
        let after: string | undefined;
        for (let truncated = true; truncated; ) {
          const next = page(keys, { prefix, delimiter, limit, after });
          items.push(...next.items);
          commonPrefixes.push(...next.commonPrefixes);
          truncated = next.truncated;
          after = next.last;
        }
        expect({ items, commonPrefixes }).toEqual({
          items: whole.items,
          commonPrefixes: whole.commonPrefixes,
        });
      },
    ),
  );
});
