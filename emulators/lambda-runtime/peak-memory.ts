import { readFileSync } from 'node:fs';

/**
 * The largest resident memory of this process so far, in bytes. On Linux, a new process inherits its parent's peak in
 * `maxRSS`, but not in VmHWM.
 */
export function readPeakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}
