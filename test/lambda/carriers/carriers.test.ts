import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../lambda/carriers/body.ts';
import { interpret, wireFormats } from '../../../lambda/carriers/index.ts';
import type { Reading } from '../../../lambda/carriers/reading.ts';
import { toJsonObject } from '../../../lambda/json/json.ts';
import { carriers, carrierTraits } from '../../../lambda/ledger/source.ts';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import { arrivalFrom } from '../../records/arrival.ts';

const project = new URL('../../../', import.meta.url);
const readPage = (path: string): string => readFileSync(new URL(path, project), 'utf8');

/** The carrier that a reading's items name. */
function namedCarrier(reading: Reading): string | undefined {
  if (reading.kind !== 'observed') return undefined;
  const { session, usage, event, sim } = reading;
  return session?.origin.group.carrier ?? usage?.carrier ?? event?.carrier ?? sim?.origin.group.carrier;
}

describe('the table of carriers', () => {
  it.each(carriers)('names the format of %s: its example is read as its own', async (carrier) => {
    const { stream } = await readExampleDeliveries();
    const values = stream
      .filter(({ source }) => source === carrier)
      .flatMap(({ data }) => [...readBody(data).listParts()])
      .flatMap((part) => (part.kind === 'value' ? [part.value] : []));
    const records = values.filter(
      (value) => namedCarrier(interpret(value, arrivalFrom(carrier))) === carrier,
    );
    expect(records.length).toBeGreaterThan(values.length / 2);
    const { recognises } = wireFormats[carrierTraits[carrier].format];
    expect(records.filter((record) => !recognises(toJsonObject(record) ?? {}))).toEqual([]);
  });

  it('has a page in docs/carriers for each carrier, and no other', () => {
    const pages = readdirSync(new URL('docs/carriers', project)).sort();
    expect(pages).toEqual(carriers.map((carrier) => `${carrier}.md`).sort());
  });

  it.each(carriers)(
    'has a page for %s with its title, its configuration and the command that connects it',
    (carrier) => {
      const page = readPage(`docs/carriers/${carrier}.md`);
      expect(page.startsWith(`# ${carrierTraits[carrier].title}`)).toBe(true);
      expect(page).toContain(`"carrier": "${carrier}"`);
      expect(page).toMatch(new RegExp(`^npx simledger connect ${carrier}(?:\\n| +#)`, 'm'));
    },
  );

  it.each(carriers)('leads from README.md to the page of %s', (carrier) => {
    expect(readPage('README.md')).toContain(`](docs/carriers/${carrier}.md)`);
  });
});
