import { printCanonical } from './digest.ts';
import type { Episode, EpisodeWrite, Slot, StoredEpisode } from './episode.ts';

/**
 * Plans the writes from the stored state to the desired one, in an order that is safe if a crash interrupts it or
 * another sweep does the same.
 *
 * An episode changes only in its slot, on condition of its revision, so one of two sweeps fails. Only then does it
 * move, unchanged, to its new slot: it is put there first and leaves its mark afterwards. An unfinished move is
 * completed before the episode changes.
 */
export function planWrites(stored: readonly StoredEpisode[], next: readonly Episode[]): EpisodeWrite[] {
  const plan = new Plan(stored);
  plan.moveAll();
  for (const episode of next) {
    const before = plan.find(episode.id);
    if (before === undefined || isSameEpisode(before.episode, episode)) continue;
    plan.put(before.slot, { ...episode, revision: episode.revision + 1 });
  }
  plan.moveAll();
  // There is a mark of an episode that was not found, because it began during the read. The next sweep reads it.
  if (!plan.isReadWhole) return plan.writes;
  const created = next.filter(({ id }) => plan.find(id) === undefined);
  for (const episode of created.toSorted((a, b) => Number(a.state === 'open') - Number(b.state === 'open'))) {
    plan.begin(episode);
    plan.moveAll();
  }
  return plan.writes;
}

/** The writes, and what is stored after each of them. */
class Plan {
  readonly writes: EpisodeWrite[] = [];
  #live: Episode | undefined;
  #liveMark: Episode | undefined;
  readonly #history: Map<string, Episode>;
  readonly #historyMarks: Map<string, Episode>;

  constructor(stored: readonly StoredEpisode[]) {
    const find = (from: Slot, isMark: boolean): Episode[] =>
      stored
        .filter(({ slot, hasLeft = false }) => slot === from && hasLeft === isMark)
        .map(({ episode }) => episode);
    [this.#live] = find('live', false);
    [this.#liveMark] = find('live', true);
    this.#history = new Map(find('history', false).map((episode) => [episode.id, episode]));
    this.#historyMarks = new Map(find('history', true).map((episode) => [episode.id, episode]));
  }

  get isLiveFree(): boolean {
    return this.#live === undefined;
  }

  get isReadWhole(): boolean {
    return this.#liveMark === undefined || this.find(this.#liveMark.id) !== undefined;
  }

  /** The latest state of an episode, and its slot. */
  find(id: string): StoredEpisode | undefined {
    const past = this.#history.get(id);
    const live = this.#live?.id === id ? this.#live : undefined;
    if (live !== undefined && live.revision >= (past?.revision ?? 0)) return { slot: 'live', episode: live };
    return past && { slot: 'history', episode: past };
  }

  /**
   * Begins an episode in the live slot, even if it has already ended. All episodes begin there, on condition of the
   * slot's content, so one of two sweeps fails, whatever each of them knows. The live episode is moved aside, and back
   * afterwards.
   */
  begin(episode: Episode): void {
    if (this.#live !== undefined) {
      const aside = { ...this.#live, revision: this.#live.revision + 1 };
      this.put('live', aside);
      this.put('history', aside);
      this.#leave('live', aside);
    }
    this.put('live', { ...episode, revision: 1 });
  }

  put(slot: Slot, episode: Episode): void {
    const mark = slot === 'live' ? this.#liveMark : this.#historyMarks.get(episode.id);
    const { id = episode.id, revision: replaces } = this.#findStanding(slot, episode.id) ?? mark ?? {};
    const other = id === episode.id ? {} : { replacesId: id };
    this.writes.push({ action: 'put', slot, episode, replaces, ...other });
    if (slot === 'live') this.#live = episode;
    else this.#history.set(episode.id, episode);
  }

  /**
   * Moves episodes that are not where they belong: first those that leave the live slot, then the one that enters it.
   */
  moveAll(): void {
    if (this.#live !== undefined) this.#move(this.#live.id);
    for (const id of [...this.#history.keys()]) this.#move(id);
  }

  #move(id: string): void {
    const current = this.find(id);
    if (current === undefined) return;
    const { slot, episode } = current;
    const other = slot === 'live' ? 'history' : 'live';
    const copy = this.#findStanding(other, id);
    const isCopied = copy?.revision === episode.revision;
    const belongs = episode.state === 'open' ? 'live' : 'history';
    if (slot === belongs) {
      if (copy !== undefined) this.#leave(other, copy);
    } else if (belongs === 'history' || copy !== undefined || this.isLiveFree) {
      if (!isCopied) this.put(belongs, episode);
      this.#leave(slot, episode);
    }
  }

  #findStanding(slot: Slot, id: string): Episode | undefined {
    if (slot === 'history') return this.#history.get(id);
    return this.#live?.id === id ? this.#live : undefined;
  }

  #leave(slot: Slot, episode: Episode): void {
    this.writes.push({ action: 'leave', slot, episode, replaces: episode.revision });
    if (slot === 'live') {
      this.#live = undefined;
      this.#liveMark = episode;
    } else {
      this.#history.delete(episode.id);
      this.#historyMarks.set(episode.id, episode);
    }
  }
}

/** Whether two states of an episode differ only in the watermark, which alone is not a reason to write. */
function isSameEpisode(a: Episode, b: Episode): boolean {
  return printCanonical({ ...a, watermark: 0 }) === printCanonical({ ...b, watermark: 0 });
}
