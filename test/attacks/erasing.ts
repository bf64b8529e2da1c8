import { newNonce, type RunId } from '../../src/base/ids.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import type { Event } from '../../src/run/events.ts';
import { type BlobContent, blobsOf } from '../../src/run/named-blobs.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import type { Scene } from '../support/scene.ts';

/** Deletes content of a run, with an entry that says so; whoever asks for it. Answers how many blobs. */
export async function eraseContent(
  scene: Scene,
  run: RunId,
  what: readonly BlobContent[],
): Promise<number> {
  const { store } = scene.engine();
  const named = (await store.loadRun(run)).flatMap((entry) => blobsOf(recordedOf(entry).event));
  const blobs = [...new Set(named.filter((each) => what.includes(each.what)).map(({ id }) => id))];
  const by = { by: 'os:ana@web1', person: 'ana' };
  const event: Event = {
    type: 'content.erased',
    data: { blobs, openings: [], reason: 'privacy', ...by },
  };
  await store.commit({ run: null, expectedVersion: null, commandId: newNonce(), events: [event] });
  await store.sweep();
  return blobs.length;
}

/** Codes of what is wrong; warnings are left out. */
export function errorsIn({ findings }: Pick<VerifyReport, 'findings'>): readonly string[] {
  return findings.map(({ code }) => code).filter((code) => code.startsWith('E_'));
}

export function authorizationIn({ verdicts }: VerifyReport): VerifyReport['verdicts'][number] {
  const found = verdicts.find(({ name }) => name === 'authorization');
  if (found === undefined) {
    throw new Error('every report has it');
  }
  return found;
}
