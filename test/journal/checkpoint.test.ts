import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importEd25519 } from '../../src/base/ed25519.ts';
import { runTool } from '../../src/base/tool.ts';
import {
  type Checkpoint,
  formatCheckpoint,
  openNote,
  signCheckpoint,
} from '../../src/journal/checkpoint.ts';
import { emptyRoot } from '../../src/journal/merkle.ts';
import { composeNote } from '../../src/journal/note.ts';
import { keyId, parseVerifierKey } from '../../src/journal/verifier-key.ts';
import { testWith } from '../support/foreign.ts';
import { aSigner } from '../support/signer.ts';

const origin = 'runbook.local/web1/0k3v';
const signer = aSigner(origin);
const key = { name: origin, publicKey: signer.publicKey };
const checkpoint: Checkpoint = { origin, size: 42, root: emptyRoot() };
const body = formatCheckpoint(checkpoint);
const note = signCheckpoint(checkpoint, signer);
const [signatureLine = ''] = note.split('\n').slice(4);

const malformed: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_STH_FORM' });
const unsigned: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_STH_SIG' });

test('a checkpoint is three lines, an empty one, and a signature', () => {
  expect(body).toBe(`${origin}\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`);
  expect(note).toBe(`${body}\n${signatureLine}\n`);
  expect(signatureLine).toMatch(
    /^— runbook\.local\/web1\/0k3v [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}$/,
  );
});

test('a store that kept only key id and signature writes the same note again', () => {
  const signature = signer.sign(Buffer.from(body));
  const parts = { name: origin, keyId: keyId(origin, signer.publicKey), signature };
  expect(composeNote(body, parts)).toBe(note);
});

test('what was signed is read back', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (size, root) => {
        const signed = { origin, size, root: Buffer.from(root) };
        expect(openNote(signCheckpoint(signed, signer), [key])).toEqual({
          checkpoint: signed,
          signedBy: [key],
        });
      },
    ),
  );
});

test("Go's example note is refused as a checkpoint, but its signature is read", () => {
  const peter = parseVerifierKey(
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  );
  const text =
    'If you think cryptography is the answer to your problem,\n' +
    "then you don't know what your problem is.\n\n" +
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
  expect(() => openNote(text, [peter])).toThrow(malformed);
});

test('a key signs for its own log only', () => {
  expect(() => signCheckpoint({ ...checkpoint, origin: 'another' }, signer)).toThrow(
    expect.objectContaining({ code: 'checkpoint_foreign' }),
  );
});

test.each([
  ['a space in its origin', { origin: 'a b' }],
  ['a newline in its origin', { origin: 'a\nb' }],
  ['a plus in its origin', { origin: 'a+b' }],
  ['a negative size', { size: -1 }],
  ['half a leaf', { size: 0.5 }],
  ['a short root', { root: Buffer.alloc(31) }],
])('a checkpoint with %s is never written', (_name, change) => {
  expect(() => formatCheckpoint({ ...checkpoint, ...change })).toThrow(
    expect.objectContaining({ code: 'checkpoint_invalid' }),
  );
});

test('any flipped byte is noticed', () => {
  const bytes = Buffer.from(note);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ flip;
      expect(() => openNote(altered.toString(), [key])).toThrow(
        expect.objectContaining({ name: 'IntegrityError' }),
      );
    }),
  );
});

describe('signatures', () => {
  const stranger = aSigner('witness.example', 2);
  const strangerKey = { name: stranger.name, publicKey: stranger.publicKey };
  const strangerLine = lineOf(stranger, body);

  test('of strangers are ignored', () => {
    expect(openNote(`${note}${strangerLine}`, [key]).signedBy).toEqual([key]);
    expect(openNote(`${body}\n${strangerLine}${signatureLine}\n`, [key]).signedBy).toEqual([key]);
  });

  test("of other types under the log's own name are ignored, whatever their length", () => {
    const other = `— ${origin} ${Buffer.alloc(150, 9).toString('base64')}\n`;
    expect(openNote(`${note}${other}`, [key]).signedBy).toEqual([key]);
  });

  test('of other known keys are reported, and must hold', () => {
    const keys = [key, strangerKey];
    expect(openNote(`${note}${strangerLine}`, keys).signedBy).toEqual(keys);
    const wrong = lineOf(stranger, `${body}x`);
    expect(() => openNote(`${note}${wrong}`, keys)).toThrow(unsigned);
  });

  test("of a known key that is not the log's do not make a checkpoint", () => {
    expect(() => openNote(`${body}\n${strangerLine}`, [key, strangerKey])).toThrow(unsigned);
  });

  test('over another body do not hold', () => {
    const larger = formatCheckpoint({ ...checkpoint, size: 43 });
    expect(() => openNote(note.replace(body, larger), [key])).toThrow(unsigned);
  });

  test('of another key under the same name do not count', () => {
    const imposter = aSigner(origin, 3);
    expect(() => openNote(signCheckpoint(checkpoint, imposter), [key])).toThrow(unsigned);
  });

  test('of a key whose id was copied do not hold', () => {
    const imposter = aSigner(origin, 3);
    const signature = imposter.sign(Buffer.from(body));
    const forged = composeNote(body, {
      name: origin,
      keyId: keyId(origin, key.publicKey),
      signature,
    });
    expect(() => openNote(forged, [key])).toThrow(unsigned);
  });

  test('count for nothing where no key is known', () => {
    expect(() => openNote(note, [])).toThrow(unsigned);
  });

  test('under a low-order key are never believed', () => {
    const weak = { name: origin, publicKey: Buffer.from('01'.padEnd(64, '0'), 'hex') };
    const signature = Buffer.concat([weak.publicKey, Buffer.alloc(32)]);
    const forged = composeNote(body, {
      name: origin,
      keyId: keyId(origin, weak.publicKey),
      signature,
    });
    expect(() => openNote(forged, [weak])).toThrow(expect.objectContaining({ code: 'key_weak' }));
  });

  test('are refused when there are more than a hundred', () => {
    expect(openNote(note + strangerLine.repeat(99), [key]).signedBy).toEqual([key]);
    expect(() => openNote(note + strangerLine.repeat(100), [key])).toThrow(malformed);
  });
});

test.each([
  ['nothing', ''],
  ['no signature', body],
  ['an empty signature block', `${body}\n`],
  ['no newline at its end', note.slice(0, -1)],
  ['a line too many', `${note}\n`],
  ['a hyphen for the dash', note.replace('—', '-')],
  ['no space after the dash', note.replace('— ', '—')],
  ['two spaces after the dash', note.replace('— ', '—  ')],
  ['no name', note.replace(`— ${origin} `, '— ')],
  ['a comment after the signature', note.replace(/\n$/, ' hello\n')],
  ['text after the signatures', `${note}hello\n`],
  ['loose base64', note.replace(/\n$/, '=\n')],
  ['a signature that is only a key id', `${body}\n— ${origin} AAAAAA==\n`],
  ['carriage returns', note.replaceAll('\n', '\r\n')],
  ['an extension line', resigned(`${body}extension\n`)],
  ['a leading zero', resigned(body.replace('42', '042'))],
  ['a sign', resigned(body.replace('42', '+42'))],
  ['an exponent', resigned(body.replace('42', '4e1'))],
  ['a size beyond counting', resigned(body.replace('42', '9007199254740992'))],
  ['no size', resigned(body.replace('42', ''))],
  ['a short root', resigned(`${origin}\n42\nAAAA\n`)],
  ['another base64 alphabet', resigned(body.replace('+', '-'))],
  ['no origin', resigned(body.replace(origin, ''))],
  ['two lines', resigned(`${origin}\n42\n`)],
])('a note with %s is malformed, even if it is signed', (_name, altered) => {
  expect(() => openNote(altered, [key])).toThrow(malformed);
});

testWith(['openssl'], 'openssl believes a checkpoint, and not an altered one', () => {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-openssl-'));
  const file = (name: string, bytes: string | Buffer) => {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  };
  const pem = importEd25519(signer.publicKey).export({
    type: 'spki',
    format: 'pem',
  });
  const signature = Buffer.from(signatureLine.split(' ')[2] ?? '', 'base64').subarray(4);
  const verify = (text: string) =>
    runTool(
      'openssl pkeyutl -verify -pubin -rawin -inkey'
        .split(' ')
        .concat(file('key.pem', pem), '-sigfile', file('sig', signature), '-in', file('in', text)),
    ).exitCode;
  try {
    expect(verify(body)).toBe(0);
    expect(verify(body.replace('42', '41'))).not.toBe(0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

function lineOf(by: typeof signer, text: string): string {
  const signature = by.sign(Buffer.from(text));
  return composeNote('', { name: by.name, keyId: keyId(by.name, by.publicKey), signature }).slice(
    1,
  );
}

/** A note that the log's own key signed, whatever it says. */
function resigned(text: string): string {
  return `${text}\n${lineOf(signer, text)}`;
}
