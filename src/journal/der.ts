import { IntegrityError } from '../base/errors.ts';

/** One value of ASN.1 in its distinguished encoding (X.690): its tag byte, its content, and all its bytes. */
export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

/** Tag bytes of the types that timestamps are made of. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octets: 0x04,
  oid: 0x06,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag byte of `[n]` that holds other values. */
export function contextTag(n: number): number {
  return 0xa0 + n;
}

/** Reads exactly one value. Throws IntegrityError `E_DER` for any other spelling than the distinguished one. */
export function readDer(bytes: Buffer): Der {
  const value = readAt(bytes, 0);
  check(value.bytes.length === bytes.length, 'more follows behind its end');
  return value;
}

/** The values in a value, where its tag is as expected. Throws IntegrityError `E_DER`. */
export function readChildren(value: Der | undefined, tag: number): readonly Der[] {
  const { content } = expectTag(value, tag);
  const children: Der[] = [];
  for (let at = 0; at < content.length; ) {
    const child = readAt(content, at);
    children.push(child);
    at += child.bytes.length;
  }
  return children;
}

/** Throws IntegrityError `E_DER` unless the value is there and of this tag. */
export function expectTag(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) {
    throw derError(`a value of tag ${tag} was expected, not ${value?.tag ?? 'the end'}`);
  }
  return value;
}

/** An object identifier as dotted numbers. Throws IntegrityError `E_DER`. */
export function readOid(value: Der | undefined): string {
  const { content } = expectTag(value, derTag.oid);
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    check(number > 0 || byte !== 0x80, 'an object identifier has a leading zero');
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  check(number === 0 && numbers.length > 0, 'an object identifier is cut off');
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - top * 40, ...rest].join('.');
}

/** Writes a value. */
export function writeDer(tag: number, ...content: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(content);
  if (whole.length < 0x80) {
    return Buffer.concat([Buffer.from([tag, whole.length]), whole]);
  }
  const length = Buffer.from(evenHex(whole.length), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 + length.length]), length, whole]);
}

function evenHex(value: number): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

function readAt(bytes: Buffer, at: number): Der {
  const tag = bytes[at];
  const short = bytes[at + 1];
  if (tag === undefined || short === undefined || (tag & 0x1f) === 0x1f) {
    throw derError('it is cut off, or has a tag of several bytes');
  }
  const more = short < 0x80 ? 0 : short - 0x80;
  const start = at + 2 + more;
  check(short !== 0x80 && more <= 4 && start <= bytes.length, 'its length is malformed');
  const length = more === 0 ? short : bytes.readUIntBE(at + 2, more);
  const shortest = more === 0 || (length >= 0x80 && length >= 256 ** (more - 1));
  check(shortest && start + length <= bytes.length, 'its length is not what follows');
  return {
    tag,
    content: bytes.subarray(start, start + length),
    bytes: bytes.subarray(at, start + length),
  };
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw derError(otherwise);
  }
}

function derError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_DER', message: `malformed DER: ${message}` });
}
