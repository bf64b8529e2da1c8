import { withEnrolled } from '../approval/people/passkeys.ts';
import type { Rules } from '../run/judge.ts';
import { recordedOf } from '../run/recorded.ts';
import type { CommitInput } from '../store/store.ts';
import type { Engine, Trusted } from './engine.ts';
import { provenIdentities } from './proof/proven-identities.ts';

/** The trusted files, and the entry under which they are in force. */
export interface InForce {
  readonly trusted: Trusted;
  /** With people as the file has them and the journal enrolled them. */
  readonly rules: Rules;
  /** Of a commit that rests on them: nobody may have changed who is who, or by which rules, since. */
  readonly guards: Required<Pick<NonNullable<CommitInput['guards']>, 'config' | 'identities'>>;
}

/**
 * Makes the journal say what the trusted files say: a process that finds them differing from the last
 * `config.set` commits a new one before anything else. A crash in between leaves blobs nobody names.
 */
export async function ensureConfig(engine: Engine): Promise<InForce> {
  const trusted = engine.trusted();
  const latest = await engine.store.latestConfig();
  const entry = latest === null ? null : recordedOf(latest);
  const data = entry?.event.type === 'config.set' ? entry.event.data : null;
  const same =
    data?.people_digest === trusted.people.digest &&
    data.policy_digest === trusted.policy.digest &&
    data.config_digest === trusted.config.digest;
  const config =
    entry !== null && same ? entry.seq : await commitConfig(engine, trusted, entry?.seq ?? 0);
  const identities = await provenIdentities(engine.store);
  return {
    trusted,
    guards: { config, identities: identities.newest },
    rules: {
      people: withEnrolled(trusted.people.value, identities.enrolled()),
      policy: trusted.policy.value,
      config,
      policyDigest: trusted.policy.digest,
      peopleDigest: trusted.people.digest,
    },
  };
}

async function commitConfig(engine: Engine, trusted: Trusted, previous: number): Promise<number> {
  const { store } = engine;
  const [people, policy, config] = [
    await store.putBlob(Buffer.from(trusted.people.text)),
    await store.putBlob(Buffer.from(trusted.policy.text)),
    await store.putBlob(Buffer.from(trusted.config.text)),
  ];
  const digests = {
    people_digest: trusted.people.digest,
    policy_digest: trusted.policy.digest,
    config_digest: trusted.config.digest,
  };
  const committed = await store.commit({
    run: null,
    expectedVersion: null,
    // Two processes that find the same change after the same entry commit it once.
    commandId: `config.${previous}.${Object.values(digests)
      .map((digest) => digest.slice(0, 16))
      .join('.')}`,
    events: [
      {
        type: 'config.set',
        data: { people, policy, config, ...digests, by: `os:${engine.account}` },
      },
    ],
  });
  return committed.first;
}
