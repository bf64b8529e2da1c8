import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { verifyCopy } from '../../src/engine/proof/verify-copy.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { formatCheckpoint } from '../../src/journal/checkpoint.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { bundlePath, decodeBundle, encodeBundle } from '../../src/journal/tiles.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { openTileFiles } from '../../src/sinks/tile-files.ts';
import type { Store } from '../../src/store/store.ts';
import { receiptsOf, say } from '../audit/court.ts';
import { commitKeys, rotationEvent, withRecoveryKey } from '../support/keys.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { configSet } from '../support/some-events.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { writeTiles } from '../support/tiles.ts';

const gated = `
name: gated
steps:
  - { id: restart, privileged: true, run: "true" }
`;

interface Copied {
  readonly scene: Scene;
  readonly store: Store;
  readonly folder: string;
  readonly key: string;
  readonly size: number;
}

/** A journal with one approved run, and so many entries more; its copy in a folder. */
async function openCopied(more = 0): Promise<Copied> {
  const scene = openScene({ runbook: gated });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  for (let at = 0; at < more; at += 50) {
    await say(
      { scene, run: null as never },
      ...Array.from({ length: Math.min(50, more - at) }, () => configSet()),
    );
  }
  const { store } = scene.engine();
  const folder = tempFolder();
  await writeTiles(store, folder);
  const { name, publicKey } = newestKey(await store.keys());
  return {
    scene,
    store,
    folder,
    key: formatVerifierKey(name, publicKey),
    size: (await store.head()).size,
  };
}

function verify(
  location: string,
  more: Partial<Parameters<typeof verifyCopy>[1]> = {},
): Promise<VerifyReport> {
  const nothing = { keys: [], receipts: [], pins: [], nowMs: 0, progress: () => undefined };
  return verifyCopy(openTileFiles(location, '/'), { ...nothing, ...more });
}

function verdict(report: VerifyReport, name: string): VerifyReport['verdicts'][number] | undefined {
  return report.verdicts.find((each) => each.name === name);
}

/** Serves a folder's files, and says how often each was asked for. */
async function serve(folder: string, status = 200): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    try {
      const bytes = readFileSync(join(folder, path.replace(/^\/copy\//, '')));
      response.writeHead(status).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/copy`, asked };
}

describe('a copy in the static layout', () => {
  test('holds against the key that the reader knows, and is not judged for what it cannot show', async () => {
    const { folder, key, size } = await openCopied(600);
    const report = await verify(folder, { keys: [key] });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(verdict(report, 'integrity')).toMatchObject({ ok: true });
    expect(verdict(report, 'integrity')?.anchor).toContain(`head of ${size} entries`);
    expect(verdict(report, 'integrity')?.anchor).not.toContain('taken from');
    expect(verdict(report, 'authorization')).toMatchObject({
      ok: null,
      anchor: 'not judged: this copy has no blobs',
    });
  });

  test('is read over HTTP alike, each file once', async () => {
    const { folder, key } = await openCopied(600);
    const { url, asked } = await serve(folder);
    for (const address of [url, `${url}/`]) {
      expect(await verify(address, { keys: [key] })).toMatchObject({ findings: [], exit_code: 0 });
    }
    const half = asked.slice(0, asked.length / 2);
    expect(new Set(half).size).toBe(half.length);
  });

  test('says that its key is its own word where the reader gave none', async () => {
    const { folder } = await openCopied();
    const report = await verify(folder);
    expect(report.exit_code).toBe(0);
    expect(verdict(report, 'integrity')?.anchor).toContain('taken from the copy itself');
  });

  test('of a log whose key was changed is led by its own first key, and says so', async () => {
    const { store, folder } = await openCopied();
    const recovery = await withRecoveryKey(store);
    await commitKeys(store, await rotationEvent(store, recovery));
    await writeTiles(store, folder);
    const report = await verify(folder);
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(verdict(report, 'integrity')?.anchor).toContain(
      'taken from the copy itself, with what leads to it',
    );
  });

  test('that ends before a change of keys is behind for whoever saw the log later', async () => {
    const { scene, store, folder, size } = await openCopied();
    const recovery = await withRecoveryKey(store);
    await commitKeys(store, await rotationEvent(store, recovery));
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    const pins = scene.people.robin.approver.pins();
    const report = await verify(folder, { pins });
    expect(report.exit_code).toBe(14);
    expect(report.findings).toMatchObject([{ code: 'E_TRUNCATED', index: size }]);
    expect(report.findings[0]?.message).toMatch(
      /^pin: it saw \d+ entries, .*: this is behind a change of keys, or its end was cut$/,
    );
  });

  test('under a key that is another log’s is refused as unknown', async () => {
    const [one, other] = [await openCopied(), await openCopied()];
    const report = await verify(one.folder, { keys: [other.key] });
    expect(report.exit_code).toBe(14);
    expect(report.findings.map(({ code }) => code)).toContain('E_KEY_UNKNOWN');
  });

  test('holds receipts that approvers kept', async () => {
    const { scene, folder, key } = await openCopied();
    const receipts = receiptsOf(scene, 'robin');
    const report = await verify(folder, { keys: [key], receipts });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(verdict(report, 'completeness')?.anchor).toContain('receipt');
  });

  test('is judged as it was when its checkpoint was read, though it grew since', async () => {
    const { scene, store, folder, key, size } = await openCopied();
    const checkpoint = readFileSync(join(folder, 'checkpoint'));
    await say({ scene, run: null as never }, ...Array.from({ length: 300 }, () => configSet()));
    rmSync(join(folder, 'tile'), { recursive: true });
    await writeTiles(store, folder);
    // The partial bundle is gone: the whole one holds its entries.
    writeFileSync(join(folder, 'checkpoint'), checkpoint);
    const report = await verify(folder, { keys: [key] });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
    expect(verdict(report, 'integrity')?.anchor).toContain(`head of ${size} entries`);
  });
});

describe('a copy that was changed', () => {
  /** Writes the first bundle anew. */
  function rewrite(folder: string, change: (entries: Buffer[]) => Buffer): void {
    const file = join(folder, bundlePath(0));
    writeFileSync(
      file,
      change(decodeBundle(readFileSync(file), 256).map((each) => Buffer.from(each))),
    );
  }

  const flip = (bytes: Buffer | undefined): void => {
    bytes?.writeUInt8((bytes.at(-3) ?? 0) ^ 1, bytes.length - 3);
  };

  test('names every entry that was altered, not only the first', async () => {
    const { folder, key } = await openCopied(300);
    rewrite(folder, (entries) => {
      for (const at of [20, 21, 200]) {
        flip(entries[at]);
      }
      return encodeBundle(entries);
    });
    const { findings, exit_code } = await verify(folder, { keys: [key] });
    expect(exit_code).toBe(14);
    expect(findings.filter(({ code }) => code === 'E_LEAF').map(({ index }) => index)).toEqual([
      20, 21, 200,
    ]);
    expect(findings.map(({ code }) => code)).toContain('E_STH_SIG');
  });

  test('with bytes behind the entries of a bundle is damaged', async () => {
    const { folder, key } = await openCopied(300);
    rewrite(folder, (entries) => Buffer.concat([encodeBundle(entries), Buffer.from('{}')]));
    const { findings, exit_code } = await verify(folder, { keys: [key] });
    expect(exit_code).toBe(14);
    expect(findings[0]).toMatchObject({ code: 'E_LEAF', index: 0 });
  });

  test('with bytes behind an entry is named by its index', async () => {
    const { folder, key } = await openCopied(300);
    rewrite(folder, (entries) =>
      encodeBundle(
        entries.map((each, at) => (at === 30 ? Buffer.concat([each, Buffer.from(' ')]) : each)),
      ),
    );
    const { findings } = await verify(folder, { keys: [key] });
    expect(findings).toContainEqual(expect.objectContaining({ code: 'E_LEAF', index: 30 }));
  });

  test('without one of its bundles says which entries are missing, and judges the rest', async () => {
    const { folder, key } = await openCopied(600);
    rmSync(join(folder, bundlePath(1)));
    rmSync(join(folder, 'tile/0'), { recursive: true });
    const { findings } = await verify(folder, { keys: [key] });
    expect(findings.filter(({ code }) => code === 'E_SEQ')).toEqual([
      { code: 'E_SEQ', index: 256, message: 'entries 256 to 511 are missing' },
    ]);
  });

  test('with a checkpoint over entries that nobody has ends soon', async () => {
    const { folder, key, store } = await openCopied();
    const { root } = await store.head();
    const note = readFileSync(join(folder, 'checkpoint'), 'utf8');
    const body = formatCheckpoint({ origin: store.origin, size: 2 ** 50, root });
    writeFileSync(join(folder, 'checkpoint'), `${body}${note.slice(note.indexOf('\n\n') + 1)}`);
    const { findings, exit_code } = await verify(folder, { keys: [key] });
    expect(exit_code).toBe(14);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'E_SEQ' }));
  });
});

describe('a place that holds no copy', () => {
  test('is said to hold none', async () => {
    await expect(verify(tempFolder())).rejects.toMatchObject({ code: 'copy_unreadable' });
  });

  test('is told apart from a server that is ill', async () => {
    const { folder } = await openCopied();
    const { url } = await serve(folder, 503);
    await expect(verify(url)).rejects.toMatchObject({ code: 'copy_unreadable', exitCode: 18 });
  });

  test.each(['ftp://127.0.0.1/x', 'https://127.0.0.1/?a=b', 'http://'])(
    '%s is no address of one',
    (address) => {
      expect(() => openTileFiles(address, '/')).toThrow(
        expect.objectContaining({ code: 'copy_address' }),
      );
    },
  );
});
