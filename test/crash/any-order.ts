import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestContent } from '../../src/approval/request.ts';
import { type Recorded, type StepStarted } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import type { Scene } from '../support/scene.ts';

/**
 * What must hold of a journal however it came about, counted here by hand and slowly: nothing of the
 * product's own judging is used, or a mistake in it would pass twice.
 */
export async function wrongsOf(scene: Scene): Promise<readonly string[]> {
  const store = scene.openStore();
  try {
    const { size } = await store.head();
    const entries = (await store.entries(0, size)).map(recordedOf);
    return [
      ...startsOf(entries).flatMap((start) => wrongs(entries, start)),
      ...unheard(scene, entries),
    ];
  } finally {
    await store.close();
  }
}

interface Start {
  readonly entry: Recorded;
  readonly data: StepStarted;
}

function startsOf(entries: readonly Recorded[]): readonly Start[] {
  return entries.flatMap((entry) =>
    entry.event.type === 'step.started' ? [{ entry, data: entry.event.data }] : [],
  );
}

/** Every step notes its attempt in the world: what ran stands in the journal, and once. */
function unheard(scene: Scene, entries: readonly Recorded[]): readonly string[] {
  const file = join(scene.dir, 'effects');
  const seen = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  const known = new Set(startsOf(entries).map(({ data }) => data.token));
  return [
    ...seen
      .filter((token) => !known.has(token))
      .map((token) => `${token} ran and was never started`),
    ...seen.filter((token, at) => seen.indexOf(token) !== at).map((token) => `${token} ran twice`),
  ];
}

function wrongs(entries: readonly Recorded[], { entry, data }: Start): readonly string[] {
  const name = `${data.step} in entry ${entry.seq}`;
  if (data.permit.kind !== 'grant') {
    return data.step.startsWith('open') ? [] : [`${name} started unasked`];
  }
  const { request, use } = data.permit;
  const asked = entries.find(
    ({ seq, event }) =>
      seq < entry.seq && event.type === 'approval.requested' && event.data.id === request,
  );
  if (asked?.event.type !== 'approval.requested') {
    return [`${name} started under a request that nobody asked`];
  }
  const content = asked.event.data;
  const before = entries.slice(0, entry.seq);
  const approvals = standing(before, content);
  const behind = peopleBehind(before, [entry.run, asked.run]);
  const mayActAlone = content.break_glass !== null;
  const approvers = [...approvals.keys()].filter((who) => mayActAlone || !behind.has(who));
  const rejected = before.some(
    ({ event }) =>
      event.type === 'approval.decided' &&
      event.data.request === request &&
      event.data.decision === 'reject',
  );
  const latestMs = Math.max(...approvals.values());
  const heldMs = content.grant.reuse?.for_ms ?? Number.POSITIVE_INFINITY;
  return [
    rejected ? `${name} started after a no` : '',
    approvers.length < content.policy.slots.reduce((sum, { count }) => sum + count, 0)
      ? `${name} started with ${approvers.join(', ') || 'nobody'} for ${content.policy.slots.length} slots`
      : '',
    use > usesOf(content, data.step) ? `${name} is use ${use}` : '',
    takenBefore(before, data) ? `${name} takes use ${use} a second time` : '',
    Date.parse(entry.time) >= latestMs + heldMs ? `${name} came too late` : '',
  ].filter((wrong) => wrong !== '');
}

function usesOf({ commands, grant }: RequestContent, step: string): number {
  const own = commands.find((command) => command.step === step);
  return own === undefined ? 0 : (grant.reuse?.max_uses ?? own.uses ?? grant.uses);
}

function takenBefore(before: readonly Recorded[], { step, permit }: StepStarted): boolean {
  return startsOf(before).some(
    ({ data }) =>
      data.step === step &&
      data.permit.kind === 'grant' &&
      permit.kind === 'grant' &&
      data.permit.request === permit.request &&
      data.permit.use === permit.use,
  );
}

/** Who approved in time and did not take it back, with when. */
function standing(
  before: readonly Recorded[],
  { id, limits }: RequestContent,
): Map<string, number> {
  const approvals = new Map<string, number>();
  for (const { event, time } of before) {
    if (event.type !== 'approval.decided' || event.data.request !== id) {
      continue;
    }
    if (event.data.decision === 'revoke') {
      approvals.delete(event.data.person);
    } else if (Date.parse(time) < Date.parse(limits.pending_until)) {
      approvals.set(event.data.person, Date.parse(time));
    }
  }
  return approvals;
}

function peopleBehind(
  before: readonly Recorded[],
  runs: readonly (string | null)[],
): ReadonlySet<string> {
  const links = before.flatMap(({ run, event }) => {
    if (!runs.includes(run)) {
      return [];
    }
    if (event.type === 'run.started') {
      return event.data.initiator.chain;
    }
    return event.type === 'run.resumed' ? event.data.links : [];
  });
  return new Set(links.flatMap(({ person }) => person ?? []));
}
