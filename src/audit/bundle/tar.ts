import { IntegrityError, InternalError } from '../../base/errors.ts';

/** The files of a bundle, by their names. */
export type Files = ReadonlyMap<string, Buffer>;

const blockBytes = 512;
/** Two empty blocks end an archive (POSIX.1-1988, ustar). */
const endBytes = 2 * blockBytes;

/**
 * An archive that is the same bytes for the same files: sorted names, nobody's, of no time. Names are
 * ASCII of at most 100 characters.
 */
export function writeTar(files: Files): Buffer {
  const names = [...files.keys()].sort();
  const members = names.flatMap((name) => {
    const bytes = files.get(name) ?? Buffer.alloc(0);
    return [header(name, bytes.length), bytes, Buffer.alloc(padding(bytes.length))];
  });
  return Buffer.concat([...members, Buffer.alloc(endBytes)]);
}

/**
 * Reads what `writeTar` wrote. Throws IntegrityError `E_BUNDLE_FORM` for anything else: a cut end, bytes
 * behind it, a name twice or out of order. Writing it again and comparing leaves nowhere to hide anything.
 */
export function readTar(archive: Buffer): Files {
  assertArchive(archive);
  const files = new Map<string, Buffer>();
  let at = 0;
  while (at + endBytes < archive.length && archive[at] !== 0) {
    const name = text(archive, at, 100);
    const size = Number.parseInt(text(archive, at + 124, 12), 8);
    if (!Number.isSafeInteger(size) || size < 0 || at + blockBytes + size > archive.length) {
      throw cutIn(name);
    }
    files.set(name, archive.subarray(at + blockBytes, at + blockBytes + size));
    at += blockBytes + size + padding(size);
  }
  if (at + endBytes > archive.length) {
    throw malformed('its end is cut off');
  }
  if (at + endBytes < archive.length) {
    throw malformed(`${archive.length - at - endBytes} bytes stand behind its end`);
  }
  if (![...files.keys()].every((name) => isName(name)) || !writeTar(files).equals(archive)) {
    throw malformed('it is not written as bundles are: somebody packed it anew, or altered it');
  }
  return files;
}

function assertArchive(archive: Buffer): void {
  if (archive[0] !== 0 && text(archive, 257, 6) !== 'ustar') {
    throw malformed(
      'it is none, but a file of another kind',
      'name the file that `runbook audit export` wrote',
    );
  }
}

/** Where it was altered, a name may be any bytes: those are not shown. */
function cutIn(name: string): IntegrityError {
  return malformed(isName(name) ? `it ends in the middle of \`${name}\`` : 'a name in it is none');
}

function header(name: string, size: number): Buffer {
  if (!isName(name)) {
    throw new InternalError({
      code: 'tar_name',
      message: `\`${name}\` cannot be a name in an archive`,
    });
  }
  const block = Buffer.alloc(blockBytes);
  const put = (at: number, value: string): void => {
    block.write(value, at, 'latin1');
  };
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, 'ustar\x0000');
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padding(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@/-]{0,99}$/.test(name) && !/(^|\/)\.\.?(\/|$)/.test(name);
}

function text(archive: Buffer, at: number, length: number): string {
  const field = archive.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('latin1');
}

const askAgain =
  'ask for the file again, and compare its SHA-256 with the one of the `evidence.exported` entry';

function malformed(what: string, hint = askAgain): IntegrityError {
  return new IntegrityError({
    code: 'E_BUNDLE_FORM',
    message: `the bundle cannot be read: ${what}`,
    hint,
  });
}
