import { UsageError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { describeDenial } from '../../run/denial.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Engine } from '../engine.ts';
import { findRun } from '../find.ts';
import type { AuditLine } from '../reports.ts';

/** The newest entries, oldest of them first; with `run`, all of that run's. */
export async function auditLog(
  engine: Engine,
  filter: { readonly run: string | null; readonly limit: number },
): Promise<readonly AuditLine[]> {
  if (filter.run !== null) {
    const entries = await engine.store.loadRun(await findRun(engine, filter.run));
    return entries.slice(-filter.limit).map((entry) => lineOf(recordedOf(entry)));
  }
  const { size } = await engine.store.head();
  const entries = await engine.store.entries(Math.max(0, size - filter.limit), size);
  return entries.map((entry) => lineOf(recordedOf(entry)));
}

/** One entry as it is stored, with what proves that it stands under the signed head. */
export async function auditShow(engine: Engine, index: number): Promise<Json> {
  const head = await engine.store.head();
  const [entry] = await engine.store.entries(index, index + 1);
  if (entry === undefined) {
    throw new UsageError({
      code: 'entry_unknown',
      message: `there is no entry ${index}: the journal has ${head.size}`,
      hint: '`runbook audit log` lists the newest',
    });
  }
  const proof = await engine.store.inclusionProof(index, head.size);
  return {
    index,
    hash: recordedOf(entry).hash,
    leaf: JSON.parse(entry.bytes.toString('utf8')) as Json,
    inclusion: proof.map((hash) => hash.toString('base64')),
    checkpoint: head.note,
  };
}

function lineOf(entry: Recorded): AuditLine {
  const { seq, time, run, event, hash } = entry;
  return { index: seq, time, type: event.type, run, summary: summaryOf(entry), hash };
}

/** The entry in one line for a person; what came from outside is made visible, not obeyed. */
export function summaryOf(entry: Recorded): string {
  return sanitizeLine(describe(entry));
}

function describe({ event }: Recorded): string {
  switch (event.type) {
    case 'log.genesis':
      return `${event.data.origin} on ${event.data.host}, key ${event.data.key.id}`;
    case 'config.set':
      return `by ${event.data.by}: policy ${event.data.policy_digest.slice(0, 8)}, people ${event.data.people_digest.slice(0, 8)}`;
    case 'run.started':
      return `${event.data.runbook.name} in ${event.data.environment} by ${event.data.initiator.chain[0]?.identity ?? 'nobody'}`;
    case 'run.resumed':
      return `by ${event.data.links.map(({ person, identity }) => person ?? identity).join(', ')}`;
    case 'run.cancel_requested':
      return `by ${event.data.by.person ?? event.data.by.identity}${event.data.reason === null ? '' : `: ${event.data.reason}`}`;
    case 'run.finished':
      return event.data.status;
    case 'approval.requested':
      return `${event.data.break_glass === null ? '' : 'BREAK-GLASS, '}${event.data.commands.map(({ step }) => step).join(', ')}: ${event.data.id}, until ${event.data.limits.pending_until}`;
    case 'approval.decided':
      return `${event.data.decision} by ${event.data.person} (${event.data.assurance})${event.data.reason === null ? '' : `: ${event.data.reason}`}`;
    case 'approval.expired':
      return `${event.data.request}, ${event.data.which}`;
    case 'approval.superseded':
      return `${event.data.request}: ${event.data.changes.join('; ')}`;
    case 'approval.reminded':
      return `${event.data.request}: ${event.data.kind} ${event.data.nth} to ${event.data.to.join(', ')}`;
    case 'manual.asked':
      return `${event.data.step}: ${event.data.text}`;
    case 'manual.done':
      return `${event.data.step}: ${event.data.outcome}, by ${event.data.by.person ?? event.data.by.identity}${event.data.note === null ? '' : `: ${event.data.note}`}`;
    case 'grant.revoked':
      return `${event.data.request} by ${event.data.by.person ?? event.data.by.identity}${event.data.reason === null ? '' : `: ${event.data.reason}`}`;
    case 'break_glass.reviewed':
      return `${event.data.scope}: ${event.data.finding}, by ${event.data.person}: ${event.data.reason}`;
    case 'token.issued':
      return `${event.data.token} for ${event.data.holder.kind} ${event.data.holder.id}: ${event.data.scopes.join(', ')}, until ${event.data.expires_at}, by ${event.data.by}`;
    case 'token.revoked':
      return `${event.data.token} by ${event.data.by}`;
    case 'step.skipped':
    case 'step.denied':
    case 'step.started':
    case 'step.finished':
    case 'step.unknown':
    case 'step.resolved':
    case 'step.late':
      return stepSummary(event);
  }
}

function stepSummary(event: Extract<Recorded['event'], { type: `step.${string}` }>): string {
  const { step } = event.data;
  switch (event.type) {
    case 'step.skipped':
      return `${step}: ${event.data.why}`;
    case 'step.denied':
      return `${step}: ${describeDenial(event.data.reasons)}`;
    case 'step.started': {
      const { permit } = event.data;
      const under =
        permit.kind === 'grant'
          ? `under ${permit.lent_by === undefined ? '' : 'grant '}${permit.request}, use ${permit.use}${permit.break_glass === undefined ? '' : `, BREAK-GLASS in ${permit.break_glass}`}`
          : `under ${permit.kind}`;
      return `${step} attempt ${event.data.attempt}, ${under}`;
    }
    case 'step.finished':
    case 'step.late':
      return `${step} attempt ${event.data.attempt}: ${event.data.outcome}${event.data.reason === null ? '' : `, ${event.data.reason}`}`;
    case 'step.unknown':
      return `${step} attempt ${event.data.attempt}: ${event.data.why}`;
    case 'step.resolved':
      return `${step} attempt ${event.data.attempt}: ${event.data.outcome}, by ${event.data.link?.person ?? event.data.by}`;
  }
}
