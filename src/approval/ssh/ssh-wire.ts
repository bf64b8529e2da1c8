/** What stops a reader: it names the field that does not fit, and throws. */
export type Fail = (what: string) => never;

/** Reads SSH's wire format (RFC 4251 section 5) field by field. Whatever does not fit goes to `fail`. */
export interface WireReader {
  byte(): number;
  uint32(): number;
  /** The next `length` bytes, no length before them. */
  raw(length: number): Buffer;
  string(): Buffer;
  /** A string that is UTF-8. */
  text(): string;
  /** A positive integer in its one shortest form, without the sign byte. */
  mpint(): Buffer;
  /** Nothing may follow. */
  end(): void;
}

/** Opens `bytes` for reading. */
export function readWire(bytes: Buffer, fail: Fail): WireReader {
  let at = 0;
  const raw = (length: number): Buffer => {
    if (length > bytes.length - at) {
      fail(`ends after ${bytes.length} bytes, ${length} more were announced at byte ${at}`);
    }
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint32 = (): number => raw(4).readUInt32BE();
  const string = (): Buffer => raw(uint32());
  return {
    raw,
    uint32,
    string,
    byte: () => raw(1).readUInt8(),
    text: () => utf8(string(), fail),
    mpint: () => positive(string(), fail),
    end: () => {
      if (at !== bytes.length) {
        fail(`has ${bytes.length - at} bytes too many at its end`);
      }
    },
  };
}

/** A `uint32`. */
export function wireUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A `string`: its length, then its bytes. */
export function wireString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([wireUint32(bytes.length), bytes]);
}

/** Strict base64 with padding; null for anything that a second writer would have written differently. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function utf8(bytes: Buffer, fail: Fail): string {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : fail('holds text that is not UTF-8');
}

/** One number, one form: a second spelling of a key would be a second key to whoever compares bytes. */
function positive(bytes: Buffer, fail: Fail): Buffer {
  const first = bytes[0] ?? 0x80;
  if (first >= 0x80) {
    fail('holds an integer that is not positive');
  }
  if (first > 0) {
    return bytes;
  }
  return (bytes[1] ?? 0) >= 0x80 ? bytes.subarray(1) : fail('holds an integer with leading zeros');
}
