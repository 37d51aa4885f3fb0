declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** dynalite's options that we set. */
  export interface DynaliteOptions {
    /** Folder of the LevelDB database; without it, everything is in memory. */
    readonly path?: string;
    /** How many milliseconds a table stays in `CREATING`, `DELETING` or `UPDATING`. */
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }

  /** Creates a server that is not listening yet. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
