import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatPublicKey, parsePublicKey } from '../../src/approval/ssh/ssh-key.ts';
import { readWire, wireString, wireUint32 } from '../../src/approval/ssh/ssh-wire.ts';
import {
  armor,
  assembleSshsig,
  dearmor,
  type SshsigInput,
  verifySshsig,
} from '../../src/approval/ssh/sshsig.ts';
import { ecdsaAuthenticator, ed25519Authenticator } from '../support/authenticator.ts';

const folder = join(import.meta.dirname, '../fixtures/vectors/sshsig');
const namespace = read('namespace').toString();
const message = read('signed-data');
const vectors = ['ed25519', 'ecdsa', 'rsa', 'ed25519_sk', 'ecdsa_sk_webauthn'];

describe.each(vectors)("OpenSSH's vector %s", (name) => {
  const armored = read(`${name}.sig`).toString();
  const signature = dearmor(armored);
  const input = { signature, message, namespace };

  test('verifies, and names its own key', () => {
    const line = read(`${name}.pub`).toString();
    expect(verifySshsig(input).publicKey).toBe(formatPublicKey(parsePublicKey(line)));
  });

  test('is refused with any one byte changed', () => {
    for (let at = 0; at < signature.length; at++) {
      const bent = Buffer.from(signature);
      bent[at] = (bent[at] ?? 0) ^ 1;
      expect(() => verifySshsig({ ...input, signature: bent }), `byte ${at}`).toThrow(
        expect.objectContaining({ code: 'E_APPROVAL_SIG' }),
      );
    }
  });

  test('is refused when cut off anywhere, and with a byte more', () => {
    for (let length = 0; length < signature.length; length++) {
      expect(refusal({ ...input, signature: signature.subarray(0, length) })).toBeDefined();
    }
    const longer = Buffer.concat([signature, Buffer.alloc(1)]);
    expect(refusal({ ...input, signature: longer })).toMatch('1 bytes too many');
  });

  test('is refused for another message and in another namespace', () => {
    expect(refusal({ ...input, message: Buffer.from('another') })).toMatch(
      /does not fit|client data for another challenge/,
    );
    expect(refusal({ ...input, namespace: 'approval@runbook/v1' })).toMatch(
      'was made for `unittest`, not for `approval@runbook/v1`',
    );
  });

  test('is armoured to the byte as OpenSSH did it', () => {
    expect(armor(signature)).toBe(armored);
  });
});

test('a touch and a PIN are seen only on hardware', () => {
  const evidence = (name: string) =>
    verifySshsig({ signature: dearmor(read(`${name}.sig`).toString()), message, namespace });
  expect(evidence('ed25519')).toMatchObject({
    presence: false,
    verified: false,
    application: null,
  });
  expect(evidence('ed25519_sk')).toMatchObject({
    presence: true,
    verified: false,
    application: 'ssh:',
    origin: null,
  });
  expect(evidence('ecdsa_sk_webauthn')).toMatchObject({
    presence: true,
    application: 'mindrot.org',
    origin: 'https://www.mindrot.org',
  });
});

describe.each([
  ['ed25519', ed25519Authenticator('ssh:')],
  ['ecdsa', ecdsaAuthenticator('ssh:')],
])('a security key with %s', (_name, authenticator) => {
  test.each([
    [0x00, false, false],
    [0x01, true, false],
    [0x04, false, true],
    [0x05, true, true],
  ])('tells touch and PIN by its flags %i', (flags, presence, verified) => {
    const signature = authenticator.touch({ namespace, message, flags });
    expect(verifySshsig({ signature, message, namespace })).toEqual({
      publicKey: authenticator.publicKey,
      presence,
      verified,
      application: 'ssh:',
      origin: null,
    });
  });
});

describe('a passkey', () => {
  const passkey = ecdsaAuthenticator('example.org');
  const page = { namespace, message, flags: 5, origin: 'https://runbook.example.org' };

  test('signs on a page of its rpId', () => {
    const signature = passkey.approveOn(page);
    expect(verifySshsig({ signature, message, namespace })).toMatchObject({
      publicKey: passkey.publicKey,
      presence: true,
      verified: true,
      origin: page.origin,
    });
  });

  test('signs with extensions where its flags announce them', () => {
    const extensions = Buffer.from([0xa0]);
    const announced = passkey.approveOn({ ...page, flags: 0x85, extensions });
    expect(verifySshsig({ signature: announced, message, namespace }).verified).toBe(true);
    const silent = passkey.approveOn({ ...page, extensions });
    expect(refusal({ signature: silent, message, namespace })).toMatch('flags');
    const empty = passkey.approveOn({ ...page, flags: 0x85 });
    expect(refusal({ signature: empty, message, namespace })).toMatch('flags');
  });

  test('never signs as an attestation', () => {
    const signature = passkey.approveOn({ ...page, flags: 0x45 });
    expect(refusal({ signature, message, namespace })).toMatch('flags');
  });

  test.each([
    'https://example.org.evil.net',
    'https://evilexample.org',
    'http://runbook.example.org',
    'https://runbook.example.org/',
    'https://RUNBOOK.example.org',
    'https://example.org@evil.net',
    'example.org',
    '',
  ])('does not count when used on `%s`', (origin) => {
    const signature = passkey.approveOn({ ...page, origin });
    expect(refusal({ signature, message, namespace })).toMatch('is not a page of `example.org`');
  });

  test.each<[string, (text: string) => string]>([
    ['another challenge', (text) => text.replace(/"challenge":"./, '"challenge":"_')],
    ['the making of a key', (text) => text.replace('webauthn.get', 'webauthn.create')],
    ['another page inside', (text) => text.replace('runbook.', 'other.')],
    ['a second challenge in front', (text) => text.replace('{', '{"challenge":"x",')],
    ['an origin that goes on', (text) => text.replace('org","cross', 'org.evil","cross')],
    ['nothing after the origin', (text) => text.slice(0, text.indexOf(',"crossOrigin'))],
  ])('does not count with client data that holds %s', (_name, clientData) => {
    const signature = passkey.approveOn({ ...page, clientData });
    expect(refusal({ signature, message, namespace })).toMatch('another challenge or page');
  });

  test('counts where an older browser says nothing of frames', () => {
    const clientData = (text: string): string => text.replace(',"crossOrigin":false', '');
    const signature = passkey.approveOn({ ...page, clientData });
    expect(verifySshsig({ signature, message, namespace }).origin).toBe(page.origin);
  });

  test.each([
    ['in a second way', ',"crossOrigin": true'],
    ['behind another word', ',"other":1,"crossOrigin":true'],
    ['not as a word', ',"crossOrigin":falsehood'],
  ])('does not count where that is said %s', (_how, said) => {
    const clientData = (text: string): string => text.replace(',"crossOrigin":false', said);
    const signature = passkey.approveOn({ ...page, clientData });
    expect(refusal({ signature, message, namespace })).toMatch('that no browser writes');
  });

  test('does not count inside a frame of another page', () => {
    const clientData = (text: string): string => text.replace('false', 'true');
    const signature = passkey.approveOn({ ...page, clientData });
    expect(refusal({ signature, message, namespace })).toMatch('inside a frame');
  });

  test('of a security key for ssh does not count on any page', () => {
    const signature = ecdsaAuthenticator('ssh:').approveOn(page);
    expect(refusal({ signature, message, namespace })).toMatch('is not a page of `ssh:`');
  });
});

describe('the form of a signature', () => {
  const parts = readParts(dearmor(read('ed25519.sig').toString()));
  const valid = { version: 1, reserved: '', hash: 'sha512', magic: 'SSHSIG', ...parts };
  const write = (changes: Partial<typeof valid>): Buffer => {
    const { version, reserved, hash, magic, key, signature } = { ...valid, ...changes };
    return Buffer.concat([
      Buffer.from(magic),
      wireUint32(version),
      ...[key, namespace, reserved, hash, signature].map(wireString),
    ]);
  };
  const say = (changes: Partial<typeof valid>) =>
    refusal({ signature: write(changes), message, namespace });

  test('holds as it stands', () => {
    expect(say({})).toBeUndefined();
    expect(write({})).toEqual(assembleSshsig(valid.key, namespace, valid.signature));
  });

  test('has one magic, one version and nothing reserved', () => {
    expect(say({ magic: 'SSHSIH' })).toMatch('is not an SSHSIG');
    expect(say({ version: 2 })).toMatch('is of version 2, not 1');
    expect(say({ reserved: 'x' })).toMatch('reserved field');
  });

  test('takes sha512, and sha256 only where the caller says so', () => {
    expect(say({ hash: 'sha256' })).toMatch('hashes with `sha256`, not with sha512');
    expect(say({ hash: 'md5' })).toMatch('hashes with `md5`');
    const hashes = ['sha512', 'sha256'] as const;
    const input = { signature: write({ hash: 'sha256' }), message, namespace, hashes };
    expect(refusal(input)).toMatch('does not fit');
  });

  test('lets no key sign in the format of another', () => {
    const rsa = readParts(dearmor(read('rsa.sig').toString()));
    expect(say({ key: rsa.key })).toMatch('is not accepted from a `ssh-rsa` key');
    const sha1 = Buffer.concat([wireString('ssh-rsa'), wireString(Buffer.alloc(384))]);
    expect(say({ key: rsa.key, signature: sha1 })).toMatch('has the format `ssh-rsa`');
    const inherited = Buffer.concat([wireString('constructor'), wireString('')]);
    expect(say({ signature: inherited })).toMatch('has the format `constructor`');
  });

  test('names no weak key, under which a signature would fit many messages', () => {
    const weak = Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32))]);
    expect(say({ key: weak })).toMatch('low order');
  });
});

test.each([
  '',
  'x',
  '-----BEGIN SSH SIGNATURE-----',
  '-----BEGIN SSH SIGNATURE-----\n!\n-----END SSH SIGNATURE-----',
])('armour that is none is refused: %j', (text) => {
  expect(() => dearmor(text)).toThrow(expect.objectContaining({ code: 'E_APPROVAL_SIG' }));
});

test('armour survives the line ends of another system', () => {
  const text = read('ed25519.sig').toString();
  expect(dearmor(text.replaceAll('\n', '\r\n'))).toEqual(dearmor(text));
});

function readParts(blob: Buffer) {
  const wire = readWire(blob.subarray(10), (what) => {
    throw new Error(what);
  });
  const key = wire.string();
  [wire.string(), wire.string(), wire.string()].forEach(() => {});
  return { key, signature: wire.string() };
}

/** What the verifier says against it; undefined where it verifies. */
function refusal(input: SshsigInput): string | undefined {
  try {
    verifySshsig(input);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_APPROVAL_SIG' });
    return error instanceof Error ? error.message : '';
  }
}

function read(name: string): Buffer {
  return readFileSync(join(folder, name));
}
