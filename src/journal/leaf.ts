import { sha256Bytes } from '../base/digest.ts';
import { IntegrityError, InternalError, UsageError } from '../base/errors.ts';
import { canonicalizeStrict, parseCanonicalStrict } from '../base/jcs.ts';
import { isPlainlyCanonical } from '../base/jcs-scan.ts';
import type { JsonObject } from '../base/json.ts';
import { isKeyName } from './verifier-key.ts';

/** The largest leaf: tlog-tiles counts entry bytes in 16 bits. */
export const maxLeafBytes = 65_535;

/**
 * One leaf, before it is bytes. RFC 8785 text of exactly these keys is stored, hashed
 * (RFC 6962: SHA-256 over 0x00 ‖ bytes) and never serialised again.
 */
export interface Leaf {
  readonly v: 1;
  readonly origin: string;
  /** 0-based index in the log. */
  readonly seq: number;
  readonly type: string;
  /** RFC 3339 UTC with milliseconds. */
  readonly time: string;
  /** Monotonic microseconds. */
  readonly mono: number;
  readonly boot: string;
  readonly run: string | null;
  /** Idempotency key: (run, cmd) is unique. Several leaves of one commit share it as `cmd`, `cmd.1`, … */
  readonly cmd: string;
  readonly data: JsonObject;
}

/**
 * The leaf's bytes, as they are hashed and stored. Throws UsageError `entry_too_large` beyond 65,535
 * bytes, and InternalError `leaf_invalid` for a leaf that `decodeLeaf` would refuse.
 */
export function encodeLeaf(leaf: Leaf): Buffer {
  const fault = findFault(leaf);
  if (fault !== null) {
    throw new InternalError({ code: 'leaf_invalid', message: `entry ${leaf.seq}: ${fault}` });
  }
  const bytes = Buffer.from(canonicalizeStrict(leaf));
  if (bytes.length > maxLeafBytes) {
    throw new UsageError({
      code: 'entry_too_large',
      message: `entry \`${leaf.type}\` has ${bytes.length} bytes, but at most ${maxLeafBytes} fit`,
      hint: 'what was given is too much for the journal: give less, or name where it lies',
    });
  }
  return bytes;
}

/**
 * Reads stored bytes. Throws IntegrityError `E_CANON` where they are not their own canonical form (so
 * that no reader can see another value in them), and `E_LEAF` where they are not a leaf. `isCanonical`: the
 * caller has seen so by `isPlainlyCanonical`.
 */
export function decodeLeaf(bytes: Buffer, isCanonical = false): Leaf {
  if (bytes.length > maxLeafBytes) {
    throw notALeaf(`${bytes.length} bytes, but at most ${maxLeafBytes} fit`);
  }
  const value = parseBytes(bytes, isCanonical);
  const fault = findFault(value);
  if (fault !== null) {
    throw notALeaf(fault);
  }
  return value as Leaf;
}

/** RFC 6962 2.1: SHA-256(0x00 ‖ bytes). The first byte keeps a leaf from passing for a node. */
export function leafHash(bytes: Buffer): Buffer {
  return sha256Bytes(leafPrefix, bytes);
}

const leafPrefix = Buffer.from([0x00]);

/** What each key of a leaf must hold; there are no other keys. */
const members: { readonly [Key in keyof Leaf]: (value: unknown) => boolean } = {
  v: (value) => value === 1,
  origin: (value) => typeof value === 'string' && isKeyName(value),
  seq: isCount,
  type: isName,
  time: isTime,
  mono: isCount,
  boot: isName,
  run: (value) => value === null || isName(value),
  cmd: isName,
  data: isObject,
};

const demands = Object.entries(members);

/** Says in words what keeps a value from being a leaf; null where nothing does. */
function findFault(value: unknown): string | null {
  if (!isObject(value)) {
    return 'not an object';
  }
  const extra = Object.keys(value).find((key) => !Object.hasOwn(members, key));
  if (extra !== undefined) {
    return `key \`${extra}\` is unknown`;
  }
  const wrong = demands.find(([key, holds]) => !holds(value[key]));
  return wrong === undefined ? null : `key \`${wrong[0]}\` is missing or wrong`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    (plainTime.test(value) ||
      (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
        // A date that does not exist, such as 30 February, comes back as another one, or not at all.
        new Date(Date.parse(value) || 0).toISOString() === value))
  );
}

/** Every month has these days: no calendar is needed. */
const plainTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

function parseBytes(bytes: Buffer, isCanonical: boolean): unknown {
  try {
    const text = utf8.decode(bytes);
    return isCanonical || isPlainlyCanonical(bytes) ? JSON.parse(text) : parseCanonicalStrict(text);
  } catch (cause) {
    throw new IntegrityError({
      code: 'E_CANON',
      message: 'entry is not canonical JSON (RFC 8785, whole numbers)',
      cause,
    });
  }
}

/** Refuses bytes that are not UTF-8, and keeps a byte order mark, which is then not JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function notALeaf(fault: string): IntegrityError {
  return new IntegrityError({ code: 'E_LEAF', message: `entry is not a leaf: ${fault}` });
}
