import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../lib/configuration.ts';
import { countEnvironmentBytes } from '../../lib/environment-size.ts';
import { appWith, synthesise, withoutApi } from './synthesised.ts';

function sourcesNamed(count: number, nameLength: number) {
  return Array.from({ length: count }, (_, index) => ({
    name: `s${index}-`.padEnd(nameLength, 'x'),
    carrier: 'kore',
    bucket: true,
    webhook: true,
  }));
}

describe('a function’s environment', () => {
  it('is refused before it is deployed if Lambda would refuse it', () => {
    const context = { ...withoutApi({ sources: sourcesNamed(10, 32) }), stackName: 's'.repeat(118) };
    const message =
      /^simledger\.sources: the environment of the function KinesisConsumer may take \d{4} bytes with these sources; accepted are 4096 bytes/;
    expect(() => synthesise(context)).toThrow(
      expect.toSatisfy((error) => error instanceof ConfigurationError && message.test(error.message)),
    );
  });

  it('is refused for what takes the most of it', () => {
    const rules = Array.from({ length: 30 }, (_, index) => `rule-${index}`);
    const receivers = (names: readonly string[] | undefined) =>
      Array.from({ length: 20 }, (_, index) => ({
        ...{ name: `r${index}`, kind: 'slack', secret: 'simledger/slack', rules: names },
      }));
    const blocked = rules.map((name) => ({ name, kind: 'blocked' }));
    expect(() =>
      synthesise(withoutApi({ alerts: { rules: blocked }, receivers: receivers(undefined) })),
    ).toThrow(/^simledger\.alerts\.rules: the environment of the function Sweeper may take \d{4} bytes/);
    expect(() =>
      synthesise(
        withoutApi({ alerts: { rules: blocked.slice(0, 9) }, receivers: receivers(rules.slice(0, 9)) }),
      ),
    ).toThrow(/^simledger\.receivers: the environment of the function Sweeper may take \d{4} bytes/);
  });

  it('holds as many sources with short names as fit', () => {
    expect(Object.keys(synthesise(withoutApi({ sources: sourcesNamed(8, 5) })).outputs)).not.toEqual([]);
  });

  it('counts references with the longest text that they can become', () => {
    const { stack } = appWith(withoutApi({ sources: sourcesNamed(1, 5) }));
    const [table] = stack.node.findAll().filter(({ node }) => node.path.endsWith('Storage/Usage'));
    if (table === undefined || !('tableName' in table)) throw new Error('The stack has no table Usage');
    const name = String(table.tableName);
    const bytes = countEnvironmentBytes(stack, { USAGE_TABLE: name });
    const deployed = 'USAGE_TABLE'.length + 'simledger-StorageUsage4F9CD4CA-1ABCDEFGHIJKL'.length;
    expect(bytes).toBeGreaterThanOrEqual(deployed);
    expect(countEnvironmentBytes(stack, { USAGE_TABLE: name, plain: 'ä' }) - bytes).toBe('plain'.length + 2);
  });
});
