import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { signCosignature, verifyCosignatures } from '../../src/journal/cosignature.ts';
import { addSignatures, splitNote } from '../../src/journal/note.ts';
import { formatVerifierKey, parseVerifierKey } from '../../src/journal/verifier-key.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import { type Sink, SinkConflict } from '../../src/sinks/sink.ts';
import { answering } from '../support/answering.ts';
import { type MemoryLog, memoryLog } from '../support/memory-log.ts';
import { mirroredEntries } from '../support/mirrored.ts';
import { aSigner } from '../support/signer.ts';
import { watching } from '../support/watching.ts';

const log = memoryLog(700);
const logKey = formatVerifierKey(log.view.origin, log.signer.publicKey);
const stranger = aSigner('mirror.test', 7);
const strangerKey = formatVerifierKey(stranger.name, stranger.publicKey, 'cosignature');
const soon = (): AbortSignal => AbortSignal.timeout(20_000);

function sinkAt(url: string, key: string): Sink {
  const text = `m: { kind: mirror, url: "${url}", key: "${key}" }`;
  const [sink] = openSinks(parseYaml(text, 'config.yaml', 'config_invalid'), {
    clock: systemClock,
    env: {},
    log: () => undefined,
  });
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return sink;
}

function deliver(sink: Sink, of: MemoryLog, { from, to }: { from: number; to: number }) {
  return sink.deliver({ from, head: of.headAt(to), log: of.view }, soon());
}

const failure = (code: string): unknown => expect.objectContaining({ name: 'JournalError', code });

async function mirroring(keys: readonly string[] = [logKey]) {
  const watch = await watching(keys);
  const key = watch.mirror?.verifierKey ?? '';
  return { ...watch, key, sink: sinkAt(watch.url, key) };
}

describe('a mirror that is ours', () => {
  test('has every entry of each head it cosigned, as files and over HTTP', async () => {
    const { sink, dir, url, key } = await mirroring();
    let from = 0;
    for (const to of [1, 3, 255, 256, 257, 511, 512, 640, 700]) {
      const said = await deliver(sink, log, { from, to });
      expect(said).toMatchObject({ size: to, root: log.headAt(to).root });
      const evidence = 'anchor' in said ? (said.anchor?.evidence ?? '') : '';
      const cosigned = addSignatures(log.headAt(to).note, evidence);
      expect(verifyCosignatures(cosigned, [parseVerifierKey(key, 'cosignature')])).toHaveLength(1);
      const mirrored = await mirroredEntries({ dir, url, origin: log.view.origin });
      expect(mirrored.note).toBe(cosigned);
      expect(mirrored.entries).toEqual(log.entries.slice(0, to));
      from = to;
    }
  }, 60_000);

  test('signs with a key of its own, and not for heads alone', async () => {
    const { url, key, witness } = await mirroring();
    expect(key).not.toBe(witness.verifierKey);
    const heads = sinkAt(url, witness.verifierKey);
    await expect(deliver(heads, log, { from: 0, to: 3 })).rejects.toThrow(failure('sink_answer'));
  });

  test('is sent what it lacks, whatever we thought it had', async () => {
    const { sink } = await mirroring();
    await deliver(sink, log, { from: 0, to: 300 });
    expect(await deliver(sink, log, { from: 0, to: 310 })).toMatchObject({ size: 310 });
    expect(await deliver(sink, log, { from: 310, to: 310 })).toMatchObject({ size: 310 });
    expect(await deliver(sink, log, { from: 400, to: 500 })).toMatchObject({ size: 500 });
    expect(await sink.head(log.view, soon())).toMatchObject({ size: 500 });
  });

  test('takes more than one upload holds', async () => {
    const long = memoryLog(8200, { origin: log.view.origin });
    const { sink, dir, url } = await mirroring();
    expect(await deliver(sink, long, { from: 0, to: 8200 })).toMatchObject({ size: 8200 });
    const { entries } = await mirroredEntries({ dir, url, origin: log.view.origin });
    expect(entries).toEqual(long.entries);
  }, 60_000);

  test('comes up to a newer head of ours that it knows of already', async () => {
    const { url, key, witness, sink } = await mirroring();
    await sinkAt(url, key)
      .deliver({ from: 0, head: log.headAt(20), log: log.view }, soon())
      .catch(() => undefined);
    const { note } = log.headAt(30);
    const proof = await log.view.consistencyProof(20, 30);
    const hashes = proof.map((hash) => `${hash.toString('base64')}\n`).join('');
    expect(witness.addCheckpoint(`old 20\n${hashes}\n${note}`).status).toBe(200);
    expect(await deliver(sink, log, { from: 20, to: 25 })).toMatchObject({ size: 30 });
  });

  test('tells a journal that was put back, and one that was rewritten', async () => {
    const { sink } = await mirroring();
    await deliver(sink, log, { from: 0, to: 300 });
    const back = await deliver(sink, memoryLog(200), { from: 0, to: 200 });
    expect(back).toMatchObject({ elsewhere: { size: 300 } });
    const forked = memoryLog(400, { branch: 'other', from: 100 });
    await expect(deliver(sink, forked, { from: 300, to: 400 })).rejects.toThrow(SinkConflict);
    expect(await sink.head(log.view, soon())).toMatchObject({ size: 300 });
  });

  test('cannot be given what was pruned', async () => {
    const { sink } = await mirroring();
    const pruned = {
      ...log.view,
      entries: async (from: number, to: number) =>
        (await log.view.entries(from, to)).filter(({ seq }) => seq !== 7),
    };
    const delivery = { from: 0, head: log.headAt(20), log: pruned };
    await expect(sink.deliver(delivery, soon())).rejects.toThrow(failure('sink_pruned'));
  });
});

describe('a mirror that is mean', () => {
  /** Takes every head, and answers uploads like this. */
  const mean = (status: number, body: () => string): Promise<string> =>
    answering((request, answer) => {
      request.resume();
      request.on('end', () => {
        const isUpload = request.url === '/add-entries';
        answer.writeHead(isUpload ? status : 200).end(isUpload ? body() : '');
      });
    });
  const cosigned = (size: number): string =>
    signCosignature(splitNote(log.headAt(size).note).body, stranger, Math.floor(Date.now() / 1000));

  test.each([
    ['says nothing', 200, () => '', 'sink_answer'],
    ['cosigns an older head', 200, () => cosigned(2), 'sink_answer'],
    ['never has enough', 202, () => '3\n0\n\n', 'sink_answer'],
    ['is always elsewhere', 409, () => '3\n3\n\n', 'sink_answer'],
    ['says nonsense', 409, () => 'three\n', 'sink_answer'],
    ['does not believe our entries', 422, () => 'no\n', 'sink_refused'],
    ['is full', 503, () => 'no\n', 'sink_refused'],
  ])('and %s has acknowledged nothing', async (_name, status, body, code) => {
    const sink = sinkAt(await mean(status, body), strangerKey);
    await expect(deliver(sink, log, { from: 0, to: 3 })).rejects.toThrow(failure(code));
  });

  test('and has seen more than there is tells that we were put back', async () => {
    const sink = sinkAt(await mean(409, () => '900\n900\n\n'), strangerKey);
    expect(await deliver(sink, log, { from: 0, to: 3 })).toEqual({
      elsewhere: { size: 900, root: null },
    });
  });
});
