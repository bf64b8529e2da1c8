import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { parsePublicKey } from '../../approval/ssh/ssh-key.ts';
import { wireString } from '../../approval/ssh/ssh-wire.ts';
import { assembleSshsig } from '../../approval/ssh/sshsig.ts';
import { webauthnFormat } from '../../approval/ssh/webauthn.ts';
import { UsageError } from '../../base/errors.ts';

/** What a browser answers to `navigator.credentials.get`, and who is said to have signed. */
export interface AssertionInput {
  /** OpenSSH public key line of the passkey. */
  readonly publicKey: string;
  readonly namespace: string;
  readonly clientDataJSON: Buffer;
  readonly authenticatorData: Buffer;
  /** ECDSA in DER, as WebAuthn has it (section 6.5.5). */
  readonly signature: Buffer;
}

/**
 * Writes a browser's assertion down as an SSHSIG in webauthn form (OpenSSH's PROTOCOL.u2f), base64 without
 * armour. It only says the same in another form: whether the signature holds, for what, and who was present,
 * whoever verifies it asks. Throws UsageError `assertion_unreadable`, or as `parsePublicKey`.
 */
export function assembleAssertion(input: AssertionInput): string {
  const { application, blob } = parsePublicKey(input.publicKey);
  if (application === null) {
    unreadable('is said to be by a key that is no passkey');
  }
  const { rpIdHash, tail, extensions } = readAuthenticatorData(input.authenticatorData);
  if (!rpIdHash.equals(createHash('sha256').update(application).digest())) {
    unreadable(`was made for another site than \`${application}\``);
  }
  const signature = Buffer.concat([
    wireString(webauthnFormat),
    wireString(readEcdsa(input.signature)),
    tail,
    wireString(readOrigin(input.clientDataJSON)),
    wireString(input.clientDataJSON),
    wireString(extensions),
  ]);
  return assembleSshsig(blob, input.namespace, signature).toString('base64');
}

/** Far more than browsers and devices write: what is kept of it must not fill anybody's memory or journal. */
const longestClientData = 4096;
const longestAuthenticatorData = 1024;

/** WebAuthn section 6.1. `tail` is flags and counter, which OpenSSH writes in the same way. */
function readAuthenticatorData(data: Buffer) {
  if (data.length < 37 || data.length > longestAuthenticatorData) {
    unreadable(
      `has authenticator data of ${data.length} bytes, and it has 37 to ${longestAuthenticatorData}`,
    );
  }
  return {
    rpIdHash: data.subarray(0, 32),
    tail: data.subarray(32, 37),
    extensions: data.subarray(37),
  };
}

/**
 * SEQUENCE { r INTEGER, s INTEGER }. Both numbers are below 2^256, so that every length is one byte, and
 * DER writes a positive number exactly as SSH's mpint does.
 */
function readEcdsa(der: Buffer): Buffer {
  const [tag, length] = der;
  if (tag !== 0x30 || length !== der.length - 2) {
    unreadable('has a signature that is not in DER');
  }
  const r = readInteger(der, 2);
  const s = readInteger(der, r.end);
  if (s.end !== der.length) {
    unreadable('has a signature with something behind it');
  }
  return Buffer.concat([wireString(r.bytes), wireString(s.bytes)]);
}

function readInteger(der: Buffer, at: number): { readonly bytes: Buffer; readonly end: number } {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== 0x02 || length < 1 || length > 33 || end > der.length) {
    unreadable('has a signature that is not two numbers of P-256');
  }
  return { bytes: der.subarray(at + 2, end), end };
}

const clientData = v.object({ origin: v.string() });

function readOrigin(json: Buffer): string {
  if (json.length > longestClientData) {
    unreadable(`has client data of ${json.length} bytes, and ${longestClientData} are the most`);
  }
  try {
    return v.parse(clientData, JSON.parse(json.toString())).origin;
  } catch {
    return unreadable('has client data that names no page');
  }
}

function unreadable(what: string): never {
  throw new UsageError({
    code: 'assertion_unreadable',
    message: `the passkey's signature ${what}`,
    hint: 'open the page again and sign there',
  });
}
