import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nameDrop, parsePublished } from '../../../src/channels/spool/forms.ts';
import { describeSelf } from '../../../src/engine/hold.ts';
import { attendReceptions, tellReceptions } from '../../../src/engine/office/attend-receptions.ts';
import { JournalFeed } from '../../../src/engine/office/feed.ts';
import { eventually } from '../../support/eventually.ts';
import { mayGiveAway, openSpoolScene, uids } from './spool-scene.ts';

const lenient = 'floor: { assurance: A0 }';

describe('an open request', { timeout: 60_000 }, () => {
  test('lies in the box with its proofs, for the group to read', async () => {
    const spool = openSpoolScene();
    const { request } = await spool.wait();
    const path = join(spool.box().requests, `${request}.json`);
    const published = parsePublished(readFileSync(path));
    expect(published).toMatchObject({ state: 'pending', missing: [{ count: 1 }] });
    const { robin } = spool.scene.people;
    const proven = published && robin.approver.open(published.request);
    expect(proven?.content?.id).toBe(request);
  });

  test('is taken away once it is over', async () => {
    const spool = openSpoolScene();
    const { run, request } = await spool.wait();
    await spool.drop({
      uid: uids.robin,
      text: await spool.sign(spool.scene.people.robin, 'approve'),
    });
    expect(await spool.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(existsSync(join(spool.box().requests, `${request}.json`))).toBe(false);
  });

  test('comes with the proof from every head that a reader may have pinned, recorded or not', async () => {
    const spool = openSpoolScene();
    const { robin } = spool.scene.people;
    const read = (id: string) => {
      const published = parsePublished(readFileSync(join(spool.box().requests, `${id}.json`)));
      if (published === null) {
        throw new Error('nothing published');
      }
      return robin.approver.open(published.request);
    };
    const { request } = await spool.wait();
    // Signed, pinned, and never handed in.
    await robin.approver.decide(read(request), robin.signer, { decision: 'approve', reason: null });
    const source = await spool.scene.service().openRunbook('runbook.yaml');
    const given = { source, given: {}, environment: null, reason: null, ticket: null };
    await spool.scene.service().start(given);
    await spool.look();
    expect(read(request).pin.size).toBeGreaterThan(robin.approver.pins()[0]?.size ?? 0);
  });

  test('replaces what somebody left in its place, and nothing else lies beside it', async () => {
    const spool = openSpoolScene();
    const { request } = await spool.wait();
    const { requests } = spool.box();
    writeFileSync(join(requests, `${request}.json`), 'damaged');
    writeFileSync(join(requests, 'stray.tmp'), '');
    await spool.look();
    expect(readdirSync(requests)).toEqual([`${request}.json`]);
    expect(parsePublished(readFileSync(join(requests, `${request}.json`)))).not.toBeNull();
  });
});

describe('a decision that was left', { timeout: 60_000 }, () => {
  test('signed, counts by its key, whoever left it', async () => {
    const spool = openSpoolScene();
    const { run } = await spool.wait();
    const text = await spool.sign(spool.scene.people.robin, 'approve');
    const name = await spool.drop({ uid: uids.ana, text });
    expect(await spool.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(await spool.decisions(run)).toMatchObject([
      { person: 'robin', assurance: 'A3', channel: 'spool' },
    ]);
    expect(spool.answer(name)).toMatchObject({ accepted: true, code: 'recorded' });
    expect(readdirSync(spool.box().decisions)).toEqual([]);
  });

  test('ends the run where it is a no, with its reason', async () => {
    const spool = openSpoolScene();
    const { run } = await spool.wait();
    await spool.drop({
      uid: uids.robin,
      text: await spool.sign(spool.scene.people.robin, 'reject'),
    });
    expect(await spool.resume(run)).toMatchObject({
      status: 'rejected',
      reason: 'rejected by robin: not today',
    });
  });

  test.skipIf(!mayGiveAway)('unsigned, is the account’s whose file it is, at A0', async () => {
    const spool = openSpoolScene({ policy: lenient });
    const { run } = await spool.wait();
    const text = await spool.say();
    await spool.drop({ uid: uids.robin, text });
    expect(await spool.resume(run)).toMatchObject({ status: 'succeeded' });
    const { store, host } = spool.scene.engine();
    const [decided] = (await spool.decisions(run)) as { attested: { raw: never } }[];
    expect(decided).toMatchObject({
      person: 'robin',
      assurance: 'A0',
      signature: null,
      attested: { identity: `os:robin@${host.toLowerCase()}` },
    });
    const raw = decided && (await store.getBlob(decided.attested.raw)).bytes;
    expect(raw?.toString()).toBe(text);
    const verified = await spool.scene
      .service()
      .verify({ receipts: [], pins: [], progress: () => undefined });
    expect(verified).toMatchObject({ findings: [], exit_code: 0 });
  });

  test.skipIf(!mayGiveAway)(
    'is recorded once, also where a crash has it handed in again',
    async () => {
      const spool = openSpoolScene({ policy: lenient });
      const { run, request } = await spool.wait();
      const name = nameDrop(request);
      const text = await spool.say();
      await spool.drop({ uid: uids.robin, text, name });
      await spool.look();
      expect(spool.answer(name)).toMatchObject({ code: 'recorded' });
      // As if it had died between the entry and the answer.
      unlinkSync(join(spool.box().answers, name));
      await spool.drop({ uid: uids.robin, text, name });
      await spool.look();
      expect(spool.answer(name)).toMatchObject({ accepted: true, code: 'duplicate' });
      expect((await spool.decisions(run)).length).toBe(1);
    },
  );

  test.skipIf(!mayGiveAway)('is taken in after what was left before it', async () => {
    const spool = openSpoolScene({ policy: lenient });
    const { run, request } = await spool.wait();
    const leave = async (name: string, decision: 'approve' | 'revoke', ageMs: number) => {
      await spool.drop({ uid: uids.robin, text: await spool.say({ decision }), name });
      const at = new Date(Date.now() - ageMs);
      utimesSync(join(spool.box().decisions, name), at, at);
    };
    await leave(`${request}.${'f'.repeat(32)}.json`, 'approve', 2000);
    await leave(`${request}.${'0'.repeat(32)}.json`, 'revoke', 1000);
    expect(await spool.resume(run)).toMatchObject({ status: 'waiting' });
    expect(await spool.decisions(run)).toMatchObject([
      { decision: 'approve' },
      { decision: 'revoke' },
    ]);
  });

  test('waits where the executor cannot judge it now', async () => {
    const spool = openSpoolScene();
    const { run } = await spool.wait();
    const { trusted, people } = spool.scene;
    const name = await spool.drop({
      uid: uids.robin,
      text: await spool.sign(people.robin, 'approve'),
    });
    const { policy } = trusted;
    trusted.policy = 'flor: {}';
    await spool.look();
    expect(readdirSync(spool.box().decisions)).toEqual([name]);
    trusted.policy = policy;
    expect(await spool.resume(run)).toMatchObject({ status: 'succeeded' });
  });

  test('that was answered and not cleared away is not heard again', async () => {
    const spool = openSpoolScene();
    const { run } = await spool.wait();
    const text = await spool.sign(spool.scene.people.robin, 'approve');
    const name = await spool.drop({ uid: uids.robin, text });
    writeFileSync(join(spool.box().answers, name), '{}');
    expect(await spool.resume(run)).toMatchObject({ status: 'waiting' });
    expect(readdirSync(spool.box().decisions)).toEqual([]);
  });

  test.each(['status', 'requests', 'wait'] as const)(
    'is taken in by whoever looks with `%s`, though nobody drives the run',
    async (look) => {
      const spool = openSpoolScene();
      const { run } = await spool.wait();
      await spool.service().status(run);
      const text = await spool.sign(spool.scene.people.robin, 'approve');
      const name = await spool.drop({ uid: uids.robin, text });
      const door = spool.service();
      const looks = {
        status: async () => (await door.status(run)).requests,
        requests: async () => (await door.requests(true)).flatMap(({ missing }) => missing),
        wait: async () => (await door.wait(run, null, new AbortController().signal)).requests,
      };
      expect(await looks[look]()).toEqual([]);
      expect(spool.answer(name)?.code).toBe('recorded');
      expect(await spool.resume(run)).toMatchObject({ status: 'succeeded' });
    },
  );

  test.skipIf(!mayGiveAway)('and does not count is told to whoever takes it in', async () => {
    const spool = openSpoolScene({ policy: 'floor: { assurance: A1 }' });
    await spool.wait();
    await spool.drop({ uid: uids.robin, text: await spool.say() });
    const warnings: string[] = [];
    await tellReceptions({
      ...spool.scene.engine(),
      receptions: [spool.reception],
      warn: (line) => warnings.push(line),
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^a decision of `os:robin@.*` was left and does not count: .*\(assurance_too_low\)$/,
      ),
    ]);
  });

  test('is not taken in beside a process of the journal that receives already', async () => {
    const spool = openSpoolScene();
    const { run } = await spool.wait();
    const engine = spool.scene.engine();
    await engine.store.takeHold('reception', describeSelf(engine), () => true);
    const text = await spool.sign(spool.scene.people.robin, 'approve');
    const name = await spool.drop({ uid: uids.robin, text });
    await spool.service().status(run);
    expect(spool.answer(name)).toBe(null);
    expect(await engine.store.getHold('reception')).not.toBe(null);
    await engine.store.releaseHold('reception', describeSelf(engine));
  });

  test('is taken in by a run that waits, within moments', async () => {
    const spool = openSpoolScene();
    await spool.wait();
    const engine = { ...spool.scene.engine(), receptions: [spool.reception] };
    const feed = new JournalFeed(engine.store);
    const over = new AbortController();
    const attended = attendReceptions(engine, { feed, url: null, signal: over.signal });
    const text = await spool.sign(spool.scene.people.robin, 'approve');
    const name = await spool.drop({ uid: uids.robin, text });
    await eventually(() => spool.answer(name)?.code).toBe('recorded');
    await eventually(() => {
      const [file = ''] = readdirSync(spool.box().requests);
      return parsePublished(readFileSync(join(spool.box().requests, file)))?.state;
    }).toBe('approved');
    expect(spool.reception.health()).toMatchObject({ ok: true });
    over.abort();
    await attended;
    feed.close();
  });
});

test('old answers and what was half written are swept away, and decisions that wait are not', async () => {
  const spool = openSpoolScene();
  const { request } = await spool.wait();
  const { answers, decisions } = spool.box();
  const old = new Date(Date.now() - 48 * 3600_000);
  const leave = (path: string) => {
    writeFileSync(path, '{}');
    utimesSync(path, old, old);
  };
  const drop = nameDrop(request);
  leave(join(answers, nameDrop(request)));
  leave(join(decisions, `${drop}.tmp`));
  writeFileSync(join(decisions, 'new.tmp'), '');
  await spool.look();
  expect(readdirSync(answers)).toEqual([]);
  expect(readdirSync(decisions)).toEqual(['new.tmp']);
});

test('a spool that is not there makes the reception unwell, and stops nobody', async () => {
  const spool = openSpoolScene();
  rmSync(spool.dir, { recursive: true });
  const { run } = await spool.scene.exec();
  await spool.look();
  expect(await spool.scene.service().status(run)).toMatchObject({ status: 'waiting' });
  expect(await spool.reception.examine(new AbortController().signal, false)).toMatchObject([
    { ok: false, hint: 'root makes it: `runbook init --system`' },
  ]);
});
