import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fleetActivity, fleetUsage } from '../../../lambda/days/fleet-days.ts';
import { simActivity, simUsage } from '../../../lambda/days/sim-days.ts';
import { usageDimensions, usageSums } from '../../../lambda/days/sums.ts';
import { type Attribute, listAttributes } from '../../../lambda/ledger/attributes.ts';

/** docs/days.md beside the attributes, in both directions. */

const page = readFileSync(new URL('../../../docs/days.md', import.meta.url), 'utf8');

/** The attributes to which a section's list gives a type, one a line: "`a`, `b` (S): what they are". */
function readAttributes(heading: string): string[] {
  const [, rest = ''] = page.split(`\n### ${heading}\n`);
  const [section = ''] = rest.split(/^#/m);
  return [...section.matchAll(/^- ((?:`\w+`(?:, )?)+) \((S|N)\)/gm)].flatMap(([, names = '', type]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${name} (${type})`),
  );
}

function describeAttributes(attributes: readonly Attribute[]): string[] {
  const types: Partial<Record<Attribute['kind'], string>> = { text: 'S', number: 'N', decimal: 'N' };
  return attributes.map(({ name, kind }) => `${name} (${types[kind]})`);
}

/** The attributes of a table that are not in others, to which its section refers in words. */
function describeOwn(table: object, others: object): string[] {
  return describeAttributes(listAttributes(table).filter(({ name }) => !Object.hasOwn(others, name)));
}

const own = (name: string): boolean => name !== 'sim' && name !== 'periodKey';
const counts = Object.fromEntries(Object.entries(simActivity).filter(([name]) => own(name)));

describe('docs/days.md', () => {
  it.each([
    ['Usage of a SIM', describeAttributes(listAttributes(simUsage))],
    ['Activity of a SIM', describeAttributes(listAttributes(simActivity))],
    ['Usage of the fleet', describeOwn(fleetUsage, { ...usageDimensions, ...usageSums })],
    ['Activity of the fleet', describeOwn(fleetActivity, counts)],
  ])('lists every attribute of %s with its type, and no other', (heading, attributes) => {
    expect(readAttributes(heading).sort()).toEqual(attributes.toSorted());
  });

  it('names the dimensions in the order in which keys have them', () => {
    const [, names = ''] = /^- ((?:`\w+`(?:, )?)+) \(S\): the dimensions/m.exec(page) ?? [];
    expect([...names.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(Object.keys(usageDimensions));
  });
});
