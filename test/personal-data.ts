import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';

/** Members and columns of carriers' records that are personal: they name a card, a subscription, a device or a user. */
const personal =
  /"(imsi|imsi_imsi|imei|imeisv|endpoint_imei|iccid|sim_iccid|msisdn|msisdn_msisdn|ip_address|ue_ip_address|endpoint_ip_address|username|user_username|user_name)\\?"\s*:\s*\\?"?([^"\\,{}]+)/g;

/** The name of a user, whose member is called like many others. */
const userName = /"user\\?"\s*:\s*\{[^}]*"name\\?"\s*:\s*\\?"([^"\\]+)/g;

/** Values that are personal in the bodies of deliveries: of JSON by its members, of CSV each long number or address. */
export function personalValues(bodies: readonly Uint8Array[]): Set<string> {
  const values = new Set<string>();
  for (const body of bodies) {
    const bytes = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : Buffer.from(body);
    const text = bytes.toString('utf8');
    for (const [, , value = ''] of text.matchAll(personal)) values.add(value.trim());
    for (const [, value = ''] of text.matchAll(userName)) values.add(value);
    if (!text.trimStart().startsWith('{')) {
      for (const [value] of text.matchAll(/\b(\d{14,20}f?|\d{1,3}(\.\d{1,3}){3}|[\w.]+@[\w.]+)\b/g)) {
        values.add(value);
      }
    }
  }
  return new Set([...values].filter((value) => value !== '' && value !== 'null'));
}

/** Fails when a line holds one of the values. */
export function expectNone(values: ReadonlySet<string>, lines: readonly string[]): void {
  const found = lines.flatMap((line) =>
    [...values].filter((value) => line.includes(value)).map((value) => `${value} in ${line}`),
  );
  expect(found).toEqual([]);
}

/**
 * What looks personal, also if it was made up: numbers as long as an IMSI, IMEI or MSISDN of these tests (an ICCID
 * is longer, a time shorter), addresses but those of this machine, users by their addresses and those of the examples.
 */
const looksPersonal =
  /(?<![\w.+-])\+?\d{14,17}f?(?![\w.-])|(?<![\w.])(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|[\w.]+@[\w-]+\.\w+|John Do|Scott Tiger/g;

/** All that looks personal in a line of text. */
export function personalIn(line: string): readonly string[] {
  return line.match(looksPersonal) ?? [];
}
