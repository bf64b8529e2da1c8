#!/usr/bin/env node
// Replaces a service's secret file and proves, by asking the service, which secret it takes.
// Secrets are named by the first 16 hex digits of their SHA-256 and never printed.
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const usage = `usage: rotate.mjs replace --from ACTIVE -- FILE   new secret; the old one stays as FILE.previous
       rotate.mjs verify --service URL -- FILE   the new secret is taken, the previous one refused
       rotate.mjs tidy -- FILE                   remove what an interrupted rotation left
`;
const verbs = { replace, verify, tidy };

/**
 * Done once for each ACTIVE, however often it is called: where the file has moved on from ACTIVE
 * already and ACTIVE is the previous one, the rotation is done.
 */
async function replace(file, { from }) {
  const [current, previous] = [nameOf(file), nameOf(`${file}.previous`)];
  if (current === from) {
    tidy(file);
    write(`${file}.next`, randomBytes(32).toString('base64url'));
    rmSync(`${file}.previous`, { force: true });
    linkSync(file, `${file}.previous`);
    renameSync(`${file}.next`, file);
  } else if (previous !== from) {
    throw new Error(`${file}: holds ${current}, not ${from}: somebody else rotated it`);
  }
  return { active: nameOf(file), previous: nameOf(`${file}.previous`) };
}

async function verify(file, { service }) {
  const [active, previous] = [nameOf(file), nameOf(`${file}.previous`)];
  // The service needs a moment to notice.
  for (let tries = 0; tries < 100 && (await whoami(service)) !== active; tries += 1) {
    await sleep(50);
  }
  const seen = await whoami(service);
  if (seen !== active) {
    throw new Error(`the service still takes ${seen}, not ${active}`);
  }
  await demand(200, service, file);
  await demand(401, service, `${file}.previous`);
  return { active, previous, accepted: active, refused: previous };
}

function tidy(file) {
  const removed = existsSync(`${file}.next`);
  rmSync(`${file}.next`, { force: true });
  return { removed };
}

async function whoami(service) {
  const answer = await fetch(`${service}/whoami`, { signal: AbortSignal.timeout(5000) });
  return (await answer.json()).active;
}

/** The secret travels in a header: never in a URL or an argument, which others can see. */
async function demand(status, service, file) {
  const answer = await fetch(`${service}/private`, {
    headers: { authorization: `Bearer ${readFileSync(file, 'utf8')}` },
    signal: AbortSignal.timeout(5000),
  });
  if (answer.status !== status) {
    throw new Error(`${nameOf(file)}: the service answers ${answer.status}, not ${status}`);
  }
}

/** Durable before it is renamed into place: after a crash the file holds the old secret or the new. */
function write(file, secret) {
  const handle = openSync(file, 'wx', 0o600);
  writeSync(handle, secret);
  fsyncSync(handle);
  closeSync(handle);
}

function nameOf(file) {
  if (!existsSync(file)) {
    return null;
  }
  return createHash('sha256').update(readFileSync(file, 'utf8')).digest('hex').slice(0, 16);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, service: { type: 'string' } },
});
const [verb, file] = positionals;
if (!Object.hasOwn(verbs, verb ?? '') || file === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(`${JSON.stringify(await verbs[verb](file, values))}\n`);
  } catch (error) {
    process.stderr.write(`rotate: ${error.message}\n`);
    process.exitCode = 1;
  }
}
