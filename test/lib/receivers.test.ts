import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { configurationKey, readConfiguration } from '../../lib/configuration.ts';
import { receivers } from '../../lib/receivers.ts';

const busArn = 'arn:aws:events:eu-central-1:123456789012:event-bus/alerts';
const topicArn = 'arn:aws:sns:eu-central-1:123456789012:alerts';
const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:pagerduty-AbCdEf';

/** What is said of receivers that are not accepted: the key, and what is accepted. */
function complaintsAbout(given: unknown): [path: string, accepted: string][] {
  const { error } = receivers.safeParse(given);
  return (error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]);
}

test('without receivers alerts go to the address of alarms, by a topic, or to nobody without one', () => {
  const told = (simledger: object) =>
    readConfiguration(new App({ context: { [configurationKey]: simledger } }).node).receivers;
  expect(told({})).toEqual([]);
  expect(told({ alarmEmail: 'operations@example.com' })).toEqual([
    { name: 'alarm-email', kind: 'topic', arn: undefined, minimumSeverity: 'info', rules: undefined },
  ]);
  expect(told({ alarmEmail: 'operations@example.com', receivers: [] })).toEqual([]);
});

test('a receiver of an unknown rule is refused with the names of the rules', () => {
  const simledger = { receivers: [{ name: 'programs', kind: 'bus', rules: ['silent', 'silnt'] }] };
  expect(() => readConfiguration(new App({ context: { [configurationKey]: simledger } }).node)).toThrow(
    'simledger.receivers[0].rules[1]: "silnt" given; accepted is the name of a rule: silent, attach-loop, device-changed, session-failures, source',
  );
});

test('receivers of every kind are accepted, and what is left out has its default', () => {
  const parsed = receivers.parse([
    { name: 'pager', kind: 'pagerduty', secret: secretArn, minimumSeverity: 'critical' },
    { name: 'chat', kind: 'slack', secret: 'simledger/slack', rules: ['silent-24h'] },
    { name: 'hook', kind: 'webhook', secret: 'hook' },
    { name: 'inside', kind: 'webhook', secret: 'hook', allowPrivateAddresses: true },
    { name: 'bus', kind: 'bus', arn: busArn },
    { name: 'own-bus', kind: 'bus' },
    { name: 'topic', kind: 'topic', arn: topicArn },
  ]);
  const subscription = { minimumSeverity: 'info', rules: undefined };
  expect(parsed).toEqual([
    { ...subscription, name: 'pager', kind: 'pagerduty', secret: secretArn, minimumSeverity: 'critical' },
    { ...subscription, name: 'chat', kind: 'slack', secret: 'simledger/slack', rules: ['silent-24h'] },
    { ...subscription, name: 'hook', kind: 'webhook', secret: 'hook', allowPrivateAddresses: false },
    { ...subscription, name: 'inside', kind: 'webhook', secret: 'hook', allowPrivateAddresses: true },
    { ...subscription, name: 'bus', kind: 'bus', arn: busArn },
    { ...subscription, name: 'own-bus', kind: 'bus', arn: undefined },
    { ...subscription, name: 'topic', kind: 'topic', arn: topicArn },
  ]);
});

describe('a receiver is refused with what is accepted', () => {
  const hook = { name: 'hook', kind: 'webhook', secret: 'hook' };
  const secretName =
    'the name or ARN of a secret in Secrets Manager, such as simledger/pagerduty, which holds addresses and keys';
  const ruleList =
    'a list of at least one rule by its name; without it, the receiver gets alerts of all rules';

  test.each([
    ['name', { ...hook, name: 'My Hook' }, '1 to 32 lower-case letters, digits and hyphens'],
    ['kind', { ...hook, kind: 'mail' }, 'one of webhook, pagerduty, slack, bus, topic'],
    ['secret', { ...hook, secret: undefined }, secretName],
    ['secret', { ...hook, secret: 'https://hooks.slack.com/services/T0/B0/x' }, secretName],
    ['arn', { ...hook, arn: busArn }, 'nothing: the secret of a webhook receiver holds its address'],
    ['minimumSeverity', { ...hook, minimumSeverity: 'high' }, 'one of info, warning, critical'],
    ['rules', { ...hook, rules: [] }, ruleList],
    ['rules', { ...hook, rules: 'silent' }, ruleList],
    ['rules.0', { ...hook, rules: [1] }, ruleList],
    ['allowPrivateAddresses', { ...hook, allowPrivateAddresses: 'yes' }, 'true or false'],
    [
      'allowPrivateAddresses',
      { name: 'chat', kind: 'slack', secret: 'slack', allowPrivateAddresses: true },
      'nothing: only a webhook may be private',
    ],
    ['secret', { name: 'bus', kind: 'bus', secret: 'bus' }, 'nothing: a bus is reached by permission'],
    [
      'arn',
      { name: 'bus', kind: 'bus', arn: topicArn },
      'the ARN of an EventBridge bus; without it, the stack creates one',
    ],
    [
      'arn',
      { name: 'topic', kind: 'topic', arn: `${topicArn}.fifo` },
      'the ARN of an SNS topic that is not FIFO; without it, the stack creates one',
    ],
  ])('%s of %j: %s', (path, given, accepted) => {
    expect(complaintsAbout([given])).toEqual([[`0.${path}`, accepted]]);
  });

  test('that has an unknown key', () => {
    const keys = 'name, kind, secret, arn, minimumSeverity, rules, allowPrivateAddresses';
    expect(complaintsAbout([{ ...hook, url: 'https://example.com' }])).toEqual([
      ['0', `an object with the keys ${keys}`],
    ]);
  });

  test('whose name another one has', () => {
    expect(complaintsAbout([hook, { ...hook, secret: 'other' }])).toEqual([
      ['1.name', 'a name that no other receiver has: undelivered messages are stored under it'],
    ]);
  });

  test('if there are too many, or it is not a list', () => {
    const many = Array.from({ length: 21 }, (_, index) => ({ ...hook, name: `hook-${index}` }));
    const list = 'a list of at most 20 receivers';
    expect([complaintsAbout(many), complaintsAbout(hook)]).toEqual([[['', list]], [['', list]]]);
  });
});
