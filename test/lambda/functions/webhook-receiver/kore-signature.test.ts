import { describe, expect, it } from 'vitest';
import { isSignedByKore } from '../../../../lambda/functions/webhook-receiver/kore-signature.ts';
import { koreSignature, requestWith } from './requests.ts';

const secret = 'a35974bdf1c769b8bb';
const address = 'https://testendpoint.com';

function signed(body: string | Buffer, signature: string) {
  return requestWith(body, { address, headers: { 'kore-signature': signature } });
}

describe('KORE’s signature', () => {
  // docs.korewireless.com/developers/how-to/webhooks/validate-webhook-signatures, example 2.
  const published = 'd21c555b37789cdb9433a85760d326f0c637d5c17676b8dc49918ec629c67d59';
  const publishedBody = '{ "field1": "value1", "field2": "value2"}';

  it('matches the published example, with either secret', () => {
    const request = signed(publishedBody, published);
    expect(isSignedByKore(request, [secret])).toBe(true);
    expect(isSignedByKore(request, ['new', secret])).toBe(true);
  });

  it('does not cover query and fragment', () => {
    const request = { ...signed(publishedBody, published), query: 'a=1' };
    expect(isSignedByKore(request, [secret])).toBe(true);
  });

  it.each([
    ['numbers beyond what JavaScript keeps apart', '[{"id":9007199254740993,"volume":1.000000}]'],
    ['blanks and quotes within texts', '{"a":"b \\"c\\" , { d }","e":"\\\\"}'],
    ['text beyond ASCII', '{"name":"Zähler 7 – Süd"}'],
    ['escapes as they were sent', '{"time":"2024-09-25T19:09:48.5842087\\u002B00:00"}'],
    ['a text alone', '"a b"'],
  ])('is taken of a body that was minified, whatever blanks it came with: %s', (_, minified) => {
    const signature = koreSignature(secret, address, minified);
    const spaced = minified.replace(/^\{/, '{ \n\t').replace(/\}$/, '\r\n }');
    expect(isSignedByKore(signed(minified, signature), [secret])).toBe(true);
    expect(isSignedByKore(signed(spaced, signature), [secret])).toBe(true);
  });

  it('covers the stringified body, whose strings may be escaped differently', () => {
    const signature = koreSignature(secret, address, '{"time":"19:09:48+00:00","place":"Köln/Süd"}');
    const sent = '{ "time": "19:09:48\\u002B00:00", "place": "K\\u00f6ln\\/S\\u00fcd" }';
    expect(isSignedByKore(signed(sent, signature), [secret])).toBe(true);
  });

  it.each([
    ['a number with a trailing zero', '[{ "lat": -81.8090, "lon": 10.0 }]', '[{"lat":-81.809,"lon":10}]'],
    ['a number with an exponent', '{"a": 1.0E+2, "b": -0.0, "c": 1e-7}', '{"a":100,"b":0,"c":1e-7}'],
    [
      'texts and numbers',
      '{ "time": "19:09:48\\u002B00:00", "a": 0.50 }',
      '{"time":"19:09:48+00:00","a":0.5}',
    ],
    ['a number alone', ' 1.50 ', '1.5'],
  ])('covers a body that was stringified as a whole: %s', (_, sent, stringified) => {
    expect(JSON.stringify(JSON.parse(sent))).toBe(stringified);
    const request = signed(sent, koreSignature(secret, address, stringified));
    expect(isSignedByKore(request, [secret])).toBe(true);
    expect(isSignedByKore(request, ['new', secret])).toBe(true);
    expect(isSignedByKore(request, ['another'])).toBe(false);
  });

  it('must cover the body as sent if it has too many levels to stringify', () => {
    const body = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(isSignedByKore(signed(body, published), [secret])).toBe(false);
    expect(isSignedByKore(signed(body, koreSignature(secret, address, body)), [secret])).toBe(true);
  });

  it.each([
    ['none, as of an account without a secret', signed(publishedBody, '')],
    ['in capitals', signed(publishedBody, published.toUpperCase())],
    ['of another body', signed('{"field1":"value1","field2":"value3"}', published)],
    ['of a number that JavaScript rounds to the same', numberAltered()],
    ['of another address', { ...signed(publishedBody, published), address: `${address}/` }],
    ['of another method', { ...signed(publishedBody, published), method: 'PUT' }],
  ])('is refused: %s', (_, request) => {
    expect(isSignedByKore(request, [secret])).toBe(false);
  });

  it('is refused for a body that is not JSON, because a plain hash can be extended without the secret', () => {
    for (const body of ['field1=value1', '{"a":1}\u0080\u0000\u0000more', '']) {
      expect(isSignedByKore(signed(body, koreSignature(secret, address, body)), [secret])).toBe(false);
    }
    const noText = Buffer.from([0x22, 0x80, 0x22]);
    const asText = koreSignature(secret, address, noText.toString('utf8'));
    expect(isSignedByKore(signed(noText, asText), [secret])).toBe(false);
  });

  function numberAltered() {
    return signed('{"id":9007199254740992}', koreSignature(secret, address, '{"id":9007199254740993}'));
  }
});
