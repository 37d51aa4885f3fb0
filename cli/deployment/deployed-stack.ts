import type { Access } from './clients.ts';

/** A stack as CloudFormation describes it, and whose it is. */
export interface DeployedStack {
  readonly access: Access;
  readonly name: string;
  /** CloudFormation's word: `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}
