import {
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../src/base/ids.ts';
import { runTool } from '../../src/base/tool.ts';
import { isDropName, nameDrop } from '../../src/channels/spool/forms.ts';
import {
  give,
  mayGiveAway,
  openSpoolScene,
  type SpoolScene,
  uids,
} from '../channels/spool/spool-scene.ts';
import { tempFolder } from '../support/temp-folder.ts';

const lenient = 'floor: { assurance: A0 }';

/** Leaves it, resumes, and expects that the run still waits; answers what the dropper is told. */
async function refusedDrop(
  spool: SpoolScene,
  drop: (request: string) => Promise<string>,
): Promise<string | undefined> {
  const { run, request } = await spool.wait();
  const name = await drop(request);
  expect(await spool.resume(run)).toMatchObject({ status: 'waiting' });
  expect(await spool.decisions(run)).toEqual([]);
  return spool.answer(name)?.code;
}

describe.skipIf(!mayGiveAway)('an account does not decide', { timeout: 60_000 }, () => {
  test.each<[string, number, string]>([
    ['that is a second one of whoever started the run', uids.ana2, 'self_approval'],
    ['that executes, and started the run', uids.ana, 'account_unfit'],
    ['that is root’s', 0, 'account_unfit'],
    ['that nobody knows', uids.stranger, 'account_unfit'],
    ['that is nobody’s in people.yaml', uids.bot, 'identity_unknown'],
  ])('%s', async (_what, uid, code) => {
    const spool = openSpoolScene({ policy: lenient });
    const told = await refusedDrop(spool, async () => spool.drop({ uid, text: await spool.say() }));
    expect(told).toBe(code);
  });

  test('by calling itself root, or as the directory would have it called', async () => {
    for (const [name, code] of [
      ['root', 'account_unfit'],
      ['robin@elsewhere', 'identity_unknown'],
      ['a:b', 'identity_unknown'],
    ] as const) {
      const spool = openSpoolScene({ policy: lenient, nameOf: () => name });
      const told = await refusedDrop(spool, async () =>
        spool.drop({ uid: uids.robin, text: await spool.say() }),
      );
      expect(told).toBe(code);
    }
  });

  test('whose person would have to sign', async () => {
    const spool = openSpoolScene({ policy: 'floor: { assurance: A1 }' });
    const told = await refusedDrop(spool, async () =>
      spool.drop({ uid: uids.robin, text: await spool.say() }),
    );
    expect(told).toBe('assurance_too_low');
  });

  test('about another request than it names', async () => {
    const spool = openSpoolScene({ policy: lenient });
    const told = await refusedDrop(spool, async () =>
      spool.drop({ uid: uids.robin, text: await spool.say({ request: '0'.repeat(64) as Sha256 }) }),
    );
    expect(told).toBe('request_unknown');
  });

  test('for the person of an agent whose account it is', async () => {
    const spool = openSpoolScene({ policy: lenient });
    const { trusted } = spool.scene;
    const { host } = spool.scene.engine();
    trusted.people = trusted.people.replace(
      '{ name: robin,',
      `{ name: robin, agents: [{ id: helper, os_users: [bot@${host}] }],`,
    );
    const told = await refusedDrop(spool, async () =>
      spool.drop({ uid: uids.bot, text: await spool.say() }),
    );
    expect(told).toBe('identity_unknown');
  });

  test('by a file that was put in place of the one that was opened', async () => {
    let swap = () => undefined as void;
    const seen: number[] = [];
    const spool = openSpoolScene({
      policy: lenient,
      nameOf: (uid) => {
        seen.push(uid);
        swap();
        return uid === uids.robin ? 'robin' : 'ana2';
      },
    });
    const { run, request } = await spool.wait();
    const name = nameDrop(request);
    const text = await spool.say();
    const path = join(spool.box().decisions, name);
    await spool.drop({ uid: uids.ana2, text, name });
    swap = () => {
      writeFileSync(`${path}.tmp`, text);
      give(`${path}.tmp`, uids.robin);
      renameSync(`${path}.tmp`, path);
    };
    expect(await spool.resume(run)).toMatchObject({ status: 'waiting' });
    expect(seen).toEqual([uids.ana2]);
    expect(spool.answer(name)).toMatchObject({ code: 'self_approval' });
  });
});

describe('what is left in the spool', { timeout: 60_000 }, () => {
  type Plant = (path: string, own: string) => unknown;
  test.each<[string, Plant]>([
    ['a link to a decision', (path, own) => symlinkSync(own, path)],
    ['a second name of somebody’s file', (path, own) => linkSync(own, path)],
    ['a pipe', (path) => runTool(['mkfifo', path])],
    ['a folder', (path) => mkdirSync(path)],
    ['a huge file', (path) => writeFileSync(path, Buffer.alloc(300 * 1024, ' '))],
    ['nothing', (path) => writeFileSync(path, '')],
    ['no JSON', (path) => writeFileSync(path, 'approve!')],
    ['no UTF-8', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe]))],
    ['a decision with more to it', (path) => writeFileSync(path, '{"v":1,"decision":"approve"}')],
  ])('%s is refused, and cleared away', async (_what, plant) => {
    const spool = openSpoolScene({ policy: lenient });
    const told = await refusedDrop(spool, async (request) => {
      const own = join(tempFolder(), 'own');
      writeFileSync(own, await spool.say());
      give(own, uids.robin);
      const name = nameDrop(request as never);
      plant(join(spool.box().decisions, name), own);
      return name;
    });
    expect(told).toBe('spool_file_unfit');
    expect(readdirSync(spool.box().decisions)).toEqual([]);
  });

  test('a folder that cannot be cleared away is answered once, and holds up nobody', async () => {
    const spool = openSpoolScene();
    const { run, request } = await spool.wait();
    const name = nameDrop(request);
    mkdirSync(join(spool.box().decisions, name, 'full'), { recursive: true });
    await spool.look();
    await spool.look();
    expect(spool.answer(name)).toMatchObject({ code: 'spool_file_unfit' });
    await spool.drop({
      uid: uids.robin,
      text: await spool.sign(spool.scene.people.robin, 'approve'),
    });
    expect(await spool.resume(run)).toMatchObject({ status: 'succeeded' });
  });

  test('keeps nobody waiting, however much one account leaves, and however old it calls it', async () => {
    const spool = openSpoolScene();
    const { run, request } = await spool.wait();
    const { decisions } = spool.box();
    for (let count = 0; count < 250; count += 1) {
      const path = join(decisions, nameDrop(request));
      mkdirSync(join(path, 'full'), { recursive: true });
      give(path, uids.stranger);
      utimesSync(path, 1, 1);
    }
    const name = await spool.drop({
      uid: uids.robin,
      text: await spool.sign(spool.scene.people.robin, 'reject'),
    });
    expect(await spool.resume(run)).toMatchObject({ status: 'rejected' });
    expect(spool.answer(name)).toMatchObject({ code: 'recorded' });
    await spool.look();
    expect(readdirSync(decisions).filter(isDropName)).toEqual([]);
  });

  test.skipIf(!mayGiveAway)('by several accounts is heard in turns', async () => {
    const spool = openSpoolScene();
    const { request } = await spool.wait();
    const leave = (uid: number, count: number) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const name = await spool.drop({ uid, text: 'approve!', name: nameDrop(request) });
          utimesSync(join(spool.box().decisions, name), uid, uid);
        }),
      );
    await leave(uids.ana, 190);
    await leave(uids.robin, 20);
    await leave(uids.bot, 20);
    await spool.look();
    const { decisions } = spool.box();
    const still = readdirSync(decisions).map((name) => statSync(join(decisions, name)).uid);
    expect(still).toEqual(Array.from({ length: 30 }, () => uids.ana));
  });

  test('that is old, full and no decision does not stop the box from being swept', async () => {
    const spool = openSpoolScene();
    await spool.wait();
    const { decisions } = spool.box();
    for (const name of ['a.tmp', 'b.tmp']) {
      mkdirSync(join(decisions, name, 'full'), { recursive: true });
      utimesSync(join(decisions, name), 1, 1);
    }
    await spool.look();
    const names = readdirSync(decisions);
    expect(names.map((name) => name.startsWith('unfit.'))).toEqual([true, true]);
  });

  test.each(['../../../etc/x.json', 'x.json', '0123456789abcdef.json', '.hidden'])(
    'under the name %s is no decision',
    async (name) => {
      const spool = openSpoolScene({ policy: lenient });
      const { run } = await spool.wait();
      const file = name.replaceAll('/', '_');
      await spool.drop({ uid: uids.robin, text: await spool.say(), name: file });
      expect(await spool.resume(run)).toMatchObject({ status: 'waiting' });
      expect(readdirSync(spool.box().decisions)).toEqual([file]);
    },
  );

  test('a signature that was moved to another person does not count', async () => {
    const spool = openSpoolScene({ policy: lenient });
    const told = await refusedDrop(spool, async () => {
      const text = await spool.sign(spool.scene.people.robin, 'approve');
      const { signed } = JSON.parse(text) as { signed: { statement: string; signature: string } };
      const forged = { ...signed, statement: signed.statement.replace('"robin"', '"kim"') };
      return spool.drop({ uid: uids.robin, text: JSON.stringify({ v: 1, signed: forged }) });
    });
    expect(told).toBe('E_APPROVAL_SIG');
  });
});
