/** The first message to the engine's process. */
export interface EngineOptions {
  /** Port on 127.0.0.1; 0 for any free port. */
  readonly port: number;
  /** Folder for the tables; without it, they are in memory. */
  readonly dataDirectory?: string;
  /** Tables that clients cannot delete. */
  readonly permanentTables: readonly string[];
}

/** Messages to the engine's process after the first. */
export type EngineOrder = 'stop';

/** The engine's only answer. */
export type EngineMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** For example `EADDRINUSE`, `EACCES` or `LEVEL_LOCKED`. */
      readonly code?: string;
    };
