import { provideSim } from './identity.ts';
import { Random } from './random.ts';
import { hour, minute, type Span, second } from './records.ts';

/** What goes wrong in a simulated fleet, so that alert rules have something to find. */

/** What happens to a device. Times are milliseconds since the epoch. */
export type Incident =
  /** The device is silent. `to` is infinite if it is never heard again. */
  | {
      readonly kind: 'dark';
      readonly cause: 'death' | 'outage';
      readonly from: number;
      readonly to: number;
    }
  /** It attaches again and again. */
  | { readonly kind: 'attach-loop'; readonly at: number }
  /** Its sessions fail, one after the other. */
  | { readonly kind: 'session-failures'; readonly at: number }
  /** The SIM is put into another device. */
  | { readonly kind: 'swap'; readonly at: number }
  /** It sends far more than ever before. */
  | { readonly kind: 'spike'; readonly at: number };

/**
 * How often a device attaches in a loop, and every how many milliseconds: somewhat more than the default rule requires.
 */
export const loop = { attachments: 36, interval: 100 * second } as const;

/** How many sessions fail, and every how many milliseconds: somewhat more than the default rule requires. */
export const failures = { sessions: 12, interval: 5 * minute } as const;

/** How many bytes each record of a spike adds, and how many such records there are. */
export const spike = { bytes: 200_000_000, records: 5 } as const;

/** How often an idle device attaches, in a fleet with incidents. */
export const idleInterval = 12 * hour;

/** The longest silence that default rules require, and the time that a sweep needs to see it. */
const longestSilence = 25 * hour;

/** For each kind of incident, how many SIMs there are per SIM that has it. At least one SIM has it. */
const simsPerIncident = { death: 100, loop: 200, failures: 200, swap: 200, spike: 500 } as const;

/**
 * In fleets of at least `minSims`, a network has an outage for an eighth of its devices. It lasts long enough after
 * they count as silent that a sweep every half day sees them together; in a short life, it lasts until the end.
 */
const outage = { minSims: 100, share: 8, seen: 13 * hour } as const;

/**
 * Plans incidents, by number of SIM: each SIM has at most one, in the first half of the fleet's life. Silences need a
 * life of more than a day.
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
  const assign = (
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
    assign(
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
      assign(
        Math.ceil(visitors / outage.share),
        // All Super SIM records name the network, and in the same way; data-streamer records name it in several ways.
        ({ network: visited, carrier }) =>
          visited === network && (carrier === 'twilio' || carrier === 'kore'),
        () => ({ kind: 'dark', cause: 'outage', from, to }),
      );
    }
  }
  assign(
    share(simsPerIncident.loop),
    () => true,
    () => ({ kind: 'attach-loop', at: drawTime(half) }),
  );
  // Of the data-streamer carriers, only emnify's simulated records include refused contexts.
  assign(
    share(simsPerIncident.failures),
    ({ carrier }) => carrier !== '1nce' && carrier !== 'telekom',
    () => ({ kind: 'session-failures', at: drawTime(half) }),
  );
  // Usage of the old generation does not name the device.
  assign(
    share(simsPerIncident.swap),
    ({ carrier }) => carrier !== 'telekom',
    () => ({ kind: 'swap', at: drawTime(half) }),
  );
  assign(
    share(simsPerIncident.spike),
    () => true,
    () => ({ kind: 'spike', at: drawTime(half) }),
  );
  return incidents;
}

/** Carriers' files have whole seconds. */
function roundDown(at: number): number {
  return Math.floor(at / second) * second;
}
