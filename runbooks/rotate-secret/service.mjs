#!/usr/bin/env node
// A small service behind a bearer secret, to try rotations on: `service.mjs SECRET_FILE [PORT]`.
//
//   GET /whoami    which secret is active (by the start of its SHA-256) and since when; open to all
//   GET /private   200 for whoever brings the active secret, 401 for everybody else
//
// It loads the file again when it changes, and makes a first secret where there is none.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, statSync, watchFile, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [file, port = '0'] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: service.mjs SECRET_FILE [PORT]\n');
  process.exitCode = 2;
} else {
  serve(file, Number(port));
}

function serve(file, port) {
  if (!existsSync(file)) {
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  }
  let active = load(file);
  watchFile(file, { interval: 50 }, () => {
    try {
      active = load(file);
    } catch (error) {
      // The old secret stays in force until the file can be read again.
      process.stderr.write(`service: not reloaded: ${error.message}\n`);
    }
  });

  const server = createServer((request, response) => {
    const [status, body] = answer(request, active);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  });
  server.listen(port, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
  });
}

function answer(request, active) {
  if (request.url === '/whoami') {
    return [200, { active: active.digest.toString('hex').slice(0, 16), since: active.since }];
  }
  if (request.url !== '/private') {
    return [404, { error: 'no such page' }];
  }
  const [, brought = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  // Digests have one length, so comparing them takes one time whatever was brought.
  const welcome = timingSafeEqual(sha256(brought), active.digest);
  return welcome ? [200, { welcome }] : [401, { error: 'not the active secret' }];
}

function load(file) {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Error(`${file}: readable by others`);
  }
  return { digest: sha256(readFileSync(file, 'utf8')), since: new Date().toISOString() };
}

function sha256(text) {
  return createHash('sha256').update(text).digest();
}
