import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Evidence } from '../../src/approval/court/attested.ts';
import type { ChainLink, People } from '../../src/approval/people/people.ts';
import { ed25519Blob } from '../../src/approval/ssh/ssh-key.ts';
import { wireString } from '../../src/approval/ssh/ssh-wire.ts';
import { assembleSshsig, toBeSigned } from '../../src/approval/ssh/sshsig.ts';
import { approvalNamespace } from '../../src/approval/statement/statement.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { BlobId } from '../../src/base/ids.ts';
import { aPerson } from '../approval/builders.ts';
import { ed25519Authenticator } from '../support/authenticator.ts';

interface Key {
  readonly line: string;
  readonly sign: (message: Buffer) => Buffer;
}

function aKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const blob = ed25519Blob(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  return {
    line: `ssh-ed25519 ${blob.toString('base64')}`,
    sign: (it) => seal(it, blob, privateKey),
  };
}

function seal(message: Buffer, blob: Buffer, key: KeyObject): Buffer {
  const signature = sign(null, toBeSigned(approvalNamespace, message), key);
  const inner = Buffer.concat([wireString('ssh-ed25519'), wireString(signature)]);
  return assembleSshsig(blob, approvalNamespace, inner);
}

/** A security key that says these flags of itself: 1 touched, 4 its owner verified. */
const tokens = Object.fromEntries(
  ['bob', 'ian', 'ana', 'rae', 'cai'].map((name) => [name, ed25519Authenticator('ssh:')]),
);
const plain = aKey();
const carols = aKey();
const strangers = aKey();

export const people: People = {
  people: [
    aPerson('bob', {
      groups: ['sre'],
      sshKeys: [plain.line, lineOf('bob')],
      osUsers: ['bob@web1'],
      emails: ['bob@example.com'],
      slack: ['T0/UBOB'],
    }),
    aPerson('carol', { groups: ['data'], sshKeys: [carols.line] }),
    aPerson('ian', { sshKeys: [lineOf('ian')] }),
    aPerson('ana', {
      sshKeys: [lineOf('ana')],
      slack: ['T0/UANA'],
      osUsers: ['ana@web1'],
      agents: ['bot'],
    }),
    aPerson('rae', { sshKeys: [lineOf('rae')] }),
    aPerson('cai', { sshKeys: [lineOf('cai')] }),
  ],
};

function lineOf(name: string): string {
  return tokens[name]?.publicKey ?? '';
}

/** The agent came with a token of its own, for ian; cai set off the job around it, and rae took it on. */
export const agentAlone: readonly ChainLink[] = [
  { role: 'caller', identity: 'token:b0t', person: null },
  { role: 'agent', identity: 'agent:bot', person: null },
  { role: 'agent_owner', identity: 'person:ana', person: 'ana' },
];
export const everybody: readonly ChainLink[] = [
  ...agentAlone,
  { role: 'signer', identity: 'person:ian', person: 'ian' },
  { role: 'ci_actor', identity: 'person:cai', person: 'cai' },
  { role: 'resumer', identity: 'person:rae', person: 'rae' },
];

/** One way in which somebody can decide. */
export interface Way {
  readonly person: string;
  /** Says how the statement came. */
  readonly say: (statement: string) => Evidence;
  /** Minutes after the request. */
  readonly at?: number;
  readonly revoked?: true;
}

const touched = 0x01;
const verified = 0x04;

function withKey(name: string, flags: number): Way {
  return {
    person: name,
    say: (statement) => ({
      statement,
      signature: (
        tokens[name]?.touch({
          namespace: approvalNamespace,
          message: Buffer.from(statement),
          flags,
        }) ?? Buffer.alloc(0)
      ).toString('base64'),
    }),
  };
}

function signed(person: string, key: Key): Way {
  return {
    person,
    say: (statement) => ({
      statement,
      signature: key.sign(Buffer.from(statement)).toString('base64'),
    }),
  };
}

function heard(
  person: string,
  identity: string,
  { receiver = 'os:runbook@srv', channel = 'slack' } = {},
): Way {
  const raw = sha256('raw') as string as BlobId;
  const attested = { receiver, identity, matched_by: null, event: 'e1', raw };
  return { person, say: (statement) => ({ statement, signature: null, attested, channel }) };
}

const strongest = touched | verified;
/** Bob, who stands outside the run, in every way; and everybody who stands behind it. */
export const ways: Readonly<Record<string, Way>> = {
  'his key': signed('bob', plain),
  'his security key, untouched': withKey('bob', 0),
  'his touch': withKey('bob', touched),
  'his touch and PIN': withKey('bob', strongest),
  'his click, heard by a server': heard('bob', 'slack:T0/UBOB'),
  'his token': heard('bob', 'token:t0k', { channel: 'api' }),
  'his click, heard by the owner': heard('bob', 'slack:T0/UBOB', { receiver: 'os:ana@web1' }),
  'his file on the host': heard('bob', 'os:bob@web1', { channel: 'spool' }),
  'a key that is nobody’s': signed('bob', strangers),
  'an account that is nobody’s': heard('bob', 'slack:T0/UZED'),
  'an account that is another’s': heard('bob', 'slack:T0/UANA'),
  'who started it': withKey('ian', strongest),
  'the agent’s owner': withKey('ana', strongest),
  'the owner’s chat account': heard('ana', 'slack:T0/UANA'),
  'who resumed it': withKey('rae', strongest),
  'who set off the job': withKey('cai', strongest),
  'his touch and PIN, too late': { ...withKey('bob', strongest), at: 31 },
  'his touch and PIN, revoked': { ...withKey('bob', strongest), revoked: true },
};

/** Carol with her own key. */
export const byCarol: Way = signed('carol', carols);
