import { generateKeyPairSync, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pin } from '../../src/approval/statement/receipt.ts';
import { signCheckpoint } from '../../src/journal/checkpoint.ts';
import { leafHash } from '../../src/journal/leaf.ts';
import {
  consistencyProof,
  inclusionProof,
  type NodeReader,
  treeRoot,
} from '../../src/journal/merkle.ts';
import type { CheckpointSigner } from '../../src/journal/signer.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { checkSeenLog, type ShownLog } from '../../src/signers/seen-log.ts';

const origin = 'runbook.example/4f2a';
const then = '2026-03-04T05:06:07.008Z';
const now = '2026-03-05T05:06:07.008Z';
const key = aKey();

/** A log of entries that differ from `fork` on. */
function aLog(size: number, fork = size, signer = key) {
  const leaves = Array.from({ length: size }, (_, at) =>
    Buffer.from(`${at} ${at >= fork ? 'x' : ''}`),
  );
  const hashes = leaves.map(leafHash);
  const read: NodeReader = (level, index) =>
    treeRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));
  return {
    note: signCheckpoint({ origin, size, root: treeRoot(hashes) }, signer),
    inclusion: (index: number) => ({
      index,
      leaf: leaves[index] ?? Buffer.alloc(0),
      proof: inclusionProof(index, size, read),
    }),
    since: (from: number) => consistencyProof(from, size, read),
  };
}

function shown(size: number, more: Partial<ShownLog> = {}): ShownLog {
  const log = aLog(size);
  return {
    note: log.note,
    verifierKey: formatVerifierKey(origin, key.publicKey),
    pin: null,
    inclusion: log.inclusion(size - 1),
    consistencyProof: null,
    keys: [],
    time: now,
    ...more,
  };
}

/** What a client remembers that saw the log at this size. */
function seenAt(size: number): Pin {
  return { ...checkSeenLog(shown(size)), time: then };
}

test('the first sight of a log is pinned', () => {
  const { note, verifierKey } = shown(8);
  const pin = checkSeenLog(shown(8));
  expect(pin).toEqual({ origin, size: 8, root: note.split('\n')[2], note, verifierKey, time: now });
});

test('a log that only grew is pinned anew, from every size to every size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 }), (from, more) => {
      const consistency = aLog(from + more).since(from);
      const pin = checkSeenLog(
        shown(from + more, { pin: seenAt(from), consistencyProof: consistency }),
      );
      expect(pin.size).toBe(from + more);
    }),
    { numRuns: 50 },
  );
});

test('the same head needs no proof', () => {
  expect(checkSeenLog(shown(8, { pin: seenAt(8) })).time).toBe(now);
});

describe('nothing is signed', () => {
  test('over a journal that is smaller than what was seen', () => {
    const smaller = shown(7, { pin: seenAt(8), consistencyProof: [] });
    expect(code(smaller)).toBe('E_ROLLBACK');
    expect(() => checkSeenLog(smaller)).toThrow(
      `the journal is smaller than what you saw on ${then}: 7 entries now, 8 then`,
    );
  });

  test('over a journal of the same size with another past', () => {
    const { note, inclusion } = aLog(8, 3);
    const forked = shown(8, { note, inclusion: inclusion(7), pin: seenAt(8) });
    expect(code(forked)).toBe('E_FORK');
    expect(() => checkSeenLog(forked)).toThrow('its first 8 entries were rewritten');
  });

  test.each([0, 3, 7])('over a journal that grew on a past rewritten from entry %i', (fork) => {
    const log = aLog(12, fork);
    const more = { note: log.note, inclusion: log.inclusion(11), consistencyProof: log.since(8) };
    expect(code(shown(12, { ...more, pin: seenAt(8) }))).toBe('E_FORK');
  });

  test('over a journal that proves nothing about what was seen', () => {
    expect(code(shown(12, { pin: seenAt(8) }))).toBe('E_FORK');
    expect(() => checkSeenLog(shown(12, { pin: seenAt(8) }))).toThrow('nothing proves');
    const wrong = aLog(12).since(7);
    expect(code(shown(12, { pin: seenAt(8), consistencyProof: wrong }))).toBe('E_FORK');
  });

  test('over a journal that changed its key', () => {
    const other = aKey();
    const { note } = aLog(8, 8, other);
    const verifierKey = formatVerifierKey(origin, other.publicKey);
    expect(code(shown(8, { note, verifierKey, pin: seenAt(8) }))).toBe('E_KEY_UNKNOWN');
    expect(code(shown(8, { note, verifierKey }))).toBeUndefined();
  });

  test('over a head that somebody else signed', () => {
    expect(code(shown(8, { note: aLog(8, 8, aKey()).note }))).toBe('E_STH_SIG');
  });

  test('about an entry that is not in the journal', () => {
    const inclusion = aLog(8).inclusion(5);
    const other = { ...inclusion, leaf: Buffer.from('another command') };
    expect(code(shown(8, { inclusion: other }))).toBe('E_PROOF');
    expect(code(shown(8, { inclusion: { ...inclusion, index: 4 } }))).toBe('E_PROOF');
    expect(code(shown(8, { inclusion: { ...inclusion, index: 8 } }))).toBe('E_PROOF');
  });
});

function aKey(): CheckpointSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    name: origin,
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    sign: (message) => sign(null, message, privateKey),
  };
}

function code(log: ShownLog): unknown {
  try {
    checkSeenLog(log);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
