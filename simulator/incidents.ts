import { provideSim } from './identity.ts';
import { Random } from './random.ts';
import { hour, minute, type Span, second } from './records.ts';

/** What goes wrong in a simulated fleet, so that rules about alerts have something to find. */

/** What happens to one device. Times are epoch milliseconds. */
export type Incident =
  /** Nothing comes from the device. `to` is infinite if it is not heard again. */
  | {
      readonly kind: 'dark';
      readonly cause: 'death' | 'outage';
      readonly from: number;
      readonly to: number;
    }
  /** It attaches again and again. */
  | { readonly kind: 'attach-loop'; readonly at: number }
  /** Its sessions fail one after the other. */
  | { readonly kind: 'session-failures'; readonly at: number }
  /** The SIM is put into another device. */
  | { readonly kind: 'swap'; readonly at: number }
  /** It sends far more than it ever did. */
  | { readonly kind: 'spike'; readonly at: number };

/** Attachments of a loop, and milliseconds between two: somewhat more than the default rule asks for. */
export const loop = { attachments: 36, interval: 100 * second } as const;

/** Sessions that fail one after the other, and milliseconds between two: likewise. */
export const failures = { sessions: 12, interval: 5 * minute } as const;

/** Bytes that each record of a spike adds, and how many such records there are. */
export const spike = { bytes: 200_000_000, records: 5 } as const;

/** How often an idle device attaches, in a fleet with incidents. */
export const idleInterval = 12 * hour;

/** A silence that rules ask for by default, and time that a sweep needs to see it. */
const longestSilence = 25 * hour;

/** SIMs per SIM that has an incident of this kind; at least one SIM has one. */
const simsPerIncident = { death: 100, loop: 200, failures: 200, swap: 200, spike: 500 } as const;

/**
 * In fleets of at least `minSims` a network is out for an eighth of its devices. It is out long enough after they count
 * as silent that a sweep each half day sees them together; in a short life until its end.
 */
const outage = { minSims: 100, share: 8, seen: 13 * hour } as const;

/**
 * Chooses what goes wrong, by the SIMs' numbers: each SIM has at most one incident, in the first half of the fleet's
 * life. Silences need a life of more than a day.
 */
export function planIncidents(sims: number, seed: number, span: Span): ReadonlyMap<number, Incident> {
  const random = Random.derive(seed, -3);
  const candidates = Array.from({ length: sims }, (_, index) => ({
    index,
    sim: provideSim(index, Random.derive(seed, index)),
  })).filter(({ sim }) => !sim.idle);
  random.shuffle(candidates);
  const incidents = new Map<number, Incident>();
  const lifetime = span.to - span.from;
  const drawTime = (latest: number): number => {
    return roundDown(span.from + lifetime / 10 + random.drawInteger(Math.max(1, latest - lifetime / 10)));
  };
  const give = (
    count: number,
    isFit: (sim: (typeof candidates)[number]['sim']) => boolean,
    make: () => Incident,
  ): void => {
    const fit = candidates.filter(({ index, sim }) => !incidents.has(index) && isFit(sim));
    for (const { index } of fit.slice(0, count)) incidents.set(index, make());
  };
  const share = (perIncident: number): number => Math.max(1, Math.floor(sims / perIncident));
  const half = lifetime / 2;
  if (lifetime > longestSilence + lifetime / 10) {
    const latest = Math.min(half, lifetime - longestSilence);
    give(
      share(simsPerIncident.death),
      () => true,
      () => ({ kind: 'dark', cause: 'death', from: drawTime(latest), to: Number.POSITIVE_INFINITY }),
    );
    const network = candidates[0]?.sim.network;
    if (sims >= outage.minSims && network !== undefined) {
      const from = roundDown(span.from + lifetime / 10);
      const back = from + longestSilence + outage.seen;
      const to = back < span.to - hour ? back : Number.POSITIVE_INFINITY;
      const visitors = candidates.filter(({ sim }) => sim.network === network).length;
      give(
        Math.ceil(visitors / outage.share),
        // All records of a Super SIM say which network it is on; those of a data streamer name it in several ways.
        ({ network: visited, carrier }) =>
          visited === network && (carrier === 'twilio' || carrier === 'kore'),
        () => ({ kind: 'dark', cause: 'outage', from, to }),
      );
    }
  }
  give(
    share(simsPerIncident.loop),
    () => true,
    () => ({ kind: 'attach-loop', at: drawTime(half) }),
  );
  // Of the data streamer's carriers, the simulator lets emnify's tell of contexts that are refused.
  give(
    share(simsPerIncident.failures),
    ({ carrier }) => carrier !== '1nce' && carrier !== 'telekom',
    () => ({ kind: 'session-failures', at: drawTime(half) }),
  );
  // Usage of the old generation names no device.
  give(
    share(simsPerIncident.swap),
    ({ carrier }) => carrier !== 'telekom',
    () => ({ kind: 'swap', at: drawTime(half) }),
  );
  give(
    share(simsPerIncident.spike),
    () => true,
    () => ({ kind: 'spike', at: drawTime(half) }),
  );
  return incidents;
}

/** Carriers' files state whole seconds. */
function roundDown(at: number): number {
  return Math.floor(at / second) * second;
}
