import type { Sim } from './identity.ts';
import type { Random } from './random.ts';
import {
  type ConnectionEvent,
  type ConnectionType,
  hour,
  minute,
  type Span,
  second,
  type Volume,
} from './records.ts';
import type { PartitionTruth } from './truth.ts';

/** Time between two `data-session.updated`. */
const updateInterval = 6 * minute;

/**
 * The connection events of one Super SIM in the order in which they happen: it attaches, opens a data session, sends an
 * update every six minutes, ends or loses it, pauses, and attaches again. Every event is told to `truth`.
 */
export function* superSimLife(
  sim: Sim,
  span: Span,
  random: Random,
  truth: PartitionTruth,
): Generator<ConnectionEvent, void> {
  let at = span.from + random.integer((20 * minute) / second) * second;
  for (const event of events()) {
    if (event.at >= span.to) return;
    truth.connection(event);
    yield event;
  }

  function* events(): Generator<ConnectionEvent, void> {
    while (at < span.to) {
      if (!sim.idle && random.chance(0.03)) yield* attempt('attachment.failed');
      while (random.chance(0.05)) yield* attempt('attachment.rejected');
      if (sim.idle || random.chance(0.9)) yield* attempt('attachment.accepted');
      if (sim.idle) return;
      yield* dataSession();
      at += (1 + random.exponential(3600)) * second;
    }
  }

  function* attempt(type: ConnectionType): Generator<ConnectionEvent, void> {
    yield event(type);
    at += random.between(2, 40) * second;
  }

  function* dataSession(): Generator<ConnectionEvent, void> {
    const session = { sid: `PI${random.hex(4)}`, start: at };
    if (random.chance(0.03)) {
      yield event('data-session.failed', { session });
      return;
    }
    const end = at + random.between(60, 600) * second + random.exponential((5 * hour) / second) * second;
    if (random.chance(0.98)) yield event('data-session.started', { session });
    const uploaded = random.pick([500, 4_000, 40_000]);
    let windowStart = at;
    let total: Volume = { up: 0, down: 0 };
    for (at += updateInterval; at < end && at < span.to; at += updateInterval) {
      const window = { start: windowStart, ...windowVolume(uploaded) };
      total = { up: total.up + window.up, down: total.down + window.down };
      yield event('data-session.updated', { session, window, ...stated(total) });
      windowStart = at;
    }
    at = end;
    if (random.chance(0.05)) {
      yield event('data-session.failed', { session });
      return;
    }
    const window = { start: windowStart, ...windowVolume(uploaded) };
    total = { up: total.up + window.up, down: total.down + window.down };
    const withTotal = random.chance(0.9) ? stated(total) : {};
    yield event('data-session.ended', { session, window, ...withTotal });
  }

  function stated(runningTotal: Volume): { runningTotal?: Volume } {
    return sim.superSim.schema === 1 ? {} : { runningTotal };
  }

  function windowVolume(mean: number): Volume {
    if (random.chance(0.3)) return { up: 0, down: 0 };
    return { up: random.exponential(mean), down: random.exponential(mean / 2) };
  }

  function event(type: ConnectionType, about: Partial<ConnectionEvent> = {}): ConnectionEvent {
    return { kind: 'connection', sim, type, eventSid: `EZ${random.hex(4)}`, at, ...about };
  }
}
