import { createHash, verify, type X509Certificate } from 'node:crypto';
import { IntegrityError, RunbookError } from '../base/errors.ts';
import { parseCertificates, readCertificate, verifyAuthority } from './authority.ts';
import {
  contextTag,
  type Der,
  derTag,
  expectTag,
  readChildren,
  readDer,
  readOid,
  writeDer,
} from './der.ts';

/** What a timestamp authority says (RFC 3161): these bytes existed then. */
export interface Timestamp {
  /** RFC 3339 with milliseconds, by the authority's clock. */
  readonly time: string;
  /** The number that was sent along, as an INTEGER's content; null where none was. */
  readonly nonce: Buffer | null;
  /** Subject of the authority's certificate, in one line. */
  readonly authority: string;
}

/** SHA-256 in the forms that messages and requests name it by. */
const sha256Oid = '2.16.840.1.101.3.4.2.1';

const signedDataOid = '1.2.840.113549.1.7.2';
const tstInfoOid = '1.2.840.113549.1.9.16.1.4';
const contentTypeOid = '1.2.840.113549.1.9.3';
const messageDigestOid = '1.2.840.113549.1.9.4';

const digests = new Map([
  [sha256Oid, 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** The attributes that bind the signer's certificate, and the hash each uses unless it says so (RFC 5035, 2634). */
const boundBy = [
  { attribute: '1.2.840.113549.1.9.16.2.47', hash: 'sha256' },
  { attribute: '1.2.840.113549.1.9.16.2.12', hash: 'sha1' },
] as const;

/** Signature algorithms, by the kind of key and, but for plain RSA, the hash within. */
const algorithms = new Map<string, { readonly key: string; readonly hash?: string | null }>([
  ['1.2.840.113549.1.1.1', { key: 'rsa' }],
  ['1.2.840.113549.1.1.11', { key: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { key: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { key: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { key: 'ec', hash: 'sha512' }],
  ['1.3.101.112', { key: 'ed25519', hash: null }],
]);

/**
 * Verifies a token (a TimeStampToken in DER) over `message`, offline: one signer, its attributes and
 * certificate bound by its signature, that certificate for timestamps alone and led to one of those in
 * `certificates` (PEM), the imprint the message's SHA-256. Throws IntegrityError `E_TIMESTAMP`.
 */
export function verifyTimestamp(
  token: Buffer,
  of: { readonly message: Buffer; readonly certificates: string },
): Timestamp {
  try {
    return judge(token, of);
  } catch (cause) {
    // The platform, too, throws over certificates and keys that an attacker made.
    const why = cause instanceof RunbookError ? cause.message : 'it cannot be read';
    const message = `the timestamp does not hold: ${why}`;
    throw new IntegrityError({ code: 'E_TIMESTAMP', message, cause });
  }
}

function judge(
  token: Buffer,
  { message, certificates }: { readonly message: Buffer; readonly certificates: string },
): Timestamp {
  const { info, signer, others } = readSignedData(token);
  const said = readInfo(info);
  check(said.imprint.equals(digestOf('sha256', message)), 'it is over something else');
  const trusted = parseCertificates(certificates);
  const certificate = verifySigner(signer, info, [...others, ...trusted]);
  verifyAuthority(certificate, { trusted, others, atMs: Date.parse(said.time) });
  const authority = certificate.subject.replaceAll('\n', ', ');
  return { time: said.time, nonce: said.nonce, authority };
}

/** The one signer of CMS SignedData (RFC 5652 5.1), what was signed, and the certificates beside it. */
function readSignedData(token: Buffer) {
  const [type, wrapped] = readChildren(readDer(token), derTag.sequence);
  check(readOid(type) === signedDataOid, 'it is not signed data');
  const [data] = readChildren(wrapped, contextTag(0));
  const [, , content, ...rest] = readChildren(data, derTag.sequence);
  const [contentType, holder] = readChildren(content, derTag.sequence);
  check(readOid(contentType) === tstInfoOid, 'what is signed is no time');
  const [info] = readChildren(holder, contextTag(0));
  const beside = rest.find(({ tag }) => tag === contextTag(0));
  const signers = readChildren(rest.at(-1), derTag.set);
  const [signer] = signers;
  check(signers.length === 1, 'it has another number of signers than one');
  return {
    info: expectTag(info, derTag.octets).content,
    signer,
    others: (beside === undefined ? [] : readChildren(beside, contextTag(0))).map(({ bytes }) =>
      readCertificate(bytes),
    ),
  };
}

/** TSTInfo (RFC 3161 2.4.2): version, policy, imprint, serial, time; of what may follow, the nonce. */
function readInfo(info: Buffer) {
  const [version, policy, imprint, serial, time, ...rest] = readChildren(
    readDer(info),
    derTag.sequence,
  );
  check(
    expectTag(version, derTag.integer).content.equals(Buffer.from([1])),
    'its version is not 1',
  );
  readOid(policy);
  expectTag(serial, derTag.integer);
  const [algorithm, hash] = readChildren(imprint, derTag.sequence);
  check(readAlgorithm(algorithm) === sha256Oid, 'its imprint is not SHA-256');
  return {
    imprint: expectTag(hash, derTag.octets).content,
    time: readTime(expectTag(time, derTag.time).content.toString('latin1')),
    nonce: rest.find(({ tag }) => tag === derTag.integer)?.content ?? null,
  };
}

/** GeneralizedTime as RFC 3161 has it: seconds, perhaps a fraction, and Z. */
function readTime(text: string): string {
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/.exec(text) ?? [];
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const parsed = Date.parse(time);
  check(
    Number.isFinite(parsed) && new Date(parsed).toISOString() === time,
    'its time cannot be read',
  );
  return time;
}

/** Answers the certificate whose key signed the attributes that bind certificate and content. */
function verifySigner(
  signer: Der | undefined,
  info: Buffer,
  known: readonly X509Certificate[],
): X509Certificate {
  const [, , digestAlgorithm, attributes, signatureAlgorithm, signature] = readChildren(
    signer,
    derTag.sequence,
  );
  const hash = digests.get(readAlgorithm(digestAlgorithm)) ?? fail('its digest is not SHA-2');
  const signed = readAttributes(attributes);
  check(readOid(valueOf(signed, contentTypeOid)) === tstInfoOid, 'it signs no time');
  const digest = expectTag(valueOf(signed, messageDigestOid), derTag.octets).content;
  check(digest.equals(digestOf(hash, info)), 'its content is not what was signed');
  const certificate = findSigner(signed, known);
  const algorithm =
    algorithms.get(readAlgorithm(signatureAlgorithm)) ??
    fail('its signature is of an unknown kind');
  const { publicKey } = certificate;
  check(publicKey.asymmetricKeyType === algorithm.key, 'its key is of another kind');
  // The attributes are signed as a SET, and stand in the signer under another tag (RFC 5652 5.4).
  const message = writeDer(derTag.set, expectTag(attributes, contextTag(0)).content);
  const { content } = expectTag(signature, derTag.octets);
  const inner = algorithm.hash === undefined ? hash : algorithm.hash;
  check(verify(inner, message, publicKey, content), 'its signature does not hold');
  return certificate;
}

function readAttributes(attributes: Der | undefined): ReadonlyMap<string, readonly Der[]> {
  const read = readChildren(attributes, contextTag(0)).map((attribute) => {
    const [type, values] = readChildren(attribute, derTag.sequence);
    return [readOid(type), readChildren(values, derTag.set)] as const;
  });
  const byType = new Map(read);
  check(byType.size === read.length, 'an attribute stands there twice');
  return byType;
}

function valueOf(attributes: ReadonlyMap<string, readonly Der[]>, type: string): Der | undefined {
  const values = attributes.get(type) ?? [];
  return values.length === 1 ? values[0] : undefined;
}

/** ESSCertID and ESSCertIDv2: the first one names the signer's certificate by its hash. */
function findSigner(
  attributes: ReadonlyMap<string, readonly Der[]>,
  known: readonly X509Certificate[],
): X509Certificate {
  const bound =
    boundBy.find(({ attribute }) => attributes.has(attribute)) ??
    fail('no certificate is bound by it');
  const [list] = readChildren(valueOf(attributes, bound.attribute), derTag.sequence);
  const [first] = readChildren(list, derTag.sequence);
  const [head, next] = readChildren(first, derTag.sequence);
  const says = head?.tag === derTag.sequence;
  const hash = says ? digests.get(readAlgorithm(head)) : bound.hash;
  const named = expectTag(says ? next : head, derTag.octets).content;
  return (
    known.find(({ raw }) => hash !== undefined && digestOf(hash, raw).equals(named)) ??
    fail('the certificate that it names is not there')
  );
}

function readAlgorithm(value: Der | undefined): string {
  return readOid(readChildren(value, derTag.sequence)[0]);
}

function digestOf(hash: string, bytes: Buffer): Buffer {
  return createHash(hash).update(bytes).digest();
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) {
    fail(otherwise);
  }
}

function fail(message: string): never {
  throw new IntegrityError({ code: 'E_TIMESTAMP', message });
}
