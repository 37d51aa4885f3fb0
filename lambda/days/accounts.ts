/** Whether a key is an account's: its events name no SIM. */
export function isAccount(sim: string): boolean {
  return sim.startsWith('account:');
}
