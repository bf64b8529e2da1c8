import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** `code` of the error that a refused address ends in. */
export const refusedAddress = 'ADDRESS_REFUSED';

const loopback = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);

/**
 * What the public internet does not route (IANA's special-purpose registries): our own networks, link-local
 * with the clouds' metadata services, and IPv6 forms that carry an IPv4 address past this list.
 */
const notPublic = blockList([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 32],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
]);

/** True for an address of this host. */
export function isLoopback(address: string): boolean {
  return isIn(loopback, address);
}

/** True for an address that is not of the public internet; for what is no address, too. */
export function isPrivate(address: string): boolean {
  return isIP(address) === 0 || isIn(notPublic, address);
}

/**
 * Resolves a name for a connection and lets only addresses through that may be called. The connection is
 * made to what was checked here: a name that answers differently the next moment (DNS rebinding) gains
 * nothing. One refused address refuses the name.
 */
export function checkedLookup(mayCall: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const refused = error === null ? found.find(({ address }) => !mayCall(address)) : undefined;
      const [first] = found ?? [];
      if (error !== null || first === undefined || refused !== undefined) {
        callback(error ?? addressError(hostname, refused), []);
      } else if (options.all === true) {
        callback(null, found);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}

function addressError(hostname: string, refused: LookupAddress | undefined): Error {
  const why = refused === undefined ? 'no address' : `the address ${refused.address}`;
  return Object.assign(new Error(`${hostname} has ${why}`), { code: refusedAddress });
}

function isIn(addresses: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && addresses.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const made = new BlockList();
  for (const [address, prefix] of subnets) {
    made.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return made;
}
