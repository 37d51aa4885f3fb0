import type { Item } from '../../lambda/store/items.ts';
import type { ItemWrite } from './memory-dynamodb.ts';

/**
 * What must hold at every single write: nothing reopens a session or a file, and
 * nothing takes back what was observed, or taken in, later; usage never expires earlier.
 */
export class WatchedWrites {
  /** What did not hold: a sentence each. */
  readonly broken: string[] = [];

  readonly onWrite = ({ table, before, after }: ItemWrite): void => {
    if (before === undefined) return;
    if (table.name === 'Files') this.#checkManifest(before, after);
    if (table.name === 'Sessions') this.#checkSession(before, after);
    if (table.name === 'Usage') this.#checkExpiry(before, after);
    if (table.name !== 'Sessions' && table.name !== 'Sims') return;
    for (const name of Object.keys(before)) {
      if (name === 'lastUpdated' || name.endsWith('At')) this.#checkGrowth(name, before, after);
    }
  };

  #checkSession(before: Item, after: Item): void {
    const was = before['status']?.S;
    if (was !== 'open' && after['status']?.S === 'open') {
      this.broken.push(`A session that ${was} is open again: ${JSON.stringify(after)}`);
    }
    this.#checkGrowth('end', before, after);
    const [startWas, startIs] = [before['start']?.S ?? '', after['start']?.S ?? ''];
    const stays = before['startStated']?.BOOL === after['startStated']?.BOOL;
    if (stays && startIs > startWas) {
      this.broken.push(`A session begins later than before: ${startIs} after ${startWas}`);
    }
  }

  /** What has no expiry is kept forever. */
  #checkExpiry({ expiresAt: was }: Item, { expiresAt: is }: Item): void {
    if (is === undefined || (was !== undefined && Number(is.N) >= Number(was.N))) return;
    this.broken.push(`Usage expires at ${is.N}, before ${was?.N ?? 'never'}`);
  }

  #checkManifest(before: Item, after: Item): void {
    const was = before['state']?.S;
    if (was !== 'importing' && after['state']?.S !== was) {
      this.broken.push(`A file that was ${was} is ${after['state']?.S}`);
    }
    this.#checkGrowth('position', before, after);
  }

  #checkGrowth(name: string, before: Item, after: Item): void {
    const was = before[name];
    const is = after[name];
    const isLess =
      was !== undefined &&
      (is === undefined || (was.S ?? '') > (is.S ?? '') || Number(was.N ?? 0) > Number(is.N ?? 0));
    if (isLess) this.broken.push(`${name} went back from ${JSON.stringify(was)} to ${JSON.stringify(is)}`);
  }
}
