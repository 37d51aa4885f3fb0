import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { finding } from '../../../lambda/days/findings/finding.ts';
import { fleetPeriod, fleetUsage } from '../../../lambda/days/fleet-days.ts';
import { activityCounts, simPeriod, simUsage } from '../../../lambda/days/sim-days.ts';
import { usageDimensions } from '../../../lambda/days/sums.ts';
import { type Attribute, listAttributes } from '../../../lambda/ledger/attributes.ts';

/** Compares docs/days.md with the attributes, in both directions. */

const page = readFileSync(new URL('../../../docs/days.md', import.meta.url), 'utf8');

/** The attributes to which a section's list gives a type: "`a` (S), `b`, `c` (N): what they are". */
function readAttributes(heading: string): string[] {
  const [, rest = ''] = page.split(`\n${heading}\n`);
  const [section = ''] = rest.split(/^#/m);
  return [...section.matchAll(/((?:`\w+`(?:, )?)+) \((S|N)\)/g)].flatMap(([, names = '', type]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${name} (${type})`),
  );
}

function describeAttributes(table: object): string[] {
  const types: Partial<Record<Attribute['kind'], string>> = { text: 'S', number: 'N', decimal: 'N' };
  return listAttributes(table).map(({ name, kind }) => `${name} (${types[kind]})`);
}

/** The attributes of a table that are not in another one, to which its section refers in words. */
function describeOwn(table: object, other: object): string[] {
  const common = describeAttributes(other);
  return describeAttributes(table).filter((attribute) => !common.includes(attribute));
}

describe('docs/days.md', () => {
  it.each([
    ['## SIM-days', describeAttributes(simPeriod)],
    ['### Usage', describeAttributes(simUsage)],
    ['## Findings', describeAttributes(finding)],
    ['## Fleet-days', describeOwn(fleetPeriod, activityCounts)],
  ])('lists every attribute of %s with its type, and no other', (heading, attributes) => {
    expect(readAttributes(heading).sort()).toEqual(attributes.toSorted());
  });

  it('lists every attribute of fleet usage that a SIM’s usage lacks', () => {
    expect(describeOwn(fleetUsage, simUsage)).toEqual(['sims (N)']);
  });

  it('names the dimensions in the order in which keys have them', () => {
    const [, names = ''] = /^- ((?:`\w+`(?:, )?)+) \(S\): the dimensions/m.exec(page) ?? [];
    expect([...names.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(Object.keys(usageDimensions));
  });
});
