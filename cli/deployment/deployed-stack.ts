import type { Access } from './clients.ts';

/** A stack as CloudFormation describes it, and whose it is. */
export interface DeployedStack {
  readonly access: Access;
  readonly name: string;
  /** Its ARN, which no other stack has, not even a later one of the same name. */
  readonly id: string;
  /** CloudFormation's word: `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}
