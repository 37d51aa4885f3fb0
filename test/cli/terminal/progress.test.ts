import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress } from '../../../cli/terminal/progress.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** Everything that is written while progress is updated ten times a second. */
function written(seconds: number, isTTY: boolean, show: (progress: Progress, second: number) => void) {
  const lines: string[] = [];
  const progress = new Progress({ isTTY, write: (text: string) => lines.push(text) }, 'rows', 1);
  for (let tenth = 0; tenth <= seconds * 10; tenth += 1) {
    show(progress, tenth / 10);
    vi.advanceTimersByTime(100);
  }
  return lines;
}

test('progress shows percent, rows a second and the time left, after the first second and then every five', () => {
  const lines = written(12, false, (progress, second) => progress.showShare(second * 1000, second / 200));
  expect(lines).toEqual([
    '  [······························] 0 %, 1,000 rows, 1,000/s, 3 min 19 s left\n',
    '  [█·····························] 3 %, 6,000 rows, 1,000/s, 3 min 14 s left\n',
    '  [██····························] 5 %, 11,000 rows, 1,000/s, 3 min 9 s left\n',
  ]);
});

test('progress redraws one line on a terminal, from the beginning', () => {
  const lines = written(0.2, true, (progress, second) => progress.show(second * 10, 40));
  expect(lines).toEqual([
    '\r\u001b[K  [······························] 0 of 40 rows, 0/s',
    '\r\u001b[K  [█·····························] 1 of 40 rows, 10/s, 4 s left',
    '\r\u001b[K  [██····························] 2 of 40 rows, 10/s, 4 s left',
  ]);
});

test('progress does not show the time left if the total is not known, or nothing is left', () => {
  const [unknown] = written(1, false, (progress) => progress.show(5, undefined));
  expect(unknown).toBe('  5 rows, 5/s\n');
  const [done] = written(1, false, (progress) => progress.showShare(5, 1));
  expect(done).toBe('  [██████████████████████████████] 100 %, 5 rows, 5/s\n');
});

test('progress shows the hours and minutes of a long time', () => {
  const [line] = written(1, false, (progress) => progress.showShare(1, 1 / 7_801));
  expect(line).toMatch(/, 2 h 10 min left\n$/);
});
