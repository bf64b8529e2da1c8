import { canonicalize } from '../../../base/jcs.ts';

/**
 * What the journal keeps of a call: the activity as it came, and which key its token was signed with. The
 * token itself is left out: it is over no body, so that it proves nothing of this one, and for its hour it
 * would let somebody else speak for Teams.
 */
export function callEvidence(of: { readonly kid: string | null; readonly body: string }): Buffer {
  return Buffer.from(canonicalize({ transport: 'teams', ...of }));
}
