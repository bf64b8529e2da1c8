import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Evidence } from '../../src/approval/court/attested.ts';
import type { IssuerKey } from '../../src/approval/people/passkeys.ts';
import type { ChainLink, People } from '../../src/approval/people/people.ts';
import { ed25519Blob } from '../../src/approval/ssh/ssh-key.ts';
import { wireString } from '../../src/approval/ssh/ssh-wire.ts';
import { assembleSshsig, toBeSigned } from '../../src/approval/ssh/sshsig.ts';
import { approvalNamespace, parseStatement } from '../../src/approval/statement/statement.ts';
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
const issuer = 'https://login.example.com';
const issuers = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const strangers = aKey();

export const people: People = {
  people: [
    aPerson('bob', {
      groups: ['sre'],
      sshKeys: [plain.line, lineOf('bob')],
      osUsers: ['bob@web1'],
      emails: ['bob@example.com'],
      slack: ['T0/UBOB'],
      oidc: [`${issuer}#bob`],
    }),
    aPerson('carol', { groups: ['data'], sshKeys: [carols.line] }),
    aPerson('ian', { sshKeys: [lineOf('ian')] }),
    aPerson('ana', {
      sshKeys: [lineOf('ana')],
      slack: ['T0/UANA'],
      oidc: [`${issuer}#ana`],
      osUsers: ['ana@web1'],
      agents: ['bot'],
    }),
    aPerson('rae', { sshKeys: [lineOf('rae')] }),
    aPerson('cai', { sshKeys: [lineOf('cai')] }),
  ],
  issuers: [{ issuer, client: 'runbook', keys: [keyOf(issuers.publicKey)] }],
};

function keyOf(key: KeyObject): IssuerKey {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', kid: null, x, y };
}

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

/** They log in for the statement as it is composed. */
function loggedIn(person: string, subject = person): Way {
  return {
    person,
    say: (statement) => {
      const now = Date.parse(parseStatement(statement).time) / 1000;
      const claims = {
        iss: issuer,
        aud: 'runbook',
        sub: subject,
        nonce: sha256(statement),
        iat: now,
        auth_time: now,
        exp: now + 60,
      };
      const token = [{ alg: 'ES256' }, claims].map(encode).join('.');
      const signature = sign('sha256', Buffer.from(token), {
        key: issuers.privateKey,
        dsaEncoding: 'ieee-p1363',
      });
      const login = {
        issuer,
        client: 'runbook',
        token: `${token}.${signature.toString('base64url')}`,
      };
      return { statement, signature: null, login };
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const strongest = touched | verified;
/** Bob, who stands outside the run, in every way; and everybody who stands behind it. */
export const ways: Readonly<Record<string, Way>> = {
  'his key': signed('bob', plain),
  'his security key, untouched': withKey('bob', 0),
  'his touch': withKey('bob', touched),
  'his touch and PIN': withKey('bob', strongest),
  'his fresh login': loggedIn('bob'),
  'his click, heard by a server': heard('bob', 'slack:T0/UBOB'),
  'his token': heard('bob', 'token:t0k', { channel: 'api' }),
  'his click, heard by the owner': heard('bob', 'slack:T0/UBOB', { receiver: 'os:ana@web1' }),
  'his file on the host': heard('bob', 'os:bob@web1', { channel: 'spool' }),
  'a key that is nobody’s': signed('bob', strangers),
  'an account that is nobody’s': heard('bob', 'slack:T0/UZED'),
  'an account that is another’s': heard('bob', 'slack:T0/UANA'),
  'a fresh login that is another’s': loggedIn('bob', 'ana'),
  'who started it': withKey('ian', strongest),
  'the agent’s owner': withKey('ana', strongest),
  'the owner’s chat account': heard('ana', 'slack:T0/UANA'),
  'the owner’s fresh login': loggedIn('ana'),
  'who resumed it': withKey('rae', strongest),
  'who set off the job': withKey('cai', strongest),
  'his touch and PIN, too late': { ...withKey('bob', strongest), at: 31 },
  'his touch and PIN, revoked': { ...withKey('bob', strongest), revoked: true },
};

/** Carol with her own key. */
export const byCarol: Way = signed('carol', carols);
