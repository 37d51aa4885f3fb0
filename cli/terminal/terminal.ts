import pc from 'picocolors';
import type { ProgressOutput } from '../../local/progress.ts';

/** One of a process's outputs. */
export interface Output extends ProgressOutput {
  /** Characters that a line has room for, on a terminal. */
  readonly columns?: number;
  /** Tells when there is room again, after `write` has answered false. */
  once?(event: 'drain', listener: () => void): unknown;
}

/** Where a command line is typed and answered. */
export interface Terminal {
  /** For results. */
  readonly out: Output;
  /** For progress and what is wrong. */
  readonly err: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The process's own. */
export function processTerminal(): Terminal {
  return { out: process.stdout, err: process.stderr, env: process.env, now: Date.now };
}

export type Colours = ReturnType<typeof pc.createColors>;

/** Colours for results: only on a terminal, and not where `NO_COLOR` is set (no-color.org). */
export function chooseColours({ out, env }: Terminal): Colours {
  return pc.createColors(out.isTTY === true && (env['NO_COLOR'] ?? '') === '');
}
