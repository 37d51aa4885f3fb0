/** How a command ends; `docs/cli.md` explains each. */
export const exitCode = {
  /** What was asked for was done. */
  done: 0,
  /** It was done, and something needs a look: records that were not taken in, a check that failed, nothing found. */
  attention: 1,
  /** The command line can not be understood. */
  wrongUse: 2,
  /** The deployment was not found or not reached, or does not permit it. */
  unreachable: 3,
  /** Ended by Ctrl-C; what was done so far stays done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
