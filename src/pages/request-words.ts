import type { Initiator } from '../approval/people/people.ts';
import type { GivenDecision, RequestState } from '../approval/request-state.ts';
import { type Html, html } from '../base/html.ts';
import { sanitizeLine } from '../base/sanitize.ts';

/** How a state looks: the colour never says more than the words. */
export type Tone = 'good' | 'bad' | 'warn' | 'note';

/** Of a request, and of the run and the step that it is about. */
export const waitsForApproval = 'waits for approval';

const states: Readonly<Record<RequestState, readonly [words: string, tone: Tone]>> = {
  pending: [waitsForApproval, 'warn'],
  approved: ['approved, not yet started', 'good'],
  claimed: ['approved and started', 'good'],
  rejected: ['rejected', 'bad'],
  expired: ['expired: nobody decided in time', 'bad'],
  cancelled: ['cancelled with its run', 'bad'],
  superseded: ['replaced by another request', 'bad'],
  revoked: ['approval taken back', 'bad'],
  lapsed: ['approved, but not started in time', 'bad'],
};

/** Where a request stands. */
export function stateBadge(state: RequestState): Html {
  const [words, tone] = states[state];
  return html`<span class="badge ${tone}">${words}</span>`;
}

/** Where it would run; whether that is protected stands there in words. */
export function environmentBadge(target: {
  readonly environment: string;
  readonly protected?: boolean;
}): Html {
  const { environment, protected: isProtected = false } = target;
  return isProtected
    ? html`<span class="badge bad">${sanitizeLine(environment)} · protected</span>`
    : html`<span class="badge">${sanitizeLine(environment)}</span>`;
}

/** Who asks, in few words: `ana`, `agent:deploy-bot for ana`. */
export function askerOf({ chain }: Pick<Initiator, 'chain'>): string {
  const caller = chain.find(({ role }) => role === 'caller');
  const agent = chain.find(({ role }) => role === 'agent' || role === 'ci');
  const people = [...new Set(chain.map(({ person }) => person).filter((name) => name !== null))];
  const first = agent?.identity ?? caller?.person ?? caller?.identity ?? 'nobody known';
  const others = people.filter((name) => name !== first);
  return sanitizeLine(others.length === 0 ? first : `${first} for ${others.join(', ')}`);
}

/** What is known of who decided; a receiver's word is never called a signature. */
export function explainAssurance(assurance: GivenDecision['assurance']): string {
  return proofs[assurance];
}

const proofs: Readonly<Record<GivenDecision['assurance'], string>> = {
  A0: 'said by the host that runs it, not proven (A0)',
  A1: 'attested by a server, not signed (A1)',
  A2: 'proven by a fresh login (A2)',
  A3: 'signed with their own key (A3)',
};

/** A text that may be of any length, cut for a heading: it stands whole below. */
export function shorten(text: string, most: number): string {
  const letters = Array.from(text.slice(0, 2 * most));
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : text;
}
