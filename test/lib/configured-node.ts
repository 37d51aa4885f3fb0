import { type Node, RootConstruct } from 'constructs';
import { ConfigurationError, readConfiguration } from '../../lib/configuration.ts';
import type { SourceSettings } from '../../lib/settings.ts';

/** The ARN of a key as the configuration takes it. */
export const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** A node with these context values. */
export function nodeWith(context: Record<string, unknown>): Node {
  const { node } = new RootConstruct();
  for (const [name, value] of Object.entries(context)) node.setContext(name, value);
  return node;
}

/** What the user reads when the configuration is wrong. */
export function complaintAbout(simledger: unknown, region?: string): string {
  try {
    readConfiguration(nodeWith({ simledger }), region);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** The settings of a source, from what the configuration says of it. */
export function sourceFrom(source: Record<string, unknown>): SourceSettings | undefined {
  return readConfiguration(nodeWith({ simledger: { sources: [{ name: 'a', ...source }] } })).sources[0];
}
