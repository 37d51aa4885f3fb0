import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classifyAddress } from '../../../../lambda/alerts/delivery/addresses.ts';
import { runs } from '../../../records/runs.ts';

test.each([
  ['public', ['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.0', '100.63.255.255', '192.167.255.255']],
  [
    'public',
    ['223.255.255.255', '198.17.255.255', '2606:4700::1111', '2a00:1450:4001::1', '2001:4860::8888'],
  ],
  ['internal', ['10.0.0.1', '127.0.0.1', '127.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.1.1']],
  ['internal', ['100.64.0.1', '::1', 'fd12:3456::1', 'fc00::1', '0:0:0:0:0:0:0:1']],
  ['forbidden', ['169.254.169.254', '169.254.170.2', '0.0.0.0', '255.255.255.255', '224.0.0.1', '240.0.0.1']],
  ['forbidden', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '192.0.0.8']],
  ['forbidden', ['fd00:ec2::254', 'fe80::1', 'ff02::1', '::', '2001:db8::1', '2002:a00:1::', '2001::1']],
  // Other notations of IPv4 addresses.
  ['forbidden', ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '0:0:0:0:0:ffff:a9fe:a9fe']],
  ['forbidden', ['::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1']],
  ['forbidden', ['', 'localhost', '010.0.0.1', '1.2.3', '8.8.8.8 ', 'fe80::1%eth0']],
] as const)('%s are %j', (kind, addresses) => {
  expect(addresses.map((address) => [address, classifyAddress(address)])).toEqual(
    addresses.map((address) => [address, kind]),
  );
});

test('a private IPv4 address is not public in IPv6 notation', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
      const names = [`::ffff:${address}`, `::ffff:${hex}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`];
      expect(names.filter((name) => classifyAddress(name) === 'public')).toEqual([]);
    }),
    runs(200),
  );
});
