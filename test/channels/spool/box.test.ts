import {
  chmodSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkSpool, findBoxes, openOwnBox } from '../../../src/channels/spool/box.ts';
import { examineSpool } from '../../../src/channels/spool/examine-spool.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { give, makeSpool, mayGiveAway, uids } from './spool-scene.ts';

const log = '0123456789abcdef';
const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('a box', () => {
  test('lets the group read requests and leave decisions, and only its owner anything else', () => {
    const before = process.umask(0o077);
    try {
      const box = openOwnBox(makeSpool(), log);
      expect([box.path, box.requests, box.answers, box.decisions].map(mode)).toEqual([
        '2750',
        '2750',
        '2750',
        '3730',
      ]);
    } finally {
      process.umask(before);
    }
  });

  test('is opened again as it is, and its modes are mended', () => {
    const dir = makeSpool();
    const box = openOwnBox(dir, log);
    writeFileSync(join(box.requests, 'kept'), '');
    chmodSync(box.decisions, 0o777);
    expect(openOwnBox(dir, log)).toEqual(box);
    expect(mode(box.decisions)).toBe('3730');
    expect(readdirSync(box.requests)).toEqual(['kept']);
  });

  test('that is a link is refused', () => {
    const dir = makeSpool();
    const elsewhere = tempFolder();
    symlinkSync(elsewhere, join(dir, `${process.geteuid?.()}.${log}`));
    expect(() => openOwnBox(dir, log)).toThrow(
      expect.objectContaining({ code: 'spool_box_foreign' }),
    );
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test.skipIf(!mayGiveAway)('that somebody else made in our place is refused', () => {
    const dir = makeSpool();
    const { path, decisions } = openOwnBox(dir, log);
    give(decisions, uids.stranger);
    expect(() => openOwnBox(dir, log)).toThrow(`belongs to uid ${uids.stranger}`);
    rmSync(path, { recursive: true });
    mkdirSync(path);
    give(path, uids.stranger);
    expect(() => openOwnBox(dir, log)).toThrow(
      expect.objectContaining({ code: 'spool_box_foreign' }),
    );
  });

  test.skipIf(!mayGiveAway)('is read only where it is whose its name says', () => {
    const dir = makeSpool();
    const make = (name: string, owner: number) => {
      mkdirSync(join(dir, name), { mode: 0o750 });
      give(join(dir, name), owner);
      return join(dir, name);
    };
    const good = make(`2002.${log}`, 2002);
    const stolen = make(`2001.${log}`, 2002);
    const open = make(`2003.${log}`, 2003);
    chmodSync(open, 0o770);
    symlinkSync(good, join(dir, `2004.${log}`));
    make('2005', 2005);
    make(`02006.${log}`, 2006);
    openOwnBox(dir, log);
    const { boxes, doubtful } = findBoxes(dir);
    expect(boxes.map(({ path }) => path)).toEqual([good]);
    expect(doubtful).toEqual([stolen, open, join(dir, `2004.${log}`)]);
    expect(examineSpool(dir)).toMatchObject([{ ok: false }]);
  });
});

describe('the spool', () => {
  test('has to be there', () => {
    expect(() => checkSpool(join(tempFolder(), 'none'))).toThrow(
      expect.objectContaining({ code: 'spool_missing' }),
    );
  });

  test.each([
    ['writable without being sticky', 0o2770],
    ['open to everybody without being sticky', 0o777],
  ])('%s is refused', (_what, bits) => {
    const dir = makeSpool();
    chmodSync(dir, bits);
    expect(() => checkSpool(dir)).toThrow(expect.objectContaining({ code: 'spool_untrusted' }));
    expect(examineSpool(dir)).toMatchObject([
      { name: 'spool', ok: false, hint: expect.stringContaining('chmod 3770') as string },
    ]);
  });

  test('that is a link is refused', () => {
    const link = join(tempFolder(), 'link');
    symlinkSync(makeSpool(), link);
    expect(() => checkSpool(link)).toThrow(expect.objectContaining({ code: 'spool_untrusted' }));
  });

  test.skipIf(!mayGiveAway)('of somebody else than root is refused', () => {
    const dir = makeSpool();
    give(dir, uids.stranger);
    expect(() => checkSpool(dir)).toThrow(expect.objectContaining({ code: 'spool_untrusted' }));
  });

  test('is well as `init --system` makes it', () => {
    expect(examineSpool(makeSpool())).toMatchObject([{ name: 'spool', ok: true }]);
  });

  test('whose modes were changed is not well, if not refused', () => {
    const dir = makeSpool();
    chmodSync(dir, 0o1770);
    expect(examineSpool(dir)).toMatchObject([
      { ok: false, hint: expect.stringContaining('3770') as string },
    ]);
  });
});
