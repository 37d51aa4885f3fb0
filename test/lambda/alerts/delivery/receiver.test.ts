import { expect, test } from 'vitest';
import { chooseReceivers } from '../../../../lambda/alerts/delivery/receiver.ts';
import { type Severity, severities } from '../../../../lambda/alerts/rules.ts';

const receivers = [
  { name: 'log', minimumSeverity: 'info', rules: undefined },
  { name: 'chat', minimumSeverity: 'warning', rules: undefined },
  { name: 'phone', minimumSeverity: 'critical', rules: undefined },
  { name: 'team', minimumSeverity: 'warning', rules: ['silent-24h', 'loop'] },
] as const;

function chooseFor(name: string, severity: Severity): string[] {
  return chooseReceivers(receivers, { name, severity, version: '1', kind: 'silent' });
}

test('an episode is sent to the receivers of its severity and rule', () => {
  expect(severities.map((severity) => [severity, chooseFor('silent-24h', severity)])).toEqual([
    ['info', ['log']],
    ['warning', ['log', 'chat', 'team']],
    ['critical', ['log', 'chat', 'phone', 'team']],
  ]);
  expect(chooseFor('country', 'critical')).toEqual(['log', 'chat', 'phone']);
});
