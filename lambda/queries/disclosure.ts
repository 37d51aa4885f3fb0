import { isIPv6 } from 'node:net';

/** Personal data that responses omit unless it is requested. */
export const personalFields = ['imsi', 'ip_address', 'detail'] as const;
export type PersonalField = (typeof personalFields)[number];

/** Personal fields that a response may show. */
export type Disclosure = ReadonlySet<PersonalField>;

const ipv4 = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;
const perhapsIpv6 = /[\da-f]*:[\da-f:.]*[\da-f:]/gi;
const mailAddress = /[^\s@'"<>]+@[^\s@'"<>]+\.[\w-]+/g;

/** A carrier's sentence without the addresses and the IMSI that the response must not show. */
export function redactText(text: string, imsi: string | undefined, disclosure: Disclosure): string {
  let shown = text.replace(mailAddress, '…');
  if (!disclosure.has('ip_address')) shown = redactAddresses(shown);
  if (!disclosure.has('imsi') && imsi !== undefined) shown = shown.replaceAll(imsi, '…');
  return shown;
}

function redactAddresses(text: string): string {
  return text
    .replace(perhapsIpv6, (found) => {
      // In `IP:2001:db8::1` the first colon belongs to the sentence.
      const address = found.replace(/^:(?!:)/, '');
      return isIPv6(address) ? `${found.slice(0, found.length - address.length)}…` : found;
    })
    .replace(ipv4, '…');
}
