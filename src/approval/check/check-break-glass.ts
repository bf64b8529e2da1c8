import { reaches } from '../../policy/assurance.ts';
import type { RuleFinding } from '../../policy/check/finding.ts';
import type { BreakGlassRule, Policy } from '../../policy/policy.ts';
import { personNamed, signingKeys } from '../people/identity.ts';
import type { Initiator, People } from '../people/people.ts';
import { isSecurityKey } from '../ssh/security-key.ts';
import { eligibleFor } from '../tally/eligible.ts';

/** Glass that nobody can break, and what nobody is left to review: the next time would then be blocked for good. */
export function checkBreakGlass(policy: Policy, people: People): readonly RuleFinding[] {
  return policy.breakGlass.flatMap((rule, index): readonly RuleFinding[] => {
    if (rule.from.some((entry) => entry.startsWith('list:'))) {
      return [];
    }
    const at = {
      rule: rule.name,
      offset: 0,
      hint: 'enrol somebody with a key: `runbook people add NAME --ssh-key FILE.pub`',
    };
    const able = eligibleFor(rule, { people, initiator: nobody }).filter((name) =>
      canSign(name, rule, people),
    );
    if (able.length === 0) {
      const path = ['break_glass', index, 'from'];
      return [{ ...at, kind: 'slot_unfillable', path, message: 'nobody can break it' }];
    }
    const alone = able.filter((name) => !hasReviewer(name, rule, people));
    const who = alone.map((name) => `\`${name}\``).join(' or ');
    return alone.length === 0
      ? []
      : [
          {
            ...at,
            kind: 'slot_unfillable_for',
            path: ['break_glass', index, 'review'],
            message: `when ${who} breaks it, nobody is left to review it`,
          },
        ];
  });
}

const nobody: Initiator = { kind: 'unknown', chain: [] };

function canSign(
  name: string,
  { assurance, presence, verified }: BreakGlassRule,
  people: People,
): boolean {
  const person = personNamed(people, name);
  const keys = person === null ? [] : signingKeys(person);
  if (presence || verified) {
    return keys.some(isSecurityKey);
  }
  const canLogIn = assurance === 'A2' && (person?.oidc.length ?? 0) > 0;
  return keys.length > 0 || canLogIn || !reaches(assurance, 'A2');
}

/** A review is signed, by somebody else. */
function hasReviewer(name: string, { review }: BreakGlassRule, people: People): boolean {
  const chain: Initiator['chain'] = [{ role: 'caller', identity: `person:${name}`, person: name }];
  const reviewers = eligibleFor(review, { people, initiator: { kind: 'person', chain } });
  return reviewers.some((each) => {
    const person = personNamed(people, each);
    return person !== null && signingKeys(person).length > 0;
  });
}
