import { formatPublicKey, parsePublicKey } from '../approval/ssh/ssh-key.ts';
import { readWire, wireString, wireUint32 } from '../approval/ssh/ssh-wire.ts';
import { assembleSshsig, toBeSigned } from '../approval/ssh/sshsig.ts';
import { UsageError } from '../base/errors.ts';
import { askAgent } from './agent-socket.ts';
import type { ApproverSigner } from './signer.ts';

/**
 * Signs through the agent at `socketPath` (SSH_AUTH_SOCK) with the first of the `wanted` public key
 * lines that it holds. The private key stays in the agent, or in the token behind it. Throws UsageError
 * `agent_missing`, `agent_empty`, `agent_no_key`, and when signing `agent_refused`.
 */
export async function agentSigner(
  socketPath: string | undefined,
  wanted: readonly string[],
): Promise<ApproverSigner> {
  if (socketPath === undefined || socketPath === '') {
    throw new UsageError({
      code: 'agent_missing',
      message: 'no ssh agent: `SSH_AUTH_SOCK` is not set',
      hint: 'start one with `eval "$(ssh-agent)"` and `ssh-add`, or use `--key FILE`',
    });
  }
  const held = await listKeys(socketPath);
  const key = wanted
    .map(parsePublicKey)
    .find(({ blob }) => held.some((other) => other.equals(blob)));
  if (key === undefined) {
    throw noKey(held.length, wanted);
  }
  const publicKey = formatPublicKey(key);
  return {
    publicKey,
    sign: async (namespace, message) => {
      const signature = await signWithAgent(socketPath, key.blob, toBeSigned(namespace, message));
      return assembleSshsig(key.blob, namespace, signature).toString('base64');
    },
  };
}

// Message numbers of draft-ietf-sshm-ssh-agent, section 6.1.
const requestIdentities = 11;
const identitiesAnswer = 12;
const signRequest = 13;
const signResponse = 14;
/** Ask for RSA signatures with SHA-512; other keys ignore it. */
const rsaSha512 = 4;

/** Listing asks nobody; signing may wait for a touch or a confirmation. */
const listTimeoutMs = 10_000;
const signTimeoutMs = 2 * 60_000;

async function listKeys(socketPath: string): Promise<readonly Buffer[]> {
  const request = Buffer.from([requestIdentities]);
  const answer = await askAgent(socketPath, request, listTimeoutMs);
  const wire = readWire(answer, garbled);
  if (wire.byte() !== identitiesAnswer) {
    throw empty();
  }
  const keys = Array.from({ length: Math.min(wire.uint32(), 10_000) }, () => {
    const blob = wire.string();
    wire.string();
    return blob;
  });
  if (keys.length === 0) {
    throw empty();
  }
  return keys;
}

async function signWithAgent(socketPath: string, blob: Buffer, data: Buffer): Promise<Buffer> {
  const request = Buffer.concat([
    Buffer.from([signRequest]),
    wireString(blob),
    wireString(data),
    wireUint32(rsaSha512),
  ]);
  const wire = readWire(await askAgent(socketPath, request, signTimeoutMs), garbled);
  if (wire.byte() !== signResponse) {
    throw new UsageError({
      code: 'agent_refused',
      message: 'the ssh agent refused to sign',
      hint: 'confirm its question or touch the key in time; a locked agent opens with `ssh-add -X`',
    });
  }
  return wire.string();
}

function empty(): UsageError {
  return new UsageError({
    code: 'agent_empty',
    message: 'the ssh agent holds no key, or is locked',
    hint: 'add your key with `ssh-add`, or open a locked agent with `ssh-add -X`',
  });
}

function noKey(held: number, wanted: readonly string[]): UsageError {
  return new UsageError({
    code: 'agent_no_key',
    message: `the ssh agent holds ${held} key${held === 1 ? '' : 's'}, and none of the ${wanted.length} that could decide here`,
    hint: 'add an enrolled key with `ssh-add`, or enrol yours with `runbook people add NAME --ssh-key FILE`',
  });
}

function garbled(what: string): never {
  throw new UsageError({ code: 'agent_refused', message: `the ssh agent's answer ${what}` });
}
