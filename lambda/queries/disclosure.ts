import { isIPv6 } from 'node:net';
import { type PersonalField, personalFields } from '../query-api/parameters.ts';
import { badParameter } from '../query-api/problem.ts';

/** What a deployment gives away of what tells whose a device is and where it is reached. */
export const personalDataSettings = ['never', 'on-request', 'always'] as const;
export type PersonalData = (typeof personalDataSettings)[number];

/** What an answer may show. */
export type Disclosure = ReadonlySet<PersonalField>;

/**
 * What a request's answer shows of IMSI, IP addresses and carriers' own words, which hold both.
 *
 * @throws Problem 400 where the request asks for what the deployment never gives.
 */
export function disclosureOf(setting: PersonalData, asked: readonly PersonalField[] | undefined): Disclosure {
  if (setting === 'never' && asked !== undefined) {
    throw badParameter(
      'Include',
      asked.join(','),
      'nothing: this deployment never answers with personal data',
    );
  }
  if (setting === 'always') return new Set(personalFields);
  return new Set(asked);
}

const ipv4 = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;
const perhapsIpv6 = /[\da-f]*:[\da-f:.]*[\da-f:]/gi;
const mailAddress = /[^\s@'"<>]+@[^\s@'"<>]+\.[\w-]+/g;

/** A carrier's sentence without addresses and without the IMSI, as far as the answer may not show them. */
export function disclosed(text: string, imsi: string | undefined, disclosure: Disclosure): string {
  let shown = text.replace(mailAddress, '…');
  if (!disclosure.has('ip_address')) shown = withoutAddresses(shown);
  if (!disclosure.has('imsi') && imsi !== undefined) shown = shown.replaceAll(imsi, '…');
  return shown;
}

function withoutAddresses(text: string): string {
  return text
    .replace(perhapsIpv6, (found) => {
      // `IP:2001:db8::1` has a colon of the sentence's own.
      const address = found.replace(/^:(?!:)/, '');
      return isIPv6(address) ? `${found.slice(0, found.length - address.length)}…` : found;
    })
    .replace(ipv4, '…');
}
