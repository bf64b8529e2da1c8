import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verifyPrograms } from '../../src/audit/bundle/program-texts.ts';
import { readme } from '../../src/audit/bundle/readme.ts';
import { runTool } from '../../src/base/tool.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { formatCheckpoint } from '../../src/journal/checkpoint.ts';
import { signCosignature } from '../../src/journal/cosignature.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { timestampRequest, tokenOf } from '../../src/sinks/timestamp/exchange.ts';
import { auditorsPath, python, shell, sumdb, tools } from '../support/auditor.ts';
import { exporting, openTouchScene } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import type { Scene } from '../support/scene.ts';
import { aSigner } from '../support/signer.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { openAuthority } from '../support/timestamp-authority.ts';

/** An engine whose head a witness and a timestamp authority have seen. */
async function anchored(scene: Scene): Promise<Engine> {
  const { store } = scene.engine();
  const { size, root } = await store.head();
  const body = formatCheckpoint({ origin: store.origin, size, root });
  const witness = aSigner('witness.example/w1', 3);
  const authority = openAuthority();
  const token = tokenOf(authority.reply(timestampRequest(Buffer.from(body), Buffer.alloc(8, 7))));
  const base = { size, root: root.toString('base64'), at: new Date().toISOString() };
  const line = signCosignature(body, witness, Math.floor(Date.now() / 1000));
  await store.putAnchor({ ...base, by: 'office', kind: 'cosignature', evidence: line });
  await store.putAnchor({
    ...base,
    by: 'tsa',
    kind: 'timestamp',
    evidence: token.toString('base64'),
  });
  const verifierKey = formatVerifierKey(witness.name, witness.publicKey, 'cosignature');
  const { certificates } = authority;
  return {
    ...scene.engine(),
    sinks: [
      aSink('office', 'witness', { kind: 'cosignature', verifierKey }),
      aSink('tsa', 'timestamp', { kind: 'timestamp', certificates }),
    ],
  };
}

function aSink(
  name: string,
  kind: Sink['kind'],
  key: ReturnType<NonNullable<Sink['anchorKey']>>,
): Sink {
  const nothing = { counts: false, wants: 'head', batch: 1, address: name } as const;
  const unused = (): never => {
    throw new Error('nobody delivers here');
  };
  return { name, kind, ...nothing, anchorKey: () => key, head: unused, deliver: unused };
}

const needed = [...tools, python, sumdb];

describe('an auditor without Node', () => {
  testWith(needed, 'runs the README of a bundle from its first command to its last', async () => {
    const scene = await openTouchScene();
    const { bundle } = await exporting(scene, {}, await anchored(scene));
    const dir = tempFolder();
    writeFileSync(join(dir, 'evidence.tar'), bundle);
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
    expect(blocks.length).toBe(6);
    const { exitCode, said } = shell(blocks.join('\necho "== done"\n'), dir);
    expect({ exitCode, said }).toEqual({ exitCode: 0, said });
    expect(said).toMatch(/HOLDS: \d+ entries/);
    expect(said).toMatch(/HOLDS: witnesses\/office.vkey 17\d{8}/);
    expect(said.match(/Good "approval@runbook\/v1" signature/g)).toHaveLength(4);
    expect(said).toContain('Signature Verified Successfully');
    expect(said).toContain('Verification: OK');
    expect(said).toMatch(/entries and \d+ older heads hold/);
    expect(said.match(/== done/g)).toHaveLength(5);
    expect(
      runTool(['sh', '-c', 'command -v node || true'], {
        env: { PATH: auditorsPath() },
      }).stdout.toString(),
    ).toBe('');
  });

  test.each(Object.entries(verifyPrograms))(
    'reads no more than a hundred lines in %s, and none that is too wide',
    (_name, text) => {
      const lines = text.trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(100);
      expect(lines.filter((line) => line.length > 112)).toEqual([]);
    },
  );
});
