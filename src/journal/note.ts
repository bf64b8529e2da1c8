import { IntegrityError } from '../base/errors.ts';
import { isKeyName } from './verifier-key.ts';

/** A signature line of a note (C2SP signed-note). */
export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Buffer;
  /** 64 bytes for Ed25519, 72 for a cosignature. */
  readonly signature: Buffer;
}

/** A note in its parts: the text that is signed, with its last newline, and the lines below it. */
export interface SplitNote {
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** More signature lines than this are an attack on whoever reads them; C2SP asks for at least 16. */
const maxSignatures = 100;

const linePrefix = '\u2014 ';

/** The note of a body and one signature: what a store rebuilds from its columns. */
export function composeNote(body: string, signature: NoteSignature): string {
  return `${body}\n${formatSignature(signature)}`;
}

/** One signature line, with its newline. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  return `${linePrefix}${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

/** The note with more signature lines below those it has. Throws IntegrityError `E_STH_FORM`. */
export function addSignatures(note: string, lines: string): string {
  const longer = `${note}${lines}`;
  if (splitNote(longer).body !== splitNote(note).body) {
    throw formError('what is added to a note is more than signature lines');
  }
  return longer;
}

/** Throws IntegrityError `E_STH_FORM` for anything that is not a signed note. Whose lines hold is not asked. */
export function splitNote(note: string): SplitNote {
  const end = note.lastIndexOf('\n\n');
  const lines = note.slice(end + 2).split('\n');
  if (end < 0 || lines.pop() !== '' || lines.length === 0 || lines.length > maxSignatures) {
    throw formError('note has no signature lines, or too many');
  }
  return { body: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [name, encoded, ...more] = line.slice(linePrefix.length).split(' ');
  const bytes = Buffer.from(encoded ?? '', 'base64');
  const exact = bytes.toString('base64') === encoded && bytes.length > 4 && more.length === 0;
  if (!line.startsWith(linePrefix) || name === undefined || !isKeyName(name) || !exact) {
    throw formError('note has a malformed signature line');
  }
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function formError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_STH_FORM', message });
}
