import { describe, expect, test } from 'vitest';
import { findMute, identifyMute, type Mute, type MuteScope } from '../../../lambda/alerts/mutes.ts';
import { formatTime } from '../../../lambda/ledger/time.ts';

const nothing: MuteScope = { rule: undefined, sim: undefined, source: undefined };

function mute(scope: Partial<MuteScope>, until: number): Mute {
  const whole = { ...nothing, ...scope };
  return {
    ...whole,
    id: identifyMute(whole),
    until: formatTime(until),
    reason: undefined,
    createdAt: formatTime(0),
  };
}

const episode = { rule: 'silent', sim: '89882', source: 'kore' };

describe('a mute', () => {
  test('holds back alerts that match all its values, until it ends', () => {
    const cases: [Partial<MuteScope>, boolean][] = [
      [{ rule: 'silent' }, true],
      [{ sim: '89882' }, true],
      [{ source: 'kore' }, true],
      [{ rule: 'silent', sim: '89882', source: 'kore' }, true],
      [{ rule: 'loops' }, false],
      [{ rule: 'silent', sim: '8988' }, false],
      [{ rule: 'silent', source: 'emnify' }, false],
    ];
    for (const [scope, isMuted] of cases) {
      const one = mute(scope, 100);
      expect(findMute([one], episode, 99)).toEqual(isMuted ? one : undefined);
      expect(findMute([one], episode, 100)).toBeUndefined();
    }
  });

  test('that ends last is in force', () => {
    const [short, long] = [mute({ rule: 'silent' }, 100), mute({ sim: '89882' }, 200)];
    expect(findMute([short, long], episode, 50)).toEqual(long);
    expect(findMute([long, short], episode, 50)).toEqual(long);
  });

  test('has one id for each scope', () => {
    const scopes: Partial<MuteScope>[] = [
      { rule: 'a' },
      { sim: 'a' },
      { source: 'a' },
      { rule: 'a', sim: 'a' },
    ];
    const ids = scopes.map((scope) => identifyMute({ ...nothing, ...scope }));
    expect(new Set(ids).size).toBe(scopes.length);
    expect(ids.every((id) => /^[0-9a-f]{12}$/.test(id))).toBe(true);
  });
});
