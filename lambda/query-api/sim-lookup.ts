import { simOfIccid } from '../carriers/identifier.ts';
import { isKey } from '../store/keys.ts';
import type { LedgerReader, SimAlias } from '../store/reader.ts';
import { badParameter, notFound, shortened } from './problem.ts';

/** A SIM that a request names. */
export interface FoundSim {
  /** The partition of its items. */
  readonly sim: string;
  /** Whether an item of it has been seen; a SIM named by its ICCID may be one of which no record has come. */
  readonly isKnown: boolean;
}

/**
 * Finds the SIM that a path names: an ICCID of 19 or 20 digits is its key and needs no read; else a Super SIM SID
 * (`HS…`), the carrier's id of the SIM (digits), or its unique name, with one read of an index.
 *
 * @throws Problem 404 for a name that no SIM has, 400 for one that several have.
 */
export async function findSim(reader: LedgerReader, name: string): Promise<FoundSim> {
  // No SIM has a name that DynamoDB does not take as a key.
  if (!isKey(name, 'partition')) throw unknownSim(name);
  const stem = simOfIccid(name);
  if (stem !== undefined) return { sim: stem, isKnown: false };
  const found = await reader.simsBy(aliasOf(name), name);
  // A number may be a name as well.
  const sims =
    found.length === 0 && aliasOf(name) === 'bySimId' ? await reader.simsBy('bySimName', name) : found;
  const [first] = sims;
  if (first === undefined) throw unknownSim(name);
  // Of a SIM's id, the SIM that has no other key comes first: it can't be named in any other way.
  if (sims.length === 1 || sims.includes(name)) {
    return { sim: sims.includes(name) ? name : first, isKnown: true };
  }
  throw badParameter('{sim}', name, `one of the SIMs that are called so: ${[...sims].sort().join(', ')}`);
}

/**
 * Makes sure that a SIM named by its ICCID exists, where nothing of it has been found.
 *
 * @throws Problem 404
 */
export async function requireKnown(reader: LedgerReader, { sim, isKnown }: FoundSim): Promise<void> {
  if (!isKnown && (await reader.sim(sim)) === undefined) throw unknownSim(sim);
}

/** The problem of a SIM of which no record has come. */
export function unknownSim(sim: string) {
  return notFound(`The SIM ${JSON.stringify(shortened(sim))}`);
}

function aliasOf(name: string): SimAlias {
  if (/^HS[0-9a-f]{32}$/i.test(name)) return 'bySimSid';
  return /^\d+$/.test(name) ? 'bySimId' : 'bySimName';
}
