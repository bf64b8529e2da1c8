import { expect, test } from 'vitest';
import { RunbookError } from '../../src/base/errors.ts';
import { byHand, newest } from '../attacks/journal-by-hand.ts';
import { verify } from '../audit/court.ts';
import { openScene } from '../support/scene.ts';

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo approved
`;

interface Row {
  readonly bytes: Buffer;
  readonly signature: Buffer;
  readonly key_id: string;
}

/** One bit of every byte, another one each time. */
function flips(bytes: Buffer): readonly Buffer[] {
  return [...bytes.keys()].map((at) => {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << ((at * 5) % 8)), at);
    return flipped;
  });
}

test.each(['approval.decided', 'run.finished'])(
  'a bit flipped in any byte of a stored `%s`, or of the signature over it, is found every time',
  async (type) => {
    const scene = openScene({ runbook: gated });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    const { seq, row } = byHand(scene, (db) => {
      const at = newest(db, type);
      return { seq: at, row: db.prepare('select * from entries where seq = ?').get(at) as Row };
    });
    const write = ({ bytes, signature, key_id }: Row): void =>
      byHand(scene, (db) => {
        db.prepare('update entries set bytes = ?, signature = ?, key_id = ? where seq = ?').run(
          bytes,
          signature,
          key_id,
          seq,
        );
      });
    const exitCode = async (): Promise<number> =>
      verify(scene).then(
        ({ exit_code }) => exit_code,
        (error: unknown) => (error instanceof RunbookError ? error.exitCode : -1),
      );
    const changed: readonly Row[] = [
      ...flips(row.bytes).map((bytes) => ({ ...row, bytes })),
      ...flips(row.signature).map((signature) => ({ ...row, signature })),
      ...flips(Buffer.from(row.key_id, 'hex')).map((id) => ({
        ...row,
        key_id: id.toString('hex'),
      })),
    ];
    const missed: number[] = [];
    for (const [at, one] of changed.entries()) {
      write(one);
      if ((await exitCode()) !== 14) {
        missed.push(at);
      }
    }
    expect(missed).toEqual([]);
    write(row);
    expect(await exitCode()).toBe(0);
  },
);
