import type { Item } from '../../lambda/store/items.ts';
import { BrokenPromise } from './delivery.ts';
import type { ItemWrite } from './memory-dynamodb.ts';

/** What must hold at every single write, whatever comes before and after it. */

/** Nothing reopens a session or a file, and nothing takes back what was observed, or taken in, later. */
export function checkWrite({ table, before, after }: ItemWrite): void {
  if (before === undefined) return;
  if (table.name === 'Files') checkManifest(before, after);
  if (table.name === 'Sessions') checkSession(before, after);
  if (table.name === 'Sessions' || table.name === 'Sims') {
    for (const name of Object.keys(before)) {
      if (name === 'lastUpdated' || name.endsWith('At')) checkGrowth(name, before, after);
    }
  }
}

function checkSession(before: Item, after: Item): void {
  const was = before['status']?.S;
  if (was !== 'open' && after['status']?.S === 'open') {
    throw new BrokenPromise(`A session that ${was} is open again: ${JSON.stringify(after)}`);
  }
  checkGrowth('end', before, after);
  const [startWas, startIs] = [before['start']?.S ?? '', after['start']?.S ?? ''];
  const stays = before['startStated']?.BOOL === after['startStated']?.BOOL;
  if (stays && startIs > startWas) {
    throw new BrokenPromise(`A session begins later than before: ${startIs} after ${startWas}`);
  }
}

function checkManifest(before: Item, after: Item): void {
  const was = before['state']?.S;
  if (was !== 'importing' && after['state']?.S !== was) {
    throw new BrokenPromise(`A file that was ${was} is ${after['state']?.S}`);
  }
  checkGrowth('position', before, after);
}

function checkGrowth(name: string, before: Item, after: Item): void {
  const was = before[name];
  const is = after[name];
  const isLess =
    was !== undefined &&
    (is === undefined || (was.S ?? '') > (is.S ?? '') || Number(was.N ?? 0) > Number(is.N ?? 0));
  if (isLess)
    throw new BrokenPromise(`${name} went back from ${JSON.stringify(was)} to ${JSON.stringify(is)}`);
}
