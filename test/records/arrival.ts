import type { Arrival, Reading } from '../../lambda/carriers/reading.ts';
import type { Observations } from '../../lambda/ledger/observation.ts';
import type { Carrier, SessionRefresh } from '../../lambda/ledger/source.ts';

/** When the tests' deliveries arrive. */
export const arrivedAt = Date.parse('2026-11-02T12:00:00.000Z');

/** An arrival from a carrier whose source has the carrier's name. */
export function arrivalFrom(
  carrier: Carrier,
  about: { bytesPerMegabyte?: number; filesOnly?: boolean; sessionRefresh?: SessionRefresh } = {},
): Arrival {
  const source = { name: `my-${carrier}`, carrier, bytesPerMegabyte: 1_000_000, ...about };
  return { source, arrivedAt };
}

/**
 * What a reading states.
 *
 * @throws Error when it states nothing, so that a test fails with the reason.
 */
export function observationsOf(reading: Reading): Observations {
  if (reading.kind !== 'observed') throw new Error(`Not observed, but ${JSON.stringify(reading)}`);
  const { kind, ...observations } = reading;
  return observations;
}

/**
 * One of the four things that a record can state.
 *
 * @throws Error when the reading does not state it.
 */
export function statedBy<Noun extends keyof Observations>(
  reading: Reading,
  noun: Noun,
): NonNullable<Observations[Noun]> {
  const observation = observationsOf(reading)[noun];
  if (observation === undefined || observation === null) throw new Error(`The record states no ${noun}`);
  return observation;
}
