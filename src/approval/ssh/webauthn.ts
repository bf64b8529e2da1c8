import type { Fail, WireReader } from './ssh-wire.ts';

/** The format name under which a passkey's assertion travels in an SSHSIG. */
export const webauthnFormat = 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com';

interface Assertion {
  /** Stands behind the counter. */
  readonly wire: WireReader;
  readonly flags: number;
  /** The rpId of the enrolled key. */
  readonly application: string;
  /** What the passkey was asked to sign. */
  readonly challenge: Buffer;
}

/** What the browser put around a challenge, and what of it the passkey hashed. */
interface ClientData {
  readonly hashed: Buffer;
  readonly extensions: Buffer;
  readonly origin: string;
}

/**
 * Reads the page's half of a passkey signature. The client data must begin exactly as WebAuthn's
 * serialisation (section 5.8.1.1) writes it for this challenge and this origin: comparing text leaves
 * no room for a second key of the same name, which a JSON parser would have to choose between.
 */
export function checkClientData(assertion: Assertion, fail: Fail): ClientData {
  const { wire, flags, application, challenge } = assertion;
  const origin = wire.text();
  const hashed = wire.string();
  const extensions = wire.string();
  // Bit 6 would bring attested key data, which no assertion has; bit 7 announces the extensions.
  const extended = (flags & 0x80) !== 0;
  if ((flags & 0x40) !== 0 || extended !== extensions.length > 0) {
    fail('has flags that do not fit a passkey signature');
  }
  if (!isOriginOf(origin, application)) {
    fail(`was made on \`${origin}\`, which is not a page of \`${application}\``);
  }
  const expected = `{"type":"webauthn.get","challenge":"${challenge.toString('base64url')}","origin":"${origin}"`;
  const rest = hashed.subarray(Buffer.byteLength(expected)).toString();
  if (!hashed.toString().startsWith(expected) || !/^[,}]/.test(rest)) {
    fail('comes with client data for another challenge or page');
  }
  if (rest.startsWith(',"crossOrigin":true')) {
    fail('was made inside a frame of another page');
  }
  // What else a browser may add stands behind that word (5.8.1.1); older ones say nothing of frames.
  if (rest !== '}' && !/^,"crossOrigin":false[,}]/.test(rest)) {
    fail('comes with client data that no browser writes');
  }
  return { hashed, extensions, origin };
}

/** True where a browser would let a page of `origin` use a passkey of `rpId` (WebAuthn section 5.1.3). */
export function isOriginOf(origin: string, rpId: string): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  if (url === null || url.origin !== origin) {
    return false;
  }
  const secure =
    url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === 'localhost');
  return secure && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`));
}
