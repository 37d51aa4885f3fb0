import { describe, expect, it } from 'vitest';
import { findNameClash, sourceAlarms, sourceOutputs, stackAlarms } from '../../lib/source-ids.ts';
import { calledSourceOfEachCarrier, ofType, synthesise, withoutApi } from './synthesised.ts';

/** A camel-case id in the form that a source's name could end in: `WebhookSink` is `webhook-sink`. */
function hyphenated(id: string): string {
  return id
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .replace(/(?<=[A-Z])(?=[A-Z][a-z])/g, '-')
    .toLowerCase();
}

/** `x`, and `x-` with the first words of what is appended to a source's name. */
const awkwardNames = [
  'x',
  ...new Set(
    [...sourceOutputs, ...sourceAlarms, 'Credentials'].flatMap((id) => {
      const words = hyphenated(id).split('-');
      return words.map((_, count) => ['x', ...words.slice(0, count + 1)].join('-'));
    }),
  ),
];

const withEverything = (name: string) => ({ name, carrier: 'twilio', bucket: true, webhook: true });

describe('the ids of sources', () => {
  it.each([
    [['twilio', 'twilio-webhook'], 'SourceTwilioWebhookSink'],
    [['x', 'x-calls'], 'XCallsRefused'],
    [['x', 'x-sink'], 'SourceXSink'],
    [['x', 'x-credentials'], 'SourceXCredentials'],
    [['x', 'x-read'], 'SourceXReadCallbackSecret'],
  ])('of %j clash in %s', (names, id) => {
    expect(findNameClash(names)).toEqual({ names, id });
  });

  it('clash in both orders or in neither', () => {
    for (const name of awkwardNames) {
      const [there, back] = [findNameClash(['x', name]), findNameClash([name, 'x'])];
      expect([name, there?.id !== undefined]).toEqual([name, back?.id !== undefined]);
    }
  });

  it('differ for names that only look alike', () => {
    expect(
      findNameClash(['kore', 'kore-eu', 'kore-us', 'twilio', 'webhook', 'sink', 'calls']),
    ).toBeUndefined();
  });

  it('lead to a stack if the names are not refused', () => {
    const names: string[] = [];
    for (const name of awkwardNames) {
      if (names.length < 7 && findNameClash([...names, name]) === undefined) names.push(name);
    }
    const { outputs } = synthesise(withoutApi({ sources: names.map(withEverything) }));
    expect(Object.keys(outputs).filter((id) => id.endsWith('CallbackURL'))).toHaveLength(7);
  });

  it('of alarms are not alarms of the stack itself', () => {
    const end = new RegExp(`(?:${sourceAlarms.join('|')})$`);
    const names = [...new Set(stackAlarms.map((id) => hyphenated(id.replace(end, ''))))];
    // Everything that has alarms.
    const receivers = [{ name: 'phone', kind: 'pagerduty', secret: 'simledger/pagerduty' }];
    const of = (sources: readonly object[]) => {
      const simledger = {
        otlp: { secret: 'simledger/otlp' },
        retention: { usageDays: 35 },
        receivers,
        sources,
      };
      const stack = synthesise({ simledger });
      return Object.keys(ofType(stack, 'AWS::CloudWatch::Alarm')).map((path) =>
        path.replace('Monitoring/Alarms/', ''),
      );
    };
    const own = of([withEverything('x')]).filter((id) => !id.startsWith('X'));
    expect(own.filter((id) => end.test(id)).sort()).toEqual(stackAlarms);
    expect(of(names.map(withEverything))).toEqual(
      expect.arrayContaining(stackAlarms.flatMap((id) => [id, `Source${id}`])),
    );
  });

  it('are those that the stack has', () => {
    const stack = synthesise(withoutApi({ sources: calledSourceOfEachCarrier }));
    const ends = (ids: readonly string[], name: string) =>
      ids.filter((id) => id.startsWith(name)).map((id) => id.slice(name.length));
    const alarms = Object.keys(ofType(stack, 'AWS::CloudWatch::Alarm')).map((path) =>
      path.replace('Monitoring/Alarms/', ''),
    );
    const names = ['Twilio', 'Kore', '1nce', 'Emnify', 'Telekom'];
    const outputs = Object.keys(stack.outputs);
    expect([...new Set(names.flatMap((name) => ends(outputs, `Source${name}`)))].sort()).toEqual(
      [...sourceOutputs].sort(),
    );
    expect([...new Set(names.flatMap((name) => ends(alarms, name)))].sort()).toEqual(
      [...sourceAlarms].sort(),
    );
  });
});
