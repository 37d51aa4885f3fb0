import { Course, type CourseOptions } from './course.ts';
import { putIntoOtherDevice, type Sim } from './identity.ts';
import { failures, loop } from './incidents.ts';
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

/** Milliseconds between two `data-session.updated`. */
const updateInterval = 6 * minute;

/**
 * The connection events of one Super SIM in the order in which they happen: it attaches, opens a data session, sends an
 * update every six minutes, ends or loses the session, pauses, and attaches again. Every event is reported to `truth`.
 *
 * If a device becomes silent, the network continues to report its open session, without bytes, until it ends it.
 */
export function* simulateSuperSim(
  given: Sim,
  span: Span,
  random: Random,
  truth: PartitionTruth,
  options: CourseOptions = {},
): Generator<ConnectionEvent, void> {
  const course = new Course(options, random);
  let sim = given;
  let at = span.from + random.drawInteger((20 * minute) / second) * second;
  for (const event of events()) {
    if (event.at >= span.to) return;
    for (const delivered of course.deliver(event)) {
      truth.addConnection(delivered);
      yield delivered;
    }
  }

  function* events(): Generator<ConnectionEvent, void> {
    for (at = course.findWakeTime(at); at < span.to; at = course.findWakeTime(at)) {
      yield* simulateIncident();
      if (!sim.idle && random.decide(0.03)) yield* attempt('attachment.failed');
      while (random.decide(0.05)) yield* attempt('attachment.rejected');
      if (sim.idle || random.decide(0.9)) yield* attempt('attachment.accepted');
      if (sim.idle) {
        if (course.idleInterval === undefined) return;
        at += course.idleInterval;
        continue;
      }
      yield* dataSession();
      at = course.endStep(at, at + (1 + random.drawExponential(3600)) * second);
    }
  }

  /** What happens to the device between two sessions. */
  function* simulateIncident(): Generator<ConnectionEvent, void> {
    const incident = course.takeIncident(at);
    if (incident === 'swap') sim = putIntoOtherDevice(sim);
    if (incident === 'attach-loop') {
      for (let count = 0; count < loop.attachments; count++) {
        yield event(random.decide(0.5) ? 'attachment.accepted' : 'attachment.rejected');
        at += loop.interval;
      }
    }
    if (incident === 'session-failures') {
      for (let count = 0; count < failures.sessions; count++) {
        yield event('data-session.failed', { session: { sid: `PI${random.drawHex(4)}`, start: at } });
        at += failures.interval;
      }
    }
  }

  function* attempt(type: ConnectionType): Generator<ConnectionEvent, void> {
    yield event(type);
    at += random.drawBetween(2, 40) * second;
  }

  function* dataSession(): Generator<ConnectionEvent, void> {
    const session = { sid: `PI${random.drawHex(4)}`, start: at };
    if (random.decide(0.03)) {
      yield event('data-session.failed', { session });
      return;
    }
    const drawn =
      at + random.drawBetween(60, 600) * second + random.drawExponential((5 * hour) / second) * second;
    const end = course.endSession(at, drawn);
    // In a complete life the start is always sent: without it, records that were lost look like records from before the
    // ledger.
    const isTold = random.decide(0.98) || course.isComplete;
    if (isTold) yield event('data-session.started', { session });
    const uploaded = random.pick([500, 4_000, 40_000]);
    let windowStart = at;
    let total: Volume = { up: 0, down: 0 };
    for (at += updateInterval; at < end && at < span.to; at += updateInterval) {
      const window = { start: windowStart, ...windowVolume(uploaded) };
      total = { up: total.up + window.up, down: total.down + window.down };
      yield event('data-session.updated', { session, window, ...stateTotal(total) });
      windowStart = at;
    }
    at = end;
    if (random.decide(0.05) && !course.isDark(at)) {
      yield event('data-session.failed', { session });
      return;
    }
    const window = { start: windowStart, ...windowVolume(uploaded) };
    total = { up: total.up + window.up, down: total.down + window.down };
    const withTotal = random.decide(0.9) ? stateTotal(total) : {};
    yield event('data-session.ended', { session, window, ...withTotal });
  }

  function stateTotal(runningTotal: Volume): { runningTotal?: Volume } {
    return sim.superSim.schema === 1 ? {} : { runningTotal };
  }

  function windowVolume(mean: number): Volume {
    if (course.isDark(at)) return { up: 0, down: 0 };
    const extra = course.takeSpike(at);
    if (extra > 0) return { up: extra, down: 0 };
    if (random.decide(0.3)) return { up: 0, down: 0 };
    return { up: random.drawExponential(mean), down: random.drawExponential(mean / 2) };
  }

  function event(type: ConnectionType, about: Partial<ConnectionEvent> = {}): ConnectionEvent {
    return { kind: 'connection', sim, type, eventSid: `EZ${random.drawHex(4)}`, at, ...about };
  }
}
