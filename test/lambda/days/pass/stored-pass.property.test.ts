import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SimItems } from '../../../../lambda/days/rows.ts';
import { asClient, MemoryDynamoDb } from '../../../property/memory-dynamodb.ts';
import { timeLimit, trials } from '../../../property/trials.ts';
import { runningTables } from '../../store/running-tables.ts';
import { expectDays } from './expected-days.ts';
import { type PassCase, type Plan, plans } from './pass-plans.ts';
import { StoredPorts } from './stored-ports.ts';
import { playPass, sound } from './virtual-pass.ts';

/** The pass as in test/property/day-pass.property.test.ts, with the real readers and stores of the tables. */

const tables = runningTables();

/** The plan, with the completeness of the tables: a complete statement that names a session ranks highest. */
function rankAsStored({ statements, ...plan }: Plan): Plan {
  const rank = ({ usage, ...says }: SimItems): SimItems => ({
    ...says,
    usage: usage.map((one) =>
      one.completeness >= 9 && one.sessionId !== undefined ? { ...one, completeness: 10 } : one,
    ),
  });
  return {
    ...plan,
    statements: statements.map(({ sim, says }) => ({ sim, says: rank(says) })),
  };
}

function makeProperty(makePorts: () => Promise<StoredPorts>) {
  return fc.asyncProperty(plans, async ({ plan }) => {
    const stored = rankAsStored(plan);
    expect(await playPass(stored, sound, await makePorts())).toEqual(expectDays(stored));
  });
}

test(
  'rows, root, SIM-days and fleet-days are those of all records, over tables in memory',
  async () => {
    const property = makeProperty(async () => new StoredPorts(asClient(new MemoryDynamoDb())));
    await fc.assert(property, trials(45) as fc.Parameters<[PassCase]>);
  },
  timeLimit,
);

test(
  'rows, root, SIM-days and fleet-days are those of all records, over tables by HTTP',
  async () => {
    const property = makeProperty(async () => {
      await tables.clear();
      return new StoredPorts(tables.client);
    });
    await fc.assert(property, trials(10) as fc.Parameters<[PassCase]>);
  },
  timeLimit,
);
