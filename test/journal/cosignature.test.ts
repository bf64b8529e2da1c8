import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { importEd25519 } from '../../src/base/ed25519.ts';
import { runTool } from '../../src/base/tool.ts';
import { formatCheckpoint, openNote, signCheckpoint } from '../../src/journal/checkpoint.ts';
import { signCosignature, verifyCosignatures } from '../../src/journal/cosignature.ts';
import { emptyRoot } from '../../src/journal/merkle.ts';
import { addSignatures, composeNote, splitNote } from '../../src/journal/note.ts';
import { keyId } from '../../src/journal/verifier-key.ts';
import { testWith } from '../support/foreign.ts';
import { aSigner } from '../support/signer.ts';

const origin = 'runbook.local/web1/0k3v';
const log = aSigner(origin);
const witness = aSigner('witness.example/w1', 2);
const logKey = { name: origin, publicKey: log.publicKey };
const witnessKey = { name: witness.name, publicKey: witness.publicKey };
const checkpoint = { origin, size: 42, root: emptyRoot() };
const body = formatCheckpoint(checkpoint);
const note = signCheckpoint(checkpoint, log);
const time = 1_679_315_147;
const line = signCosignature(body, witness, time);

const unsigned: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_STH_SIG' });
const malformed: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_STH_FORM' });

// C2SP tlog-cosignature, as printed there. Its public keys are not published, so only its form is read.
const published = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

test("the example of C2SP has ours' form, and its time stands where ours does", () => {
  const [, cosigned] = splitNote(published).signatures;
  expect(cosigned?.signature).toHaveLength(72);
  expect(cosigned?.signature.readBigUInt64BE()).toBe(BigInt(time));
});

test('a cosignature is one line, and tells who and when', () => {
  expect(line).toMatch(/^— witness\.example\/w1 [A-Za-z0-9+/]{102}==\n$/);
  expect(verifyCosignatures(addSignatures(note, line), [witnessKey])).toEqual([
    { key: witnessKey, timeSeconds: time, line },
  ]);
});

test("a cosigned note is still the log's, and a cosignature alone does not make it one", () => {
  expect(openNote(addSignatures(note, line), [logKey]).signedBy).toEqual([logKey]);
  expect(() => openNote(`${body}\n${line}`, [logKey, witnessKey])).toThrow(unsigned);
});

test('any time that counts exactly can be signed', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (timeSeconds) => {
      const cosigned = addSignatures(note, signCosignature(body, witness, timeSeconds));
      expect(verifyCosignatures(cosigned, [witnessKey])[0]?.timeSeconds).toBe(timeSeconds);
    }),
    { numRuns: 50 },
  );
});

test.each([0.5, -1, Number.NaN, 2 ** 53])('no cosignature is made at %s', (timeSeconds) => {
  expect(() => signCosignature(body, witness, timeSeconds)).toThrow(
    expect.objectContaining({ code: 'cosignature_time' }),
  );
});

test('any flipped bit of a cosignature is noticed', () => {
  const [cosigned] = splitNote(`${body}\n${line}`).signatures;
  const signature = cosigned?.signature ?? Buffer.alloc(0);
  for (let at = 0; at < signature.length * 8; at += 1) {
    const altered = Buffer.from(signature);
    altered[at >> 3] = (altered[at >> 3] ?? 0) ^ (1 << (at & 7));
    const forged = composeNote(body, { ...idOf(witness), signature: altered });
    expect(() => verifyCosignatures(forged, [witnessKey])).toThrow(unsigned);
  }
});

test.each([
  ['over another head', `${formatCheckpoint({ ...checkpoint, size: 43 })}\n${line}`],
  [
    'without a time',
    composeNote(body, { ...idOf(witness), signature: witness.sign(Buffer.from(body)) }),
  ],
  [
    'by another key under its id',
    composeNote(body, { ...idOf(witness), signature: cosignedBy(aSigner(witness.name, 3)) }),
  ],
])('a cosignature %s does not hold', (_name, forged) => {
  expect(() => verifyCosignatures(forged, [witnessKey])).toThrow(unsigned);
});

test('lines of strangers, and of other types under its name, are ignored', () => {
  const stranger = signCosignature(body, aSigner(witness.name, 3), time);
  const plain = composeNote('', {
    name: witness.name,
    keyId: keyId(witness.name, witness.publicKey),
    signature: witness.sign(Buffer.from(body)),
  }).slice(1);
  const cosigned = addSignatures(note, `${stranger}${plain}${line}`);
  expect(verifyCosignatures(cosigned, [witnessKey])).toHaveLength(1);
  expect(verifyCosignatures(note, [witnessKey])).toEqual([]);
});

test('what is added to a note can only be signature lines', () => {
  expect(addSignatures(note, '')).toBe(note);
  for (const more of ['hello\n', '\n', `\nother\n\n${line}`, line.trimEnd()]) {
    expect(() => addSignatures(note, more)).toThrow(malformed);
  }
});

testWith(['openssl'], 'openssl believes a cosignature, and not at another time', () => {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-openssl-'));
  const file = (name: string, bytes: string | Buffer) => {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  };
  const pem = importEd25519(witness.publicKey).export({ type: 'spki', format: 'pem' });
  const sig = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(12);
  const verify = (text: string) =>
    runTool(
      'openssl pkeyutl -verify -pubin -rawin -inkey'
        .split(' ')
        .concat(file('key.pem', pem), '-sigfile', file('sig', sig), '-in', file('in', text)),
    ).exitCode;
  try {
    expect(verify(`cosignature/v1\ntime ${time}\n${body}`)).toBe(0);
    expect(verify(`cosignature/v1\ntime ${time + 1}\n${body}`)).not.toBe(0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

function idOf({ name, publicKey }: typeof witness) {
  return { name, keyId: keyId(name, publicKey, 'cosignature') };
}

function cosignedBy(other: typeof witness): Buffer {
  return Buffer.from(signCosignature(body, other, time).split(' ')[2] ?? '', 'base64').subarray(4);
}
