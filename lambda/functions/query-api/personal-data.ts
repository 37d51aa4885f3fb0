import { type Disclosure, type PersonalField, personalFields } from '../../queries/disclosure.ts';
import { ParameterError } from '../../queries/errors.ts';

/** What a deployment gives away of what tells whose a device is and where it is reached. */
export const personalDataSettings = ['never', 'on-request', 'always'] as const;
export type PersonalData = (typeof personalDataSettings)[number];

/**
 * What a request's answer shows of IMSI, IP addresses and carriers' own words, which hold both.
 *
 * @throws ParameterError where the request asks for what the deployment never gives.
 */
export function disclose(setting: PersonalData, asked: readonly PersonalField[] | undefined): Disclosure {
  if (setting === 'never' && asked !== undefined) {
    const accepted = 'nothing: this deployment never answers with personal data';
    throw new ParameterError('Include', asked.join(','), accepted);
  }
  if (setting === 'always') return new Set(personalFields);
  return new Set(asked);
}
