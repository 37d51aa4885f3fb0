declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Options of dynalite; others keep their defaults. */
  export interface DynaliteOptions {
    /** Folder of the LevelDB store; without it everything is in memory. */
    readonly path?: string;
    /** Milliseconds that a table stays in `CREATING`, `DELETING` and `UPDATING`. */
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }

  /** Makes a server that does not listen yet. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
