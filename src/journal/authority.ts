import { X509Certificate } from 'node:crypto';
import { IntegrityError } from '../base/errors.ts';
import { contextTag, type Der, derTag, expectTag, readChildren, readDer, readOid } from './der.ts';

/** Timestamp authorities and the certificates that they are known by (RFC 3161 2.3, RFC 5280). */

const extendedKeyUsage = '2.5.29.37';
const timeStamping = '1.3.6.1.5.5.7.3.8';

/** Longer chains are not followed. */
const maxChain = 6;

/** The certificates of a PEM text, one or several. Throws IntegrityError `E_CERTIFICATE` where it holds none. */
export function parseCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw certificateError('it holds no certificate in PEM form');
  }
  return blocks.map(readCertificate);
}

/** Throws IntegrityError `E_CERTIFICATE`. */
export function readCertificate(bytes: Buffer | string): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw certificateError('a certificate cannot be read');
  }
}

/**
 * Throws IntegrityError `E_CERTIFICATE` unless the certificate is for timestamps and nothing else, and led
 * at that time, through `others`, to one of those that are trusted. Who revoked it later is not asked.
 */
export function verifyAuthority(
  certificate: X509Certificate,
  of: {
    readonly trusted: readonly X509Certificate[];
    readonly others: readonly X509Certificate[];
    readonly atMs: number;
  },
): void {
  if (!isForTimestamps(certificate)) {
    throw certificateError(`\`${nameOf(certificate)}\` is not a timestamp authority's`);
  }
  const chain = [certificate];
  for (let last = certificate; ; ) {
    if (!isValidAt(last, of.atMs)) {
      throw certificateError(`\`${nameOf(last)}\` was not valid then`);
    }
    if (of.trusted.some(({ raw }) => raw.equals(last.raw))) {
      return;
    }
    const issuer = [...of.trusted, ...of.others].find((each) => hasIssued(each, last));
    if (issuer === undefined || chain.length === maxChain) {
      throw certificateError(`\`${nameOf(certificate)}\` does not lead to a trusted one`);
    }
    chain.push(issuer);
    last = issuer;
  }
}

/** RFC 3161 2.3: the extension is critical, and names this one purpose. */
function isForTimestamps(certificate: X509Certificate): boolean {
  const [body] = readChildren(readDer(certificate.raw), derTag.sequence);
  const fields = readChildren(body, derTag.sequence);
  const [list] = readChildren(
    fields.find(({ tag }) => tag === contextTag(3)) ?? emptyExtensions,
    contextTag(3),
  );
  const usages = readChildren(list, derTag.sequence)
    .map((extension) => readChildren(extension, derTag.sequence))
    .filter(([oid]) => readOid(oid) === extendedKeyUsage);
  return usages.length === 1 && usages.every(isCriticalTimeStamping);
}

const emptyExtensions = readDer(Buffer.from([contextTag(3), 2, derTag.sequence, 0]));

function isCriticalTimeStamping([, critical, value]: readonly Der[]): boolean {
  if (critical?.tag !== derTag.boolean || critical.content[0] !== 0xff) {
    return false;
  }
  const purposes = readChildren(
    readDer(expectTag(value, derTag.octets).content),
    derTag.sequence,
  ).map(readOid);
  return purposes.length === 1 && purposes[0] === timeStamping;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt({ validFrom, validTo }: X509Certificate, atMs: number): boolean {
  return Date.parse(validFrom) <= atMs && atMs <= Date.parse(validTo);
}

function nameOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ');
}

function certificateError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_CERTIFICATE', message: `certificate: ${message}` });
}
