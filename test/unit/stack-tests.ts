/** Tests of the stack that the quick suite leaves out, by their files in `test/lib`. */

/** The stack made anew for each key, and simulations of alarms: these take seconds each. */
export const longStackTests: readonly string[] = ['alarm-fleet', 'alarm-series', 'configuration-page'];
/** Security checks and linters, and bundling: these load the CDK in ways of their own. */
export const toolStackTests: readonly string[] = ['checks', 'synth'];
