import type { Alert } from '../../lambda/queries/alerts.ts';

/** The members of an alert that say which SIMs it is about. */
export type AlertSims = Pick<Alert, 'subject' | 'sim' | 'sims' | 'shared_by' | 'shared_value'>;

/** The SIM of an alert, or how many SIMs there are and what they share: `32 SIMs: network 262-02`. */
export function describeAlertSims({
  subject,
  sim,
  sims,
  shared_by: by,
  shared_value: value,
}: AlertSims): string {
  if (sim !== null) return sim;
  const number = `${sims} ${sims === 1 ? 'SIM' : 'SIMs'}`;
  return subject === 'group' ? `${number}: ${by} ${value}` : `${number} wait`;
}
