import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { parseYaml } from '../../src/base/yaml.ts';
import { newestKey } from '../../src/journal/key-history.ts';
import { formatVerifierKey } from '../../src/journal/verifier-key.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import type { Sink } from '../../src/sinks/sink.ts';
import { answering } from '../support/answering.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { aSigner } from '../support/signer.ts';
import { watching } from '../support/watching.ts';

const runbook = `
name: gated
steps:
  - { id: restart, privileged: true, run: "echo ran" }
`;
const containing = (text: string): unknown => expect.stringContaining(text);
const stranger = aSigner('witness.test', 7);
const strangerKey = formatVerifierKey(stranger.name, stranger.publicKey, 'cosignature');

/** A journal whose sinks are named once it is there: a witness is told its key first. */
async function openJournal(required: number) {
  const sinks: Sink[] = [];
  const scene = openScene({
    runbook,
    policy: `floor: { remote: { required: ${required}, within: 2s } }`,
    sinks,
  });
  const { name, publicKey } = newestKey(await scene.engine().store.keys());
  return {
    scene,
    logKey: formatVerifierKey(name, publicKey),
    use: (named: Readonly<Record<string, object>>) => {
      const section = JSON.stringify(named);
      scene.trusted.config = `sinks: ${section}`;
      const given = { clock: systemClock, env: {}, log: () => undefined };
      sinks.push(...openSinks(parseYaml(section, 'config.yaml', 'config_invalid'), given));
    },
  };
}

async function drive(scene: Scene) {
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  return scene.resume(run);
}

test('a witness and a mirror of one process both prove what they have', async () => {
  const { scene, logKey, use } = await openJournal(2);
  const { url, witness, mirror } = await watching([logKey]);
  use({
    vault: { kind: 'mirror', url, key: mirror?.verifierKey ?? '' },
    office: { kind: 'witness', url, key: witness.verifierKey },
  });
  expect(await drive(scene)).toMatchObject({ status: 'succeeded' });
  const ended = scene.entries.find(({ event }) => event.type === 'step.finished');
  expect(ended?.event.data).toMatchObject({
    remote: [
      { sink: 'office', kind: 'cosignature', evidence: containing('witness.test ') },
      { sink: 'vault', kind: 'cosignature', evidence: containing('witness.test/mirror ') },
    ],
  });
});

test('a witness that signs nothing is no copy, whatever it says', async () => {
  const { scene, use } = await openJournal(1);
  const url = await answering((request, answer) => {
    request.setEncoding('utf8').on('data', (body: string) => {
      const [, old = '', size = ''] = /^old (\d+)[^]*?\n\n[^\n]*\n(\d+)\n/.exec(body) ?? [];
      const isThere = old === size;
      answer.writeHead(isThere ? 200 : 409).end(isThere ? '— nobody AAAA\n' : `${size}\n`);
    });
  });
  use({ office: { kind: 'witness', url, key: strangerKey } });
  await expect(drive(scene)).rejects.toMatchObject({
    code: 'remote_missing',
    message: containing('no cosignature of `witness.test`'),
  });
  const report = await scene
    .service()
    .syncSinks({ sinks: [], timeoutMs: 500, progress: () => undefined });
  expect(report).toMatchObject({ exit_code: 18, sinks: [{ acknowledged: 0, at: null }] });
});
