import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { runTool } from '../../src/base/tool.ts';
import { signCheckpoint } from '../../src/journal/checkpoint.ts';
import { encodeLeaf, leafHash } from '../../src/journal/leaf.ts';
import { consistencyProof, inclusionProof, treeRoot } from '../../src/journal/merkle.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { testWith } from '../support/foreign.ts';
import { aSigner } from '../support/signer.ts';
import { storeNodes } from '../support/tree.ts';

/** Where Debian's golang-golang-x-mod-dev puts the packages; no network is needed to build. */
const goPath = '/usr/share/gocode';
const sumdb = `${goPath}/src/golang.org/x/mod/sumdb`;

interface Claim {
  readonly note: string;
  readonly older?: string;
  readonly leaf?: string;
  readonly seq?: number;
  readonly proof?: readonly string[];
}

const origin = 'runbook.example/go';
const signer = aSigner(origin);
const leaves = Array.from({ length: 130 }, (_, seq) => aLeaf(seq));
const hashes = leaves.map(leafHash);
const read = storeNodes(hashes);
const noteAt = (size: number) =>
  signCheckpoint({ origin, size, root: treeRoot(hashes.slice(0, size)) }, signer);
const noHash = Buffer.alloc(32, 9).toString('base64');
const sizes = [1, 2, 3, 7, 8, 9, 64, 100, 127, 128, 129, 130];

const dir = mkdtempSync(join(tmpdir(), 'runbook-go-'));
afterAll(() => rmSync(dir, { recursive: true }));

testWith(['go', sumdb], "Go's sumdb believes our notes and proofs, and no altered one", () => {
  const program = join(dir, 'check');
  buildChecker(program);
  const sound = [
    ...sizes.map((size) => ({ note: noteAt(size) })),
    ...inclusions(),
    ...consistencies(),
  ];
  expect(sound.length).toBeGreaterThan(700);
  expect(judge(program, sound).filter((verdict) => verdict !== '')).toEqual([]);

  const altered = sound.flatMap(alterations);
  const believed = judge(program, altered).map((verdict, at) =>
    verdict === '' ? altered[at] : null,
  );
  expect(believed.filter((claim) => claim !== null)).toEqual([]);
});

function aLeaf(seq: number): Buffer {
  return encodeLeaf({
    v: 1,
    origin,
    seq,
    type: 'step.started',
    time: '2026-11-21T22:00:00.000Z',
    mono: seq,
    boot: 'b',
    run: null,
    cmd: `c.${seq}`,
    data: { step: 'größe' },
  });
}

function inclusions(): readonly Claim[] {
  return sizes.flatMap((size) => {
    const note = noteAt(size);
    return leaves.slice(0, size).map((leaf, seq) => ({
      note,
      seq,
      leaf: leaf.toString('base64'),
      proof: inclusionProof(seq, size, read).map((hash) => hash.toString('base64')),
    }));
  });
}

function consistencies(): readonly Claim[] {
  return sizes.flatMap((size) => {
    const note = noteAt(size);
    return leaves.slice(0, size).map((_leaf, seq) => ({
      note,
      older: noteAt(seq + 1),
      proof: consistencyProof(seq + 1, size, read).map((hash) => hash.toString('base64')),
    }));
  });
}

/** The same claim, each time with one thing changed. */
function alterations(claim: Claim): readonly Claim[] {
  const { note, proof, leaf, seq } = claim;
  const other = hashes[0]?.toString('base64') ?? '';
  const altered: Claim[] = [
    { ...claim, note: note.replace(/\n(\d+)\n/, (_line, size) => `\n${Number(size) + 1}\n`) },
    { ...claim, note: note.replace(`${origin}\n`, `${origin}x\n`) },
  ];
  if (proof !== undefined) {
    altered.push({ ...claim, proof: [...proof, other] });
  }
  if (proof !== undefined && proof.length > 0) {
    altered.push(
      { ...claim, proof: proof.slice(1) },
      { ...claim, proof: [...proof.slice(1), noHash] },
    );
  }
  if (leaf !== undefined && seq !== undefined) {
    altered.push({ ...claim, leaf: aLeaf(seq + 1).toString('base64') }, { ...claim, seq: seq + 1 });
  }
  return altered;
}

function buildChecker(program: string): void {
  const source = fileURLToPath(new URL('../fixtures/go/check.go', import.meta.url));
  const settings = ['GO111MODULE=off', `GOPATH=${goPath}`, `GOCACHE=${join(dir, 'cache')}`];
  const argv = ['env', ...settings, 'go', 'build', '-o', program, source];
  expect(runTool(argv, { timeoutMs: 300_000 })).toMatchObject({ exitCode: 0, stderr: '' });
}

function judge(program: string, claims: readonly Claim[]): readonly string[] {
  const verifierKey = formatVerifierKey(origin, signer.publicKey);
  const input = Buffer.from(JSON.stringify({ verifier_key: verifierKey, claims }));
  const result = runTool([program], { input });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(result.stdout.toString()) as readonly string[];
}
