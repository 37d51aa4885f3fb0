import { type Disclosure, type PersonalField, personalFields } from '../../queries/disclosure.ts';
import { ParameterError } from '../../queries/errors.ts';

/** Whether a deployment's responses show personal data: IMSI and IP addresses. */
export const personalDataSettings = ['never', 'on-request', 'always'] as const;
export type PersonalData = (typeof personalDataSettings)[number];

/**
 * Which personal fields a response shows: IMSI, IP addresses, and carriers' original texts, which may contain both.
 *
 * @throws ParameterError if the request asks for a field that the deployment never shows.
 */
export function disclose(setting: PersonalData, asked: readonly PersonalField[] | undefined): Disclosure {
  if (setting === 'never' && asked !== undefined) {
    const accepted = 'nothing: this deployment never answers with personal data';
    throw new ParameterError('Include', asked.join(','), accepted);
  }
  if (setting === 'always') return new Set(personalFields);
  return new Set(asked);
}
