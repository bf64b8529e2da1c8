import { createConnection } from 'node:net';
import { wireString } from '../approval/ssh/ssh-wire.ts';
import { UsageError } from '../base/errors.ts';

/** What OpenSSH's own client accepts at most. */
const maxAnswerBytes = 256 * 1024;

/**
 * Sends one message to an ssh agent and answers its reply, the length before it taken off. Throws
 * UsageError `agent_missing` where nobody answers, within `timeoutMs` or at all.
 */
export function askAgent(socketPath: string, request: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let received = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    const fail = (why: string): void => end(() => reject(missing(socketPath, why)));
    socket.setTimeout(timeoutMs, () => fail(`did not answer within ${timeoutMs / 1000} s`));
    socket.on('error', (error) => fail(`cannot be reached (${error.message})`));
    socket.on('close', () => fail('closed the connection without an answer'));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length < 4 ? 0 : received.readUInt32BE();
      if (length > maxAnswerBytes) {
        fail(`announced an answer of ${length} bytes`);
      } else if (received.length >= 4 && received.length >= 4 + length) {
        const answer = received.subarray(4, 4 + length);
        end(() => resolve(answer));
      }
    });
    socket.write(wireString(request));
  });
}

function missing(socketPath: string, why: string): UsageError {
  return new UsageError({
    code: 'agent_missing',
    message: `\`${socketPath}\`: the ssh agent ${why}`,
    hint: 'check `SSH_AUTH_SOCK` with `ssh-add -l`, or use `--key FILE`',
  });
}
