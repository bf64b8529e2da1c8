import { identitiesOf, personNamed } from '../../approval/people/identity.ts';
import type { People } from '../../approval/people/people.ts';
import { UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type { Assurance } from '../../policy/policy.ts';
import type { Decided, EventType, Recorded } from '../../run/events.ts';
import { namesIn } from '../../run/names-in.ts';
import { eventTypes } from '../../run/recorded.ts';

/** Which entries somebody asks for; all that is said must hold. */
export interface EntryFilter {
  readonly run: string | null;
  /** How many of the newest. */
  readonly limit: number;
  /** Did it, decided it, or stands behind its run: a name of `people.yaml`, or an identity (`os:ana@web1`). */
  readonly person?: string | undefined;
  readonly runbook?: string | undefined;
  readonly environment?: string | undefined;
  /** RFC 3339, `since <= time < until`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly decision?: Decided['decision'] | undefined;
  readonly assurance?: Assurance | undefined;
  /** `step.started`, or `step.*`. */
  readonly type?: string | undefined;
}

/** The types that can match; null where every one can. Throws UsageError `type_unknown`. */
export function typesOf({ type, decision, assurance }: EntryFilter): readonly EventType[] | null {
  const decisions = decision !== undefined || assurance !== undefined;
  if (type === undefined) {
    return decisions ? ['approval.decided'] : null;
  }
  const named = eventTypes.filter((each) =>
    type.endsWith('.*') ? each.startsWith(type.slice(0, -1)) : each === type,
  );
  if (named.length === 0) {
    const near = closest(type, eventTypes);
    throw new UsageError({
      code: 'type_unknown',
      message: `there is no type of entry \`${type}\``,
      hint:
        near === null
          ? 'docs/journal.md lists them; `step.*` means all that begin like this'
          : `did you mean \`${near}\`?`,
    });
  }
  return decisions ? named.filter((each) => each === 'approval.decided') : named;
}

/** What an entry itself says of time and decision. */
export function fits({ event, time }: Recorded, filter: EntryFilter): boolean {
  const { since, until, decision, assurance } = filter;
  const decided = event.type === 'approval.decided' ? event.data : null;
  return (
    (since === undefined || time >= since) &&
    (until === undefined || time < until) &&
    (decision === undefined || decided?.decision === decision) &&
    (assurance === undefined || decided?.assurance === assurance)
  );
}

/** Every name that means the person: also those that entries had before there was one in `people.yaml`. */
export function namesOf(person: string, people: People): ReadonlySet<string> {
  const known = personNamed(people, person);
  return new Set([person, ...(known === null ? [] : [known.name, ...identitiesOf(known)])]);
}

export function isNamed(entry: Recorded, names: ReadonlySet<string>): boolean {
  return namesIn(entry.event).some((name) => names.has(name));
}
