/** Tests of the stack that the quick suite leaves out, by their files in `test/lib`. */

/** The stack made anew for settings that are seldom changed, and simulations of alarms: these take seconds each. */
export const longStackTests: readonly string[] = [
  'access-logs',
  'alarm-fleet',
  'alarm-series',
  'configuration-page',
  'environment-size',
  'source-ids',
];
/** Security checks and linters, and bundling: these load the CDK in ways of their own. */
export const toolStackTests: readonly string[] = ['checks', 'synth'];
