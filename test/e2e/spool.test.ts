import { existsSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Said } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { type Host, type HostUser, mayHaveHost, openHost, writeAsRoot } from '../support/host.ts';

const runbook = `name: restart
description: Restart the service.
steps:
  - id: restart
    privileged: true
    run: echo restarted >> ran.txt; cat ran.txt
`;

const together = `name: move
approvals: together
steps:
  - id: drain
    privileged: true
    run: echo drained
  - id: restart
    privileged: true
    run: echo restarted
`;

interface Shared {
  readonly host: Host;
  readonly ana: HostUser;
  readonly robin: HostUser;
  /** The spool as the test sees it from outside. */
  readonly spool: string;
}

/** Set up by root as the documentation says: two people in the group, each with an account and robin with a key. */
async function shareHost(policy = ''): Promise<Shared> {
  const host = await openHost();
  await done(host.root.run('init', '--system'));
  if (policy !== '') {
    writeAsRoot(join(host.etc, 'runbook/policy.yaml'), policy);
  }
  const ana = await host.addUser('ana', 'runbook');
  const robin = await host.addUser('robin', 'runbook');
  const enrol = (name: string, ...flags: readonly string[]) =>
    done(host.root.run('people', 'add', name, '--os-user', `${name}@${here}`, ...flags));
  await enrol('ana');
  await enrol('robin', '--ssh-key', `${robin.key}.pub`);
  writeAsRoot(join(ana.home, 'restart.yaml'), runbook);
  return { host, ana, robin, spool: join(host.lib, 'runbook/spool') };
}

const here = hostname().toLowerCase();

async function done(said: Promise<Said>): Promise<Said> {
  const it = await said;
  expect([it.exitCode, it.stderr.includes('error')], it.stderr).toEqual([0, false]);
  return it;
}

async function startWaiting(ana: HostUser): Promise<string> {
  const started = await ana.run('exec', './restart.yaml', '--no-wait', '--json');
  expect([started.exitCode, started.stderr]).toEqual([10, '']);
  return (JSON.parse(started.stdout) as { readonly run: string }).run;
}

/**
 * As mallory: takes ana's box away, plants a request in it, lists who decided; shows ana's request as her
 * own, shows it altered, and makes a box in the place of somebody else.
 */
const forging = `
cd /var/lib/runbook/spool
ana=$(ls)
request=$(ls "$ana/requests")
try() { what=$1; shift; if "$@" 2> /dev/null; then echo "$what: yes"; else echo "$what: no"; fi; }
try moved mv "$ana" taken
try planted cp "$ana/requests/$request" "$ana/requests/0123456789abcdef.json"
try listed ls "$ana/decisions"
for log in 1111111111111111 2222222222222222; do
  mkdir -p "$(id -u).$log/requests"
  chmod -R g=rx "$(id -u).$log"
done
cp "$ana/requests/$request" "$(id -u).1111111111111111/requests/$request"
sed 's/"bytes":"e/"bytes":"f/g' "$ana/requests/$request" > "$(id -u).2222222222222222/requests/$request"
mkdir 4242.3333333333333333
`;

async function decisionIn(ana: HostUser, run: string): Promise<unknown> {
  const log = JSON.parse((await done(ana.run('audit', 'log', run, '--json'))).stdout) as {
    readonly entries: readonly { readonly index: number; readonly type: string }[];
  };
  const decided = log.entries.filter(({ type }) => type === 'approval.decided');
  expect(decided.length).toBe(1);
  const shown = await done(ana.run('audit', 'show', String(decided[0]?.index)));
  return (JSON.parse(shown.stdout) as { readonly leaf: { readonly data: unknown } }).leaf.data;
}

async function expectClean(ana: HostUser): Promise<void> {
  const verified = await done(ana.run('audit', 'verify', '--json'));
  expect(JSON.parse(verified.stdout)).toMatchObject({ findings: [], exit_code: 0 });
}

// Everything here needs another account and another `/etc`, which only root can give.
describe.skipIf(!mayHaveHost)('another account on the host', () => {
  test('is set up by root, once, and what is there stays', async () => {
    const host = await openHost();
    const ana = await host.addUser('ana');
    const refused = await ana.run('init', '--system', '--json');
    expect([refused.exitCode, JSON.parse(refused.stderr)]).toMatchObject([2, { code: 'not_root' }]);

    const first = await done(host.root.run('init', '--system', '--json'));
    const { made } = JSON.parse(first.stdout) as { readonly made: readonly { made: boolean }[] };
    expect(made.every((each) => each.made)).toBe(true);
    const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
    expect(mode(join(host.etc, 'runbook'))).toBe('755');
    expect(mode(join(host.etc, 'runbook/people.yaml'))).toBe('644');
    expect(mode(join(host.lib, 'runbook/spool'))).toBe('3770');
    const { gid, uid } = statSync(join(host.lib, 'runbook/spool'));
    expect(uid).toBe(0);
    const group = await host.root.do('getent', 'group', String(gid));
    expect(group.stdout).toContain('runbook:');

    writeAsRoot(join(host.etc, 'runbook/policy.yaml'), '# ours\n');
    const again = await done(host.root.run('init', '--system', '--json'));
    const kept = JSON.parse(again.stdout) as { readonly made: readonly { made: boolean }[] };
    expect(kept.made.some((each) => each.made)).toBe(false);
    expect((await host.root.do('cat', '/etc/runbook/policy.yaml')).stdout).toBe('# ours\n');
    expect(existsSync('/etc/runbook')).toBe(false);
  });

  test('reads the request, signs with its own key, and the run goes on', async () => {
    const { ana, robin, spool } = await shareHost();
    const run = await startWaiting(ana);

    const listed = await done(robin.run('requests', '--json'));
    const { requests } = JSON.parse(listed.stdout) as {
      readonly requests: readonly { readonly request: string; readonly words: string }[];
    };
    expect(requests).toMatchObject([{ run, step: 'restart', state: 'pending', executor: 'ana' }]);
    const [asked] = requests;
    const reviewed = await done(robin.run('review', asked?.words ?? ''));
    expect(reviewed.stdout).toContain('echo restarted >> ran.txt');
    const unsigned = await robin.run('approve', '--account', '--yes', '--json');
    expect(unsigned.exitCode).toBe(13);
    expect(JSON.parse(unsigned.stderr)).toMatchObject({ code: 'assurance_too_low' });
    const [box = ''] = readdirSync(spool);
    expect(readdirSync(join(spool, box, 'decisions'))).toEqual([]);
    const approved = await done(robin.run('approve', '--key', robin.key, '--json'));
    expect(JSON.parse(approved.stdout)).toEqual({
      request: asked?.request,
      decision: 'approve',
      person: 'robin',
      assurance: 'A3',
      missing: [{ slot: 'floor', count: 1, from: ['*'] }],
      receipt: expect.any(String) as string,
      state: 'left',
    });
    expect(existsSync(join(robin.home, '.local/state/runbook'))).toBe(false);

    // As a script polls that started it.
    const polled = await done(ana.run('status', run, '--json'));
    expect(JSON.parse(polled.stdout)).toMatchObject({ status: 'waiting', requests: [] });

    const resumed = await done(ana.run('resume', run, '--json'));
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'succeeded' });
    expect(await decisionIn(ana, run)).toMatchObject({
      person: 'robin',
      assurance: 'A3',
      channel: 'spool',
    });
    expect(JSON.parse((await done(robin.run('requests', '--json'))).stdout)).toEqual({
      requests: [],
    });
    await expectClean(ana);
  });

  test('is told at once what a waiting run made of it', async () => {
    const { host, ana, robin } = await shareHost('floor: { assurance: A0 }\n');
    const mallory = await host.addUser('mallory', 'runbook');
    const waiting = ana.start('exec', './restart.yaml', '--wait', '60s', '--json');
    await eventually(async () => (await robin.run('requests')).stdout).toContain('executed by ana');
    const refused = await mallory.run('approve', '--account', '--yes', '--json');
    expect(refused.exitCode).toBe(13);
    expect(JSON.parse(refused.stdout)).toMatchObject({ person: null, state: 'refused' });
    expect(JSON.parse(refused.stderr.split('\n').at(-2) ?? '')).toMatchObject({
      code: 'identity_unknown',
    });
    const signed = await done(robin.run('approve', '--key', robin.key));
    expect(signed.stdout).toBe('approve by robin recorded (A3)\n');
    expect((await waiting.said).exitCode).toBe(0);
  });

  test('decides by what it owns where policy takes A0', async () => {
    const { ana, robin } = await shareHost('floor: { assurance: A0 }\n');
    const run = await startWaiting(ana);
    expect((await robin.run('approve', '--account')).exitCode).toBe(2);
    const left = await done(robin.run('approve', '--account', '--yes', '--json'));
    expect(left.stderr).toContain('nothing signs this');
    expect(JSON.parse(left.stdout)).toMatchObject({
      person: 'robin',
      assurance: 'A0',
      receipt: null,
      state: 'left',
    });
    await done(ana.run('resume', run));
    expect(await decisionIn(ana, run)).toMatchObject({
      person: 'robin',
      assurance: 'A0',
      channel: 'spool',
      signature: null,
      attested: { identity: `os:robin@${here}`, receiver: `os:ana@${here}` },
    });
    await expectClean(ana);
  });

  test('is told later what became of a decision that nobody was there to judge', async () => {
    const { host, ana } = await shareHost('floor: { assurance: A0 }\n');
    const run = await startWaiting(ana);
    const mallory = await host.addUser('mallory', 'runbook');
    await done(mallory.run('approve', '--account', '--yes'));
    const waits = await done(mallory.run('requests', '--json'));
    expect(JSON.parse(waits.stdout)).toMatchObject({ requests: [{ decision_left: true }] });
    const taken = await ana.run('status', run);
    expect(taken.stderr).toContain('was left and does not count');
    const told = await mallory.run('requests');
    expect(told.stderr).toContain('(identity_unknown)');
    expect(told.stdout).not.toContain('your decision waits');
    expect((await mallory.run('requests')).stderr).toBe('');
  });

  test('sees every command that one decision is for, and decides for all of them', async () => {
    const { ana, robin } = await shareHost();
    writeAsRoot(join(ana.home, 'restart.yaml'), together);
    const run = await startWaiting(ana);
    const reviewed = await done(robin.run('review'));
    expect(reviewed.stdout).toContain('echo drained');
    expect(reviewed.stdout).toContain('echo restarted');
    const approved = await done(robin.run('approve', '--key', robin.key));
    expect(approved.stderr).toContain('echo drained');
    expect(approved.stderr).toContain('echo restarted');
    const resumed = await done(ana.run('resume', run, '--json'));
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'succeeded' });
    expect(await decisionIn(ana, run)).toMatchObject({ person: 'robin', assurance: 'A3' });
  });

  test('that belongs to the group can neither forge a request nor touch what is not its own', async () => {
    const { host, ana, robin } = await shareHost();
    const run = await startWaiting(ana);
    const mallory = await host.addUser('mallory', 'runbook');
    const forged = await mallory.do('sh', '-euc', forging);
    expect(forged.stdout.trim().split('\n')).toEqual(['moved: no', 'planted: no', 'listed: no']);

    const listed = await done(robin.run('requests', '--json'));
    expect(JSON.parse(listed.stdout)).toMatchObject({ requests: [{ run, executor: 'ana' }] });
    expect(listed.stderr).toContain('of mallory is left out');
    expect(listed.stderr).toContain('request_misplaced');
    expect(listed.stderr).toContain('blob_altered');
    expect(listed.stderr).toContain('made by somebody else than its name says');
    const signed = await done(robin.run('approve', '--key', robin.key));
    expect(signed.stdout).toBe('approve left for ana\n');
    await done(ana.run('resume', run));
  });

  test('sees nothing outside the group, and is told why', async () => {
    const { host, ana, spool } = await shareHost();
    await startWaiting(ana);
    const mallory = await host.addUser('mallory');
    const listed = await mallory.run('requests', '--json');
    expect([listed.exitCode, JSON.parse(listed.stdout)]).toEqual([0, { requests: [] }]);
    expect(listed.stderr).toContain('you are not in the group `runbook`');
    expect(listed.stderr).toContain('`usermod -aG runbook mallory`');
    expect((await mallory.do('ls', '/var/lib/runbook/spool')).exitCode).not.toBe(0);
    const [box = ''] = readdirSync(spool);
    const peek = await mallory.do('cat', `/var/lib/runbook/spool/${box}/requests`);
    expect(peek.stderr).toContain('Permission denied');
    const doctor = await mallory.run('doctor');
    expect(doctor.stdout).toContain('usermod -aG runbook mallory');
  });
});
