import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../../src/client/connection.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { answer, listen, quickPace } from './small-server.ts';

const word = v.object({ word: v.string() });

/** A certificate for 127.0.0.1 that vouches for itself. */
function certify(): { readonly cert: string; readonly key: string } {
  const dir = tempFolder();
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const name = ['-subj', '/CN=runbook', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const flags = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', ...flags, '-days', '2', ...name, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { cert, key };
}

test('a server is trusted by the authority that is named, and by no other', async () => {
  const { cert, key } = certify();
  const server = createServer(
    { cert: readFileSync(cert), key: readFileSync(key) },
    (_request, response) => answer(response, 200, { word: 'hello' }),
  );
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = (await listen(server)).replace('http:', 'https:');
  const pauses: number[] = [];
  const call = (ca: string | null) =>
    openConnection(
      { url, ca, token: 'rbk_x', claims: {}, program: 'runbook 1' },
      quickPace(pauses),
    ).call({
      path: '/v1/me',
      answer: word,
    });
  expect(await call(cert)).toEqual({ word: 'hello' });
  for (const other of [null, certify().cert]) {
    await expect(call(other)).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringContaining('is not trusted') as string,
    });
  }
  await expect(call(join(cert, 'nothing'))).rejects.toMatchObject({ code: 'ca_unreadable' });
  expect(pauses).toEqual([]);
});
