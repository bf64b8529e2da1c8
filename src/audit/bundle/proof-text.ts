import { IntegrityError } from '../../base/errors.ts';
import type { ProvenRoot } from './evidence.ts';

/** C2SP tlog-proof: index, inclusion proof and checkpoint of one entry. */
export function formatEntryProof(seq: number, proof: readonly Buffer[], note: string): string {
  return ['c2sp.org/tlog-proof@v1', `index ${seq}`, ...hashLines(proof), '', note].join('\n');
}

/** The inclusion proof in such a text, which must speak of this entry under this checkpoint. */
export function parseEntryProof(text: string, seq: number, note: string): readonly Buffer[] {
  const [head = '', ...rest] = text.split('\n\n');
  const [format, index, ...hashes] = head.split('\n');
  if (format !== 'c2sp.org/tlog-proof@v1' || index !== `index ${seq}`) {
    throw unreadable(`the proof of entry ${seq} is of another entry, or in another form`);
  }
  if (rest.join('\n\n') !== note) {
    throw unreadable(`the proof of entry ${seq} leads to another checkpoint than the bundle's`);
  }
  return hashes.map(readHash);
}

/** An older root, and the consistency proof from it to the checkpoint: a hash in base64 a line. */
export function formatRoot({ root, proof }: ProvenRoot): string {
  return hashLines([root, ...proof])
    .map((line) => `${line}\n`)
    .join('');
}

export function parseRoot(text: string, size: number): ProvenRoot {
  const [root, ...proof] = text.trimEnd().split('\n').map(readHash);
  if (root === undefined) {
    throw unreadable(`the proof from ${size} entries is empty`);
  }
  return { size, root, proof };
}

function hashLines(hashes: readonly Buffer[]): readonly string[] {
  return hashes.map((hash) => hash.toString('base64'));
}

function readHash(line: string): Buffer {
  const hash = Buffer.from(line, 'base64');
  if (hash.length !== 32 || hash.toString('base64') !== line) {
    throw unreadable('a line of a proof is not a hash');
  }
  return hash;
}

function unreadable(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_PROOF', message });
}
