import { expect, test } from 'vitest';
import { checkedLookup, isPrivate } from '../../../src/channels/webhooks/address.ts';

test.each([
  '10.0.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '127.0.0.1',
  '0.0.0.0',
  '100.64.0.1',
  '169.254.169.254',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fec0::1',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  'ff02::1',
  'not an address',
])('%s is no address of the public internet', (address) => {
  expect(isPrivate(address)).toBe(true);
});

test.each(['8.8.8.8', '172.32.0.1', '::ffff:8.8.8.8', '2606:4700:4700::1111'])(
  '%s is',
  (address) => {
    expect(isPrivate(address)).toBe(false);
  },
);

test('a name that leads to a refused address is not connected to', async () => {
  const found = await lookUp('localhost', (address) => !isPrivate(address));
  expect(found).toEqual({ error: 'ADDRESS_REFUSED', addresses: [] });
});

test('the addresses that were checked are those that are connected to', async () => {
  const checked: string[] = [];
  const { error, addresses } = await lookUp('localhost', (address) => {
    checked.push(address);
    return true;
  });
  expect(error).toBeNull();
  expect(addresses).toEqual(checked);
});

function lookUp(
  name: string,
  mayCall: (address: string) => boolean,
): Promise<{ readonly error: string | null; readonly addresses: readonly string[] }> {
  return new Promise((resolve) => {
    checkedLookup(mayCall)(name, { all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      resolve({ error: error?.code ?? null, addresses });
    });
  });
}
