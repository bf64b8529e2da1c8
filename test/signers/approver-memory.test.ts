import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Pin, Receipt } from '../../src/approval/statement/receipt.ts';
import { approvalNamespace, decisionId } from '../../src/approval/statement/statement.ts';
import { openApproverMemory } from '../../src/signers/approver-memory.ts';
import { aFolder } from './folder.ts';

const origin = 'runbook.example/4f2a';

function aPin(size: number, more: Partial<Pin> = {}): Pin {
  return {
    origin,
    size,
    root: Buffer.alloc(32, size).toString('base64'),
    note: `${origin}\n${size}\n`,
    verifierKey: `${origin}+00000000+AQ==`,
    time: '2026-03-04T05:06:07.008Z',
    ...more,
  };
}

const receipt: Receipt = {
  v: 1,
  signed: { statement: '{"v":1}', signature: 'AAAA' },
  namespace: approvalNamespace,
  checkpoint: 'the note',
  verifier_key: 'the key',
  recorded: null,
};

/** A memory, and how the next process opens the same one. */
function aMemory() {
  const folder = aFolder();
  const dir = join(folder, 'approver');
  const open = () => openApproverMemory(dir, join(folder, 'state'));
  return { dir, open, memory: open() };
}

test('a log never seen has no pin', () => {
  const { memory } = aMemory();
  expect(memory.pin(origin)).toBeNull();
  expect(memory.pins()).toEqual([]);
  expect(memory.receipts()).toEqual([]);
});

test('a recovery key that was seen once is not forgotten by a window that was not shown it', () => {
  const { memory, open } = aMemory();
  const recovery = { public: 'ssh-ed25519 AAAA', index: 1 };
  memory.savePin(aPin(3, { recovery }));
  memory.savePin(aPin(5));
  expect(open().pin(origin)).toEqual(aPin(5, { recovery }));
});

test('the next process remembers what this one saw, log by log', () => {
  const { memory, open } = aMemory();
  const other = aPin(3, { origin: '../../other log' });
  [aPin(5), other].forEach((pin) => memory.savePin(pin));
  expect(open().pin(origin)).toEqual(aPin(5));
  expect(open().pin(other.origin)).toEqual(other);
  expect(open().pins()).toHaveLength(2);
});

test('a pin moves forward and never back', () => {
  const { memory } = aMemory();
  [5, 9, 7, 1].forEach((size) => memory.savePin(aPin(size)));
  expect(memory.pin(origin)).toEqual(aPin(9));
});

test('two histories of one size are never both remembered', () => {
  const { memory } = aMemory();
  memory.savePin(aPin(5));
  memory.savePin(aPin(5, { time: '2026-03-05T00:00:00.000Z' }));
  expect(memory.pin(origin)?.time).toBe('2026-03-05T00:00:00.000Z');
  expect(() => memory.savePin(aPin(5, { root: aPin(6).root }))).toThrow(
    expect.objectContaining({ code: 'E_FORK' }),
  );
  expect(memory.pin(origin)?.root).toBe(aPin(5).root);
});

describe('a receipt', () => {
  test('is kept under the id of its decision', () => {
    const { memory, dir, open } = aMemory();
    const path = memory.saveReceipt(receipt);
    expect(path).toBe(join(dir, 'receipts', `${decisionId(receipt.signed)}.json`));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(receipt);
    expect(open().receipts()).toEqual([receipt]);
  });

  test('learns later where its decision stands, and does not forget it', () => {
    const { memory } = aMemory();
    const recorded = { index: 12, checkpoint: 'a later note' };
    memory.saveReceipt(receipt);
    memory.saveReceipt({ ...receipt, recorded });
    memory.saveReceipt(receipt);
    expect(memory.receipts()).toEqual([{ ...receipt, recorded }]);
  });
});

test('nobody else reads it', () => {
  const { memory, dir } = aMemory();
  memory.savePin(aPin(1));
  const path = memory.saveReceipt(receipt);
  const mode = (of: string): number => statSync(of).mode & 0o7777;
  expect([dir, join(dir, 'pins'), join(dir, 'receipts')].map(mode)).toEqual([0o700, 0o700, 0o700]);
  expect(mode(path)).toBe(0o600);
  expect(readdirSync(join(dir, 'pins')).map((name) => mode(join(dir, 'pins', name)))).toEqual([
    0o600,
  ]);
});

test('a folder that others may enter is refused', () => {
  const { dir, open } = aMemory();
  chmodSync(dir, 0o755);
  expect(open).toThrow(expect.objectContaining({ code: 'approver_dir_exposed', exitCode: 2 }));
});

describe('it never lies in the folder of the journal:', () => {
  test.each(['state', 'state/approver', 'state/deep/er', 'x/../state/approver'])('%s', (name) => {
    const folder = aFolder();
    const open = () => openApproverMemory(`${folder}/${name}`, join(folder, 'state'));
    expect(open).toThrow(expect.objectContaining({ code: 'approver_dir_exposed' }));
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });

  test('not through a link either', () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'state'));
    symlinkSync(join(folder, 'state'), join(folder, 'elsewhere'));
    const open = () =>
      openApproverMemory(join(folder, 'elsewhere/approver'), join(folder, 'state'));
    expect(open).toThrow(expect.objectContaining({ code: 'approver_dir_exposed' }));
  });

  test.each(['state-of-mine', '..state', 'approver'])('but %s beside it is fine', (name) => {
    const folder = aFolder();
    expect(openApproverMemory(join(folder, name), join(folder, 'state')).pins()).toEqual([]);
  });
});

test.each(['', '{}', '{"origin":"x"', JSON.stringify({ ...aPin(1), extra: 1 })])(
  'a damaged pin is not an unseen log: %j',
  (text) => {
    const { memory, dir } = aMemory();
    memory.savePin(aPin(5));
    const [name = ''] = readdirSync(join(dir, 'pins'));
    writeFileSync(join(dir, 'pins', name), text);
    for (const read of [
      () => memory.pin(origin),
      () => memory.pins(),
      () => memory.savePin(aPin(6)),
    ]) {
      expect(read).toThrow(expect.objectContaining({ code: 'memory_unreadable', exitCode: 14 }));
    }
  },
);
