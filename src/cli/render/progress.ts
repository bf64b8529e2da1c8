import { describeGrantUse } from '../../approval/grant-report.ts';
import type { ChainLink } from '../../approval/people/people.ts';
import type { RequestContent } from '../../approval/request.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { RunReport } from '../../engine/reports.ts';
import type { Listener } from '../../engine/service.ts';
import { describeDenial, hintOf } from '../../run/denial.ts';
import { isEnrolmentEvent } from '../../run/enrolment-events.ts';
import type { Event, StepFinished, StepStarted } from '../../run/events.ts';
import { grantUse } from '../../run/loan.ts';
import { isTrailEvent } from '../../run/trail-events.ts';
import type { Paint } from '../paint.ts';
import { liveOutput } from './live-output.ts';
import { formatSpan } from './span.ts';
import { type StepLines, stepLines } from './step-lines.ts';
import type { Style } from './style.ts';

export interface ProgressInput {
  /** The run as it stands before it is driven: names and ids of its steps. */
  readonly report: RunReport;
  readonly style: Style;
  /** A line may be finished later: only where somebody watches it grow. */
  readonly live: boolean;
  readonly write: (text: string) => void;
  /** Shows an open request where no channel does. */
  readonly showRequest: (detail: Parameters<Listener['waiting']>[0]) => string;
}

/** Calm progress: a line for each step, its output indented below it, gates where they open. */
export function progressListener(input: ProgressInput): Listener {
  const lines = stepLines(input);
  const output = liveOutput(input.style, (line) => lines.below(line));
  const { paint } = input.style;
  /** The step whose need was told last: who resumes at a gate was not told of it yet. */
  let asked: string | null = null;
  return {
    recorded(entry) {
      output.flush();
      const { event } = entry;
      if (event.type === 'manual.asked' && event.data.step === input.report.manual?.step) {
        // It was told with where the run stands; a server tells every entry from the first on.
        return;
      }
      asked = event.type === 'approval.requested' ? event.data.step : asked;
      tell(event, lines, paint);
      if (event.type === 'manual.asked') {
        lines.note(paint.quiet(`then: runbook done ${entry.run ?? 'RUN'} ${event.data.step}`));
      }
    },
    output(_step, stream, chunk) {
      output.take(stream, chunk);
    },
    waiting(detail) {
      output.flush();
      const { step } = detail.content;
      if (asked !== step) {
        asked = step;
        tellNeed(detail.content, lines, paint);
      }
      lines.below(input.showRequest(detail));
    },
    delayed(_step, ms) {
      output.flush();
      lines.note(`again in ${formatSpan(ms)}`);
    },
  };
}

type EventOf<Type extends string> = Extract<Event, { readonly type: Type }>;

function tell(event: Event, lines: StepLines, paint: Paint): void {
  if (isTrailEvent(event) || isEnrolmentEvent(event)) {
    return;
  }
  switch (event.type) {
    case 'step.started':
    case 'step.finished':
    case 'step.skipped':
    case 'step.denied':
    case 'step.unknown':
    case 'step.resolved':
    case 'step.late':
      return tellStep(event, lines, paint);
    case 'approval.requested':
    case 'approval.decided':
    case 'approval.expired':
    case 'approval.superseded':
    case 'approval.reminded':
      return tellApproval(event, lines, paint);
    case 'manual.asked':
    case 'manual.done':
      return tellManual(event, lines, paint);
    case 'break_glass.reviewed': {
      const { person, finding, reason } = event.data;
      return lines.note(`reviewed by ${person}: ${finding}${because(reason)}`);
    }
    case 'run.cancel_requested': {
      const { by, reason } = event.data;
      return lines.note(`cancelling, asked for by ${nameOf(by)}${because(reason)}`);
    }
    case 'log.genesis':
    case 'config.set':
    case 'run.started':
    case 'run.resumed':
    case 'run.finished':
    case 'grant.revoked':
    case 'token.issued':
    case 'token.revoked':
      return undefined;
  }
}

function tellStep(event: EventOf<`step.${string}`>, lines: StepLines, paint: Paint): void {
  const { step } = event.data;
  switch (event.type) {
    case 'step.started':
      tellBreaking(event.data, lines, paint);
      lines.begin(step, paint.accent('●'));
      return tellGrant(event.data, lines, paint);
    case 'step.finished':
      return lines.end(describeEnd(event.data, paint));
    case 'step.skipped':
      lines.begin(step, paint.quiet('○'));
      return lines.end(paint.quiet(`skipped${because(event.data.why)}`));
    case 'step.denied': {
      const { reasons } = event.data;
      const hint = hintOf(reasons);
      lines.begin(step, paint.bad('✗'));
      lines.end(`${paint.bad('denied')}${because(describeDenial(reasons))}`);
      return hint === null ? undefined : lines.note(`hint: ${sanitizeLine(hint)}`);
    }
    case 'step.unknown':
      lines.begin(step, paint.bad('?'));
      return lines.end(`${paint.bad('unknown')}${because(event.data.why)}`);
    case 'step.resolved': {
      const { outcome, reason } = event.data;
      return lines.note(`\`${step}\` is settled as ${outcome}${because(reason)}`);
    }
    case 'step.late':
      return lines.note(`\`${step}\` ${event.data.outcome} after all: recorded, not applied`);
  }
}

function tellApproval(event: EventOf<`approval.${string}`>, lines: StepLines, paint: Paint): void {
  switch (event.type) {
    case 'approval.requested':
      return tellNeed(event.data, lines, paint);
    case 'approval.decided': {
      const { decision, person, assurance, reason } = event.data;
      return lines.note(
        `${decided(decision, paint)} by ${person} (${assurance})${because(reason)}`,
      );
    }
    case 'approval.expired': {
      const why = event.data.which === 'pending' ? 'nobody decided' : 'the approval was not used';
      return lines.note(paint.careful(`expired: ${why} in time`));
    }
    case 'approval.superseded': {
      const changes = event.data.changes.map(sanitizeLine).join('; ');
      return lines.note(paint.careful(`asking again, because this changed: ${changes}`));
    }
    case 'approval.reminded': {
      const { kind, to } = event.data;
      const words = kind === 'reminder' ? 'reminded' : 'also asked';
      return lines.note(paint.quiet(`${words} ${to.map(sanitizeLine).join(', ')}`));
    }
  }
}

function tellManual(event: EventOf<`manual.${string}`>, lines: StepLines, paint: Paint): void {
  const { step } = event.data;
  switch (event.type) {
    case 'manual.asked':
      lines.begin(step, paint.careful('◆'));
      lines.end(paint.careful('needs a person'));
      return lines.below(`  ${sanitizeLine(event.data.text)}\n`);
    case 'manual.done': {
      const { outcome, by, note } = event.data;
      const words = outcome === 'succeeded' ? paint.good('done') : paint.bad('not done');
      return lines.note(`${words}, says ${nameOf(by)}${because(note)}`);
    }
  }
}

function tellNeed(content: RequestContent, lines: StepLines, paint: Paint): void {
  const { step, break_glass, commands } = content;
  lines.begin(step, paint.careful('◆'));
  lines.end(
    break_glass === null
      ? paint.careful('needs approval')
      : paint.bad(`BREAK-GLASS by ${sanitizeLine(break_glass.rule)}: whoever acts signs`),
  );
  for (const other of commands.slice(1)) {
    lines.begin(other.step, paint.careful('◆'));
    lines.end(paint.careful('needs approval, in the same decision'));
  }
}

function tellBreaking({ permit }: StepStarted, lines: StepLines, paint: Paint): void {
  const scope = permit.kind === 'grant' ? permit.break_glass : undefined;
  if (scope !== undefined) {
    lines.note(paint.bad(`BREAK-GLASS: a review is owed in ${sanitizeLine(scope)} from now on`));
  }
}

/** What runs unasked, because another run asked for it, is not what runs because nobody has to be asked. */
function tellGrant({ permit }: StepStarted, lines: StepLines, paint: Paint): void {
  const use = grantUse(permit);
  if (use !== null) {
    lines.note(paint.quiet(sanitizeLine(describeGrantUse(use))));
  }
}

function describeEnd({ outcome, reason, duration_ms }: StepFinished, paint: Paint): string {
  const span = paint.quiet(formatSpan(duration_ms));
  return outcome === 'succeeded'
    ? `${paint.good('ok')} ${span}`
    : `${paint.bad('failed')}${because(reason)} ${span}`;
}

function decided(decision: 'approve' | 'reject' | 'revoke', paint: Paint): string {
  const words = { approve: 'approved', reject: 'rejected', revoke: 'revoked' } as const;
  return decision === 'approve' ? paint.good(words.approve) : paint.bad(words[decision]);
}

/** Whose token or account it is, where that is known. */
function nameOf({ identity, person }: ChainLink): string {
  return person === null ? identity : `${person} (${identity})`;
}

function because(reason: string | null): string {
  return reason === null || reason === '' ? '' : `: ${sanitizeLine(reason)}`;
}
