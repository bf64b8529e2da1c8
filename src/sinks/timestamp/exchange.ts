import { sha256Bytes } from '../../base/digest.ts';
import { IntegrityError } from '../../base/errors.ts';
import { derTag, expectTag, readChildren, readDer, writeDer } from '../../journal/der.ts';

/** The two messages of RFC 3161 around a token: what is asked, and what comes back. */

/** SEQUENCE { OBJECT IDENTIFIER sha256, NULL } */
const sha256Algorithm = Buffer.from('300d06096086480165030402010500', 'hex');

/**
 * TimeStampReq over the SHA-256 of the message, asking for the authority's certificate. The nonce, some
 * random bytes, comes back in the token: it was made for this request and for no earlier one.
 */
export function timestampRequest(message: Buffer, nonce: Buffer): Buffer {
  const imprint = writeDer(derTag.octets, sha256Bytes(message));
  return writeDer(
    derTag.sequence,
    writeDer(derTag.integer, Buffer.from([1])),
    writeDer(derTag.sequence, sha256Algorithm, imprint),
    writeDer(derTag.integer, nonceInteger(nonce)),
    writeDer(derTag.boolean, Buffer.from([0xff])),
  );
}

/** The nonce as the content of a positive INTEGER, whose shortest form begins with none of 0 and the sign. */
export function nonceInteger(nonce: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x40]), nonce]);
}

/** The token in a TimeStampResp, unverified. Throws IntegrityError `E_TIMESTAMP` where none was granted, `E_DER`. */
export function tokenOf(response: Buffer): Buffer {
  const [status, token] = readChildren(readDer(response), derTag.sequence);
  const { content } = expectTag(readChildren(status, derTag.sequence)[0], derTag.integer);
  const granted = content.length === 1 && (content[0] === 0 || content[0] === 1);
  if (!granted || token === undefined) {
    const message = `the authority granted no timestamp: status ${content.toString('hex')}`;
    throw new IntegrityError({ code: 'E_TIMESTAMP', message });
  }
  return token.bytes;
}
