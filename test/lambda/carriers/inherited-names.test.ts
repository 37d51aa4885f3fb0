import { describe, expect, it } from 'vitest';
import { makeRowInterpreter } from '../../../lambda/carriers/datastreamer/csv.ts';
import { interpret } from '../../../lambda/carriers/index.ts';
import { isFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { detectDelimiter, findRowEnds, parseRows } from '../../../lambda/ingest/files/rows.ts';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import { arrivalFrom, statedBy } from '../../records/arrival.ts';
import { usageRecord } from '../../records/datastreamer.ts';
import { interpretAll } from '../../records/read-all.ts';

/**
 * Members and columns with the name of a property that every JavaScript object has: they are read like any other that is
 * not documented.
 */

const inherited = Object.getOwnPropertyNames(Object.prototype);
const meaningless = inherited.map((name) => name.toLowerCase().replace(/[a-z]/g, 'x'));

/** An object's text with further members before its own, in it and in each object in it. */
function withMembers(text: string, names: readonly string[]): string {
  const members = names.map((name) => `"${name}":{"kind":"fault","toJSON":1},`).join('');
  return text.replaceAll(/\{(?=\s*")/g, `{${members}`);
}

/** A reading without the texts that hold what is not documented. */
function documented(reading: Reading): unknown {
  return JSON.parse(
    JSON.stringify(reading, (name, value: unknown) =>
      name === 'extra' || name === 'detail' ? undefined : value,
    ),
  );
}

describe('names that every object has', async () => {
  const { stream, files } = await readExampleDeliveries();
  const bodies = stream.filter(({ data }) => data[0] === 0x7b);

  it('are members like any other in every carrier’s JSON', () => {
    const read = (names: readonly string[]): unknown[] =>
      bodies.flatMap(({ source, data }) =>
        interpretAll(Buffer.from(withMembers(String(data), names)), source).map(documented),
      );
    const plain = read(meaningless);
    expect(plain.filter((reading) => (reading as Reading).kind === 'observed').length).toBeGreaterThan(50);
    expect(read(inherited)).toEqual(plain);
  });

  it('are kept like any other that is not documented', () => {
    const members = inherited.map((name) => `"${name}":"kept"`).join(',');
    const reading = interpret(
      JSON.parse(`{${members},${JSON.stringify(usageRecord).slice(1)}`),
      arrivalFrom('1nce'),
    );
    expect(JSON.parse(statedBy(reading, 'usage').extra ?? '')).toEqual(JSON.parse(`{${members}}`));
  });

  it.each(files.map(({ key, bytes, source }) => [key, bytes, source] as const))(
    'are columns like any other in %s',
    (key, file, source) => {
      const bytes = file.subarray(file.indexOf('"'));
      const delimiter = detectDelimiter(String(bytes));
      const [header, ...rows] = parseRows(bytes, findRowEnds(bytes, delimiter), delimiter).map(
        ({ fields = [] }) => fields,
      );
      const read = (names: readonly string[]): unknown[] => {
        const interpreter = makeRowInterpreter([...(header ?? []), ...names], key);
        if (isFault(interpreter)) throw new Error(interpreter.problem);
        return rows.map((row) =>
          documented(interpreter([...row, ...names.map(() => 'value')], arrivalFrom(source))),
        );
      };
      expect(rows.length).toBeGreaterThan(1);
      expect(read(inherited)).toEqual(read(meaningless));
    },
  );
});
