/** The words of questions that the command line completes. */

/** Kinds of rows that questions can be about. */
export const exploredKinds = ['usage', 'sessions', 'events', 'findings'] as const;
export type ExploredKind = (typeof exploredKinds)[number];

/** Periods that a question can group by. Weeks begin on Monday. */
export const periods = ['hour', 'day', 'week', 'month'] as const;
export type ExploredPeriod = (typeof periods)[number];
