/** The first message to the engine's process. */
export interface EngineOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Folder that keeps the tables; without it they are in memory. */
  readonly dataDirectory?: string;
  /** Names of the tables that clients cannot delete. */
  readonly permanentTables: readonly string[];
}

/** Later messages to the engine's process. */
export type EngineOrder = 'stop';

/** What the engine's process answers, once. */
export type EngineMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** `EADDRINUSE`, `EACCES`, `LEVEL_LOCKED`, … */
      readonly code?: string;
    };
