import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RequestId } from '../../../src/base/ids.ts';
import { openSpoolReader } from '../../../src/channels/spool/read-spool.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { give, makeSpool, mayGiveAway, openSpoolScene, uids } from './spool-scene.ts';

const log = '0123456789abcdef';
const id = 'abcdefgh12345678' as RequestId;

/** A box of ana's, and what an honest executor writes there. */
async function openBox() {
  const honest = openSpoolScene();
  const { request } = await honest.wait();
  const text = readFileSync(join(honest.box().requests, `${request}.json`), 'utf8');
  const dir = makeSpool();
  const path = join(dir, `${uids.ana}.${log}`);
  for (const name of ['.', 'requests', 'decisions', 'answers']) {
    mkdirSync(join(path, name), { mode: 0o750 });
    give(join(path, name), uids.ana);
  }
  const write = (name: string, content: string, uid: number = uids.ana) => {
    writeFileSync(join(path, name), content, { mode: 0o640 });
    give(join(path, name), uid);
  };
  return { dir, path, text, write, reader: openSpoolReader(dir, join(tempFolder(), 'left')) };
}

describe.skipIf(!mayGiveAway)('a reader of the spool', { timeout: 60_000 }, () => {
  test('lists what others ask for, each with the account that the box belongs to', async () => {
    const { write, text, reader } = await openBox();
    write(`requests/${id}.json`, text);
    const { requests, troubles } = reader.list();
    expect(troubles).toEqual([]);
    expect(requests).toMatchObject([{ id, executor: { uid: uids.ana }, state: 'pending' }]);
  });

  test('leaves out what is no request, and what the box’s owner did not write', async () => {
    const { write, text, reader } = await openBox();
    write(`requests/${id}.json`, text, uids.robin);
    write('requests/bcdefgh123456789.json', '{}');
    write('requests/notes.txt', text);
    write('requests/.hidden.json', text);
    const { requests, troubles } = reader.list();
    expect(requests).toEqual([]);
    expect(troubles.map((trouble) => trouble.replace(/.*: /, ''))).toEqual([
      `the file belongs to uid ${uids.robin}`,
      'the file is no request',
    ]);
  });

  test('shows nothing that could move a cursor', async () => {
    const { write, text, reader } = await openBox();
    const published = JSON.parse(text) as object;
    const missing = [{ slot: '\u001b[2J', count: 1, from: ['\u202egroup'] }];
    write(`requests/${id}.json`, JSON.stringify({ ...published, missing }));
    expect(reader.list().requests[0]?.missing).toEqual([
      { slot: '\\x1b[2J', count: 1, from: ['\\u{202e}group'] },
    ]);
  });

  test('leaves a decision whole, for the group to read, and hears only its executor', async () => {
    const { dir, path, write, text, reader } = await openBox();
    write(`requests/${id}.json`, text);
    chmodSync(join(path, 'decisions'), 0o3730);
    const [spooled] = reader.list().requests;
    if (spooled === undefined) {
      throw new Error('nothing listed');
    }
    const dropped = { v: 1, request: '0'.repeat(64), decision: 'approve', reason: null } as const;
    const left = reader.drop(spooled, dropped as never);
    const [name = ''] = readdirSync(join(path, 'decisions'));
    expect(left.path).toBe(join(dir, `${uids.ana}.${log}`, 'decisions', name));
    expect(statSync(left.path).mode & 0o777).toBe(0o640);
    expect(JSON.parse(readFileSync(left.path, 'utf8'))).toEqual(dropped);
    expect(left.answer()).toBeNull();
    const decided = { person: 'robin\u001b', assurance: 'A3', missing: [] };
    const told = { accepted: true, message: 'recorded\u001b', hint: null, code: 'recorded' };
    const answer = { ...told, decided };
    write(`answers/${name}`, JSON.stringify(answer), uids.robin);
    expect(left.answer()).toBeNull();
    write(`answers/${name}`, JSON.stringify(answer));
    expect(left.answer()).toEqual({
      ...answer,
      message: 'recorded\\x1b',
      decided: { ...decided, person: 'robin\\x1b' },
    });
  });

  test('remembers what was left until its answer was told, once', async () => {
    const { write, text, reader } = await openBox();
    write(`requests/${id}.json`, text);
    const own = () => reader.list().requests[0]?.own;
    const [spooled] = reader.list().requests;
    const dropped = { v: 1, request: '0'.repeat(64), decision: 'approve', reason: null } as const;
    const left = spooled && reader.drop(spooled, dropped as never);
    expect(own()).toEqual([null]);
    const answer = { accepted: false, message: 'no', hint: null, code: 'self_approval' };
    write(`answers/${basename(left?.path ?? '')}`, JSON.stringify(answer));
    expect(own()).toEqual([answer]);
    expect(own()).toEqual([]);
    const taken = spooled && reader.drop(spooled, dropped as never);
    rmSync(taken?.path ?? '');
    expect(own()).toEqual([]);
  });

  test('says so where nothing can be left', async () => {
    const { path, write, text, reader } = await openBox();
    write(`requests/${id}.json`, text);
    const [spooled] = reader.list().requests;
    const gone = { ...spooled, box: { decisions: join(path, 'nowhere') } } as never;
    expect(() => reader.drop(gone, {} as never)).toThrow(
      expect.objectContaining({ code: 'spool_unwritable' }),
    );
  });
});
