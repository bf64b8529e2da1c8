import type { Issuer, Passkey } from './passkeys.ts';

/** A human, with everything that is theirs. The written form is read by `people-schema.ts`. */
export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
  /** OpenSSH public key lines, comment dropped: `ssh-ed25519 AAAA…`. */
  readonly sshKeys: readonly string[];
  /** `USER@HOST`. */
  readonly osUsers: readonly string[];
  /** `TEAM/USER`. */
  readonly slack: readonly string[];
  /** `TENANT/OBJECT`. */
  readonly teams: readonly string[];
  /** Addresses, lower case: a chat account is matched by them only where configuration says so. */
  readonly emails: readonly string[];
  /** `ISSUER#SUBJECT`. */
  readonly oidc: readonly string[];
  /** Ids of the agents and jobs this person answers for. */
  readonly agents: readonly string[];
  /** Accounts of those that have one of their own, by id: `USER@HOST`. */
  readonly agentUsers: Readonly<Record<string, readonly string[]>>;
  /** From the journal, never from the file; absent where there are none. */
  readonly passkeys?: readonly Passkey[];
}

export interface People {
  readonly people: readonly Person[];
  /** From the journal, never from the file; absent where nothing was asked of it. */
  readonly issuers?: readonly Issuer[];
}

/** One link of the chain behind a run. Stored in entries. */
export interface ChainLink {
  readonly role:
    | 'caller'
    | 'sudo'
    | 'signer'
    | 'on_behalf_of'
    | 'agent'
    | 'agent_owner'
    | 'ci'
    | 'ci_actor'
    | 'resumer'
    | 'doer'
    | 'decider';
  /** `os:ana@web1`, `agent:deploy-bot`, `person:ana`, `ci:github/ana`, `token:4f7k…`, `ssh:ssh-ed25519 AAAA…`. */
  readonly identity: string;
  /** The person this identity belongs to; null where it maps to none. */
  readonly person: string | null;
  /** Only a variable or a header says so: it stands in the chain, and may as well not be so. */
  readonly claimed?: true;
}

/** Everyone behind a run. */
export interface Initiator {
  readonly kind: 'person' | 'agent' | 'ci' | 'unknown';
  readonly chain: readonly ChainLink[];
}
