import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../lib/configuration.ts';
import { environmentBytes } from '../../lib/environment-size.ts';
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
    const context = withoutApi({ sources: sourcesNamed(10, 32) });
    expect(() => synthesise({ ...context, stackName: 's'.repeat(128) })).toThrow(ConfigurationError);
    expect(() => synthesise({ ...context, stackName: 's'.repeat(128) })).toThrow(
      /^simledger\.sources: the environment of the function KinesisConsumer may take \d{4} bytes with these sources; accepted is what takes 4096/,
    );
  });

  it('holds as many sources with short names as fit', () => {
    expect(Object.keys(synthesise(withoutApi({ sources: sourcesNamed(8, 5) })).outputs)).not.toEqual([]);
  });

  it('counts references with the longest text that they can become', () => {
    const { stack } = appWith(withoutApi({ sources: sourcesNamed(1, 5) }));
    const [table] = stack.node.findAll().filter(({ node }) => node.path.endsWith('Storage/Usage'));
    if (table === undefined || !('tableName' in table)) throw new Error('The stack has no table Usage');
    const name = String(table.tableName);
    const bytes = environmentBytes(stack, { USAGE_TABLE: name });
    const deployed = 'USAGE_TABLE'.length + 'simledger-StorageUsage4F9CD4CA-1ABCDEFGHIJKL'.length;
    expect(bytes).toBeGreaterThanOrEqual(deployed);
    expect(environmentBytes(stack, { USAGE_TABLE: name, plain: 'ä' }) - bytes).toBe('plain'.length + 2);
  });
});
