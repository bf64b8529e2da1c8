import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { formatCheckpoint, signCheckpoint } from '../../src/journal/checkpoint.ts';
import { verifyCosignatures } from '../../src/journal/cosignature.ts';
import { parseFork, verifyFork } from '../../src/journal/fork.ts';
import { addSignatures } from '../../src/journal/note.ts';
import { formatVerifierKey, parseVerifierKey } from '../../src/journal/verifier-key.ts';
import { knownLogs } from '../../src/witness/known-logs.ts';
import { openWatch } from '../../src/witness/open-watch.ts';
import { type MemoryLog, memoryLog } from '../support/memory-log.ts';
import { aSigner } from '../support/signer.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { watching } from '../support/watching.ts';

const log = memoryLog(130);
const { origin } = log.view;
const logKey = formatVerifierKey(origin, log.signer.publicKey);
const conflict = (size: number) => ({
  status: 409,
  contentType: 'text/x.tlog.size',
  body: `${size}\n`,
});

function openHere({ dir = tempFolder(), keys = [logKey] }: { dir?: string; keys?: string[] } = {}) {
  const lines: JsonObject[] = [];
  const { witness, close } = openWatch({
    dir,
    name: 'witness.test',
    logs: knownLogs(keys),
    mirrors: false,
    clock: systemClock,
    log: (line) => lines.push(line),
  });
  onTestFinished(close);
  return { dir, lines, witness, close, add: (body: string) => witness.addCheckpoint(body) };
}

async function bodyOf(of: MemoryLog, from: number, to: number, note = of.headAt(to).note) {
  const proof = await of.view.consistencyProof(from, to);
  return `old ${from}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;
}

describe('what a witness has seen', () => {
  test('grows, and never goes back: not by an older head, and not by the same again', async () => {
    const { add, witness } = openHere();
    const first = await bodyOf(log, 0, 10);
    expect(add(first).status).toBe(200);
    expect(add(first)).toEqual(conflict(10));
    expect(add(await bodyOf(log, 10, 64)).status).toBe(200);
    expect(add(await bodyOf(log, 10, 64))).toEqual(conflict(64));
    expect(add(await bodyOf(log, 9, 10))).toEqual(conflict(64));
    expect(witness.newest(origin)?.checkpoint.size).toBe(64);
  });

  test('is cosigned once more when it is asked for again, with the time of then', async () => {
    const { add, witness } = openHere();
    add(await bodyOf(log, 0, 10));
    const { body } = add(await bodyOf(log, 10, 10));
    const key = parseVerifierKey(witness.verifierKey, 'cosignature');
    const cosigned = addSignatures(log.headAt(10).note, body.toString());
    const [{ timeSeconds } = { timeSeconds: 0 }] = verifyCosignatures(cosigned, [key]);
    expect(Math.abs(timeSeconds - Date.now() / 1000)).toBeLessThan(60);
  });

  test('is there after it went away, with the same key', async () => {
    const before = openHere();
    before.add(await bodyOf(log, 0, 10));
    before.close();
    const after = openHere({ dir: before.dir });
    expect(after.witness.verifierKey).toBe(before.witness.verifierKey);
    expect(after.add(await bodyOf(log, 0, 20))).toEqual(conflict(10));
    expect(after.add(await bodyOf(log, 10, 20)).status).toBe(200);
  });

  test('is never guessed: where its file is damaged, nothing is signed', async () => {
    const { add, dir } = openHere();
    const body = await bodyOf(log, 0, 10);
    const head = join(dir, 'heads', sha256(origin));
    add(body);
    writeFileSync(head, 'not a note');
    expect(() => add(body)).toThrow();
    expect(readFileSync(head, 'utf8')).toBe('not a note');
  });

  test('is of one process at a time, and of the next when that is gone', () => {
    const { dir, close } = openHere();
    expect(() => openHere({ dir })).toThrow(expect.objectContaining({ code: 'witness_held' }));
    close();
    const gone = { host: 'elsewhere', pid: 1, boot: 'an older one', startTime: '1' };
    writeFileSync(join(dir, 'lock'), JSON.stringify(gone));
    expect(openHere({ dir }).witness.newest(origin)).toBeNull();
  });

  test('lies in files that are its own alone', async () => {
    const { add, dir } = openHere();
    add(await bodyOf(log, 0, 10));
    for (const file of ['witness.key', join('heads', sha256(origin))]) {
      expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
    }
  });

  test('holds only what the log signed, not what others wrote below it', async () => {
    const { add, witness } = openHere();
    const { note } = log.headAt(10);
    const stranger = signCheckpoint({ ...log.headAt(10), origin: 'x' }, aSigner('x', 5));
    const [line = ''] = stranger.split('\n').slice(4);
    add(await bodyOf(log, 0, 10, `${note}${line}\n`));
    expect(witness.newest(origin)?.note).toBe(note);
  });
});

/** A head that the log did sign, with a proof that leads nowhere. */
function junkAt(each: number): string {
  const hash = Buffer.alloc(32, each).toString('base64');
  return `old 10\n${hash}\n\n${log.headAt(100).note}`;
}

describe('a log that contradicts itself', () => {
  const forked = memoryLog(130, { branch: 'other', from: 8 });

  test('by two heads of one size is proven to, to anybody', async () => {
    const { add, dir, lines } = openHere();
    add(await bodyOf(log, 0, 10));
    expect(add(await bodyOf(forked, 10, 10))).toEqual(conflict(10));
    const [file = ''] = readdirSync(join(dir, 'forks'));
    const proven = verifyFork(parseFork(readFileSync(join(dir, 'forks', file), 'utf8')));
    expect(proven).toMatchObject({ key: logKey, older: { size: 10 }, newer: { size: 10 } });
    expect(lines).toEqual([
      expect.objectContaining({
        event: 'fork',
        level: 'alarm',
        origin,
        from: 10,
        size: 10,
        proven: true,
      }),
    ]);
  });

  test('by a larger head on another beginning is proven to, where its own proof shows it', async () => {
    const { add, dir } = openHere();
    add(await bodyOf(log, 0, 10));
    expect(add(await bodyOf(forked, 10, 100)).status).toBe(422);
    const [file = ''] = readdirSync(join(dir, 'forks'));
    const proven = verifyFork(parseFork(readFileSync(join(dir, 'forks', file), 'utf8')));
    expect(proven).toMatchObject({ older: { size: 10 }, newer: { size: 100 } });
  });

  test('without a proof of its own is kept to be looked at, and called no proof', async () => {
    const { add, dir, lines } = openHere();
    add(await bodyOf(log, 0, 64));
    expect(add(`old 64\n\n${forked.headAt(100).note}`).status).toBe(422);
    expect(lines).toEqual([expect.objectContaining({ proven: false })]);
    const [file = ''] = readdirSync(join(dir, 'forks'));
    const kept = readFileSync(join(dir, 'forks', file), 'utf8');
    expect(kept).toContain(log.headAt(64).note);
    expect(kept).toContain(forked.headAt(100).note);
  });

  test('fills no disk, neither with proofs nor with what is none', async () => {
    const { add, dir } = openHere();
    add(await bodyOf(log, 0, 10));
    for (let each = 0; each < 53; each += 1) {
      expect(add(junkAt(each)).status).toBe(422);
    }
    expect(readdirSync(join(dir, 'forks'))).toHaveLength(50);
    const kept = readdirSync(join(dir, 'forks'))[0]?.slice(0, 16) ?? '';
    for (let each = 0; each < 1000; each += 1) {
      writeFileSync(join(dir, 'forks', `${kept}-${each}.json`), '');
    }
    expect(add(await bodyOf(forked, 10, 10)).status).toBe(409);
    expect(readdirSync(join(dir, 'forks'))).toHaveLength(1050);
  });

  test('is proven to although others crowd its folder with what proves nothing', async () => {
    const other = memoryLog(20, {
      origin: 'another.test/log',
      signer: aSigner('another.test/log', 6),
    });
    const otherKey = formatVerifierKey(other.view.origin, other.signer.publicKey);
    const { add, dir, lines } = openHere({ keys: [logKey, otherKey] });
    add(await bodyOf(log, 0, 10));
    add(await bodyOf(other, 0, 7));
    for (let each = 0; each < 60; each += 1) {
      add(junkAt(each));
    }
    add(await bodyOf(forked, 10, 10));
    expect(lines.at(-1)).toMatchObject({ proven: true, file: expect.any(String) as unknown });
    expect(add(`old 7\n\n${other.headAt(9).note}`).status).toBe(422);
    expect(lines.at(-1)).toMatchObject({
      origin: other.view.origin,
      proven: false,
      file: expect.any(String) as unknown,
    });
    const proofs = readdirSync(join(dir, 'forks')).filter((name) => name.endsWith('.json'));
    const [proof = ''] = proofs.map((name) => readFileSync(join(dir, 'forks', name), 'utf8'));
    expect(verifyFork(parseFork(proof))).toMatchObject({ key: logKey });
  });

  test('cannot rewrite what was seen by any of this', async () => {
    const { add, witness } = openHere();
    add(await bodyOf(log, 0, 10));
    add(await bodyOf(forked, 10, 10));
    add(await bodyOf(forked, 10, 100));
    expect(witness.newest(origin)?.note).toBe(log.headAt(10).note);
    expect(add(await bodyOf(log, 10, 100)).status).toBe(200);
  });
});

describe('keys of a log', () => {
  const next = aSigner(origin, 4);
  const nextKey = formatVerifierKey(origin, next.publicKey);
  const later = memoryLog(20, { signer: next });

  test('may be several, while one takes the place of the other', async () => {
    const { add } = openHere({ keys: [logKey, nextKey] });
    expect(add(await bodyOf(log, 0, 10)).status).toBe(200);
    expect(add(await bodyOf(later, 10, 20)).status).toBe(200);
  });

  test('that are not known sign nothing here', async () => {
    const { add } = openHere();
    expect(add(await bodyOf(later, 0, 10)).status).toBe(403);
    expect(add(await bodyOf(memoryLog(3, { origin: 'another' }), 0, 3)).status).toBe(404);
  });

  test('under a signature that does not hold are as good as unknown', async () => {
    const { add } = openHere();
    const { note } = log.headAt(10);
    const forged = note.replace(formatCheckpoint({ ...log.headAt(10), origin }), () =>
      formatCheckpoint({ ...log.headAt(11), origin }),
    );
    expect(add(await bodyOf(log, 0, 11, forged)).status).toBe(403);
  });
});

describe('what is no head', () => {
  const note = log.headAt(10).note;
  test.each([
    ['nothing', '', 400],
    ['a note alone', note, 400],
    ['no size', `old \n\n${note}`, 400],
    ['a size with a leading zero', `old 00\n\n${note}`, 400],
    ['a size below zero', `old -1\n\n${note}`, 400],
    ['a size beyond counting', `old 99999999999999999\n\n${note}`, 400],
    ['an old size larger than the head', `old 11\n\n${note}`, 400],
    ['a hash that is none', `old 0\nAAAA\n\n${note}`, 400],
    ['a hash in loose base64', `old 0\n${'A'.repeat(43)}==\n\n${note}`, 400],
    ['64 hashes', `old 0\n${`${'A'.repeat(43)}=\n`.repeat(64)}\n${note}`, 400],
    ['a proof from nothing', `old 0\n${'A'.repeat(43)}=\n\n${note}`, 422],
    ['no signature', `old 0\n\n${note.split('\n\n')[0] ?? ''}\n`, 400],
    ['words', 'old 0\n\nhello\n\n— a b\n', 400],
  ])('with %s is refused', (_name, body, status) => {
    const { add, witness } = openHere();
    expect(add(body).status).toBe(status);
    expect(witness.newest(origin)).toBeNull();
  });

  test('is refused whatever it is, and changes nothing', () => {
    const { add, witness } = openHere();
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: note.length }), (text, at) => {
        const { status } = add(`old 0\n\n${note.slice(0, at)}${text}`);
        expect([400, 403, 404]).toContain(status);
      }),
    );
    expect(witness.newest(origin)).toBeNull();
  });
});

describe('over HTTP', () => {
  const send = (url: string, body: string | Buffer) => fetch(url, { method: 'POST', body });

  test('of two heads that come at once, from one beginning, one is cosigned', async () => {
    const { url, witness } = await watching([logKey]);
    const bodies = [
      ...Array.from({ length: 8 }, (_, at) => bodyOf(log, 0, at + 1)),
      ...Array.from({ length: 8 }, (_, at) => bodyOf(memoryLog(20, { branch: 'x' }), 0, at + 1)),
    ];
    const answers = await Promise.all(
      (await Promise.all(bodies)).map((body) => send(`${url}/add-checkpoint`, body)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(15);
    expect(witness.newest(origin)).not.toBeNull();
  });

  test('there are two calls, and nothing else', async () => {
    const { url } = await watching([logKey], { mirrors: false });
    for (const path of ['', 'add-entries', 'heads', '../witness.key', 'forks']) {
      expect((await send(`${url}/${path}`, 'x')).status).toBe(404);
      expect((await fetch(`${url}/${path}`)).status).toBe(404);
    }
    expect((await fetch(`${url}/add-checkpoint`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${url}/add-checkpoint`, { method: 'POST' })).status).toBe(400);
  });

  test('a body larger than any head is not read', async () => {
    const { url } = await watching([logKey]);
    const answer = await send(`${url}/add-checkpoint`, Buffer.alloc(600 * 1024, 'a'));
    expect(answer.status).toBe(413);
  });

  test('where memory cannot be read nothing is signed, and no file is named', async () => {
    const { url, dir, lines } = await watching([logKey]);
    await send(`${url}/add-checkpoint`, await bodyOf(log, 0, 10));
    writeFileSync(join(dir, 'heads', sha256(origin)), 'x');
    const answer = await send(`${url}/add-checkpoint`, await bodyOf(log, 10, 20));
    expect([answer.status, await answer.text()]).toEqual([503, 'not now\n']);
    expect(lines.some(({ event }) => event === 'failed')).toBe(true);
    expect(existsSync(join(dir, 'forks'))).toBe(false);
  });
});
