import { formatDuration } from '../../base/duration.ts';
import { explainFrom } from '../../policy/explain-slot.ts';
import type { RequestContent } from '../request.ts';
import { type CardSection, fields, list } from './card-section.ts';

/** What makes this approval more than an ordinary one: it stands before everything else. */
export function beyondSections({
  break_glass,
  overrides = [],
}: RequestContent): readonly (CardSection | null)[] {
  return [
    break_glass === null
      ? null
      : fields('BREAK-GLASS: whoever signs acts alone', [
          ['rule', break_glass.rule],
          ['review owed', reviewLine(break_glass.review)],
          ['until then', `no other run breaks the glass in ${break_glass.scope}`],
        ]),
    list(
      'Overrides: rules that deny this, and that the approval lifts',
      overrides.map(({ rule, reason }) => `${rule}: ${reason}`),
    ),
  ];
}

/** Who looks at it afterwards, and by when: `within 1d of its start, by somebody else from group:security`. */
export function reviewLine({
  from,
  within_ms,
}: NonNullable<RequestContent['break_glass']>['review']): string {
  return `within ${formatDuration(within_ms)} of its start, by somebody else from ${explainFrom(from)}`;
}
