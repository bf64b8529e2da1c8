import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wireString, wireUint32 } from '../../src/approval/ssh/ssh-wire.ts';
import { verifySshsig } from '../../src/approval/ssh/sshsig.ts';
import { approvalNamespace, resolveNamespace } from '../../src/approval/statement/statement.ts';
import { runTool } from '../../src/base/tool.ts';
import { askAgent } from '../../src/signers/agent-socket.ts';
import { agentSigner } from '../../src/signers/ssh-agent.ts';
import { testWith } from '../support/foreign.ts';
import { aFolder } from './folder.ts';
import { acceptedByOpenSsh, makeKey, publicLine } from './ssh-tools.ts';

const namespace = approvalNamespace;
const message = Buffer.from('{"decision":"approve"}');
const openSsh = ['ssh-keygen', 'ssh-agent', 'ssh-add'];
const someKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlizSIN3DQV78VPNjVvvwjgf+P5HqbPYCYu3BOMdjAE';

describe('with an agent of OpenSSH', () => {
  testWith(openSsh, 'every kind of key signs what both verifiers accept', async () => {
    const folder = aFolder();
    const socket = anAgent(folder);
    const kinds = [
      ['ed25519'],
      ['ecdsa', '-b', '256'],
      ['ecdsa', '-b', '521'],
      ['rsa', '-b', '3072'],
    ];
    for (const [at, kind] of kinds.entries()) {
      const path = makeKey(folder, `key${at}`, '-t', ...kind);
      sshAdd(socket, path);
      const signer = await agentSigner(socket, [publicLine(path)]);
      const signature = await signer.sign(namespace, message);
      const claim = { folder, publicKey: signer.publicKey, namespace, message, signature };
      expect(acceptedByOpenSsh(claim)).toBe(true);
      expect(acceptedByOpenSsh({ ...claim, namespace: resolveNamespace })).toBe(false);
      const blob = Buffer.from(signature, 'base64');
      expect(verifySshsig({ signature: blob, message, namespace }).publicKey).toBe(
        signer.publicKey,
      );
    }
  });

  testWith(openSsh, 'the first wanted key that it holds signs, without its comment', async () => {
    const folder = aFolder();
    const socket = anAgent(folder);
    const [first, second] = [
      makeKey(folder, 'a', '-t', 'ed25519'),
      makeKey(folder, 'b', '-t', 'ed25519'),
    ];
    [second, first].forEach((path) => sshAdd(socket, path));
    const wanted = [someKey, first, second].map((it) => (it === someKey ? it : publicLine(it)));
    const { publicKey } = await agentSigner(socket, wanted);
    expect(`${publicKey} a`).toBe(publicLine(first));
  });

  testWith(openSsh, 'it is said when it is empty, locked, or holds other keys only', async () => {
    const folder = aFolder();
    const socket = anAgent(folder);
    await expect(agentSigner(socket, [someKey])).rejects.toMatchObject({ code: 'agent_empty' });
    const path = makeKey(folder, 'key', '-t', 'ed25519');
    sshAdd(socket, path);
    await expect(agentSigner(socket, [someKey])).rejects.toMatchObject({
      code: 'agent_no_key',
      message: 'the ssh agent holds 1 key, and none of the 1 that could decide here',
    });
    await expect(agentSigner(socket, [])).rejects.toMatchObject({ code: 'agent_no_key' });
    const lock = Buffer.concat([Buffer.from([22]), wireString('a password')]);
    expect(await askAgent(socket, lock, 5000)).toEqual(Buffer.from([6]));
    await expect(agentSigner(socket, [publicLine(path)])).rejects.toMatchObject({
      code: 'agent_empty',
    });
  });

  testWith(openSsh, 'a key taken out before it signs is a refusal', async () => {
    const folder = aFolder();
    const socket = anAgent(folder);
    const path = makeKey(folder, 'key', '-t', 'ed25519');
    sshAdd(socket, path);
    const signer = await agentSigner(socket, [publicLine(path)]);
    sshAdd(socket, '-D');
    await expect(signer.sign(namespace, message)).rejects.toMatchObject({ code: 'agent_refused' });
  });
});

test.each([undefined, ''])('without an agent it says which variable is missing', async (path) => {
  await expect(agentSigner(path, [someKey])).rejects.toMatchObject({
    code: 'agent_missing',
    message: 'no ssh agent: `SSH_AUTH_SOCK` is not set',
  });
});

test('a socket that nobody listens on is named', async () => {
  const path = join(aFolder(), 'none');
  await expect(agentSigner(path, [someKey])).rejects.toThrow(path);
  await expect(agentSigner(path, [someKey])).rejects.toMatchObject({ code: 'agent_missing' });
});

describe('an agent that behaves badly', () => {
  test.each<[string, Buffer, string]>([
    ['fails', wireString(Buffer.from([5])), 'agent_empty'],
    ['answers nothing at all', wireString(''), 'agent_refused'],
    ['announces keys that do not come', identities(3), 'agent_refused'],
    ['announces more than there can be', identities(0xffffffff), 'agent_refused'],
    ['announces an endless answer', wireUint32(0xffffffff), 'agent_missing'],
  ])('and %s is refused', async (_name, answer, code) => {
    const path = await aListener((socket) => socket.write(answer));
    await expect(agentSigner(path, [someKey])).rejects.toMatchObject({ code });
  });

  test('and hangs up is refused', async () => {
    const path = await aListener((socket) => socket.end());
    await expect(agentSigner(path, [someKey])).rejects.toThrow('without an answer');
  });

  test('and never answers is given up', async () => {
    const path = await aListener(() => {});
    await expect(askAgent(path, Buffer.from([11]), 50)).rejects.toThrow('did not answer');
  });

  test('and sends its answer byte by byte is understood', async () => {
    const answer = wireString(Buffer.from('slow'));
    const path = await aListener(async (socket) => {
      for (const byte of answer) {
        socket.write(Buffer.from([byte]));
        await sleep(1);
      }
    });
    expect((await askAgent(path, Buffer.from([11]), 5000)).toString()).toBe('slow');
  });
});

function identities(count: number): Buffer {
  return wireString(Buffer.concat([Buffer.from([12]), wireUint32(count)]));
}

/** Somebody who reads a question and then does as the test says. */
async function aListener(answer: (socket: Socket) => unknown): Promise<string> {
  const path = join(aFolder(), 'agent');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => void answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

/** Listens when this returns, and goes with the test. */
function anAgent(folder: string): string {
  const path = join(folder, 'agent');
  const started = runTool(['ssh-agent', '-a', path]).stdout.toString();
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
  onTestFinished(() => void process.kill(pid));
  return path;
}

function sshAdd(socket: string, ...options: readonly string[]): void {
  const argv = ['env', `SSH_AUTH_SOCK=${socket}`, 'ssh-add', '-q', ...options];
  expect(runTool(argv).exitCode).toBe(0);
}
