import { type Incident, spike } from './incidents.ts';
import type { RecordLosses } from './losses.ts';
import type { Random } from './random.ts';
import { type FleetRecord, minute, second } from './records.ts';

/** What is unusual in the life of a device. */
export interface CourseOptions {
  readonly incident?: Incident | undefined;
  /** How often an idle device attaches, in milliseconds. Without it, an idle device attaches once. */
  readonly idleInterval?: number | undefined;
  /** What its carrier does not deliver. If set, the life is complete except for these losses. */
  readonly losses?: RecordLosses | undefined;
}

/** Changes the course of a device's life by its incident. Times are milliseconds since the epoch. */
export class Course {
  readonly idleInterval: number | undefined;
  readonly #losses: RecordLosses | undefined;
  readonly #incident: Incident | undefined;
  readonly #random: Random;
  #happened = false;
  #spikes = 0;

  constructor({ incident, idleInterval, losses }: CourseOptions, random: Random) {
    this.#losses = losses;
    this.#incident = incident;
    this.idleInterval = idleInterval;
    this.#random = random;
  }

  /** Whether every session has its start and its end, except what is lost on purpose. */
  get isComplete(): boolean {
    return this.#losses !== undefined;
  }

  /** The records to deliver for a record that happened. */
  deliver<Happened extends FleetRecord>(record: Happened): readonly Happened[] {
    return this.#losses?.take(record) ?? [record];
  }

  /** Whether the device is silent. */
  isDark(at: number): boolean {
    return this.#incident?.kind === 'dark' && at >= this.#incident.from && at < this.#incident.to;
  }

  /** When the device continues: immediately, or some minutes after its silence, or never if it died. */
  findWakeTime(at: number): number {
    if (this.#incident?.kind !== 'dark' || !this.isDark(at)) return at;
    return this.#incident.to + this.#random.drawBetween(1, 600) * second;
  }

  /** Where a step ends: at `to`, or at an incident before that. */
  endStep(from: number, to: number): number {
    const due = this.#findDue();
    return due > from && due < to ? due : to;
  }

  /** When a session ends. An incident ends it early; the session of a silent device lasts until the network notices. */
  endSession(from: number, drawn: number): number {
    const due = this.#findDue();
    if (due <= from || due >= drawn) return drawn;
    return this.#incident?.kind === 'dark' ? due + this.#random.drawBetween(60, 240) * minute : due;
  }

  /** The incident that happens now, between two sessions; undefined if none does. */
  takeIncident(at: number): Incident['kind'] | undefined {
    if (this.#happened || at < this.#findDue()) return undefined;
    this.#happened = true;
    return this.#incident?.kind;
  }

  /** How many more bytes than usual a usage record has. */
  takeSpike(at: number): number {
    if (this.#incident?.kind !== 'spike' || at < this.#incident.at || this.#spikes >= spike.records) return 0;
    this.#spikes += 1;
    return spike.bytes;
  }

  /** When the incident happens; infinity if none is planned or it has already happened. */
  #findDue(): number {
    if (this.#incident === undefined || this.#happened || this.#incident.kind === 'spike') {
      return Number.POSITIVE_INFINITY;
    }
    return this.#incident.kind === 'dark' ? this.#incident.from : this.#incident.at;
  }
}
