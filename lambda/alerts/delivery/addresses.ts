import { BlockList, isIP } from 'node:net';

/**
 * Which IP addresses a message may be sent to. The owner of a receiver must not reach what only the function, its host
 * or its network can reach, above all instance metadata.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
 */

/**
 * Never allowed: this host, link-local (including the metadata service), multicast, documentation, unassigned
 * addresses.
 */
const forbidden = makeList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // The metadata service, which is inside the range of private addresses.
  ['fd00:ec2::', 32],
  // Inside the globally routed range: Teredo and other protocols, documentation, 6to4.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]);

/** Allowed only by configuration: loopback, private networks, and those of a provider. */
const internal = makeList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::1', 128],
  ['fc00::', 7],
]);

/** All globally routed IPv6 addresses. */
const globalUnicast = makeList([['2000::', 3]]);

/**
 * Classifies an address. An IPv6 address that represents an IPv4 address is forbidden, because it would be a second
 * name for it.
 */
export function classifyAddress(address: string): 'public' | 'internal' | 'forbidden' {
  const version = isIP(address);
  if (version === 0) return 'forbidden';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  // BlockList treats `::ffff:10.0.0.1` as 10.0.0.1.
  const isMapped = family === 'ipv6' && /^(?:0*:)*:?ffff:/i.test(address);
  if (isMapped || forbidden.check(address, family)) return 'forbidden';
  if (internal.check(address, family)) return 'internal';
  return family === 'ipv4' || globalUnicast.check(address, family) ? 'public' : 'forbidden';
}

function makeList(subnets: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of subnets) {
    list.addSubnet(address, prefix, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
