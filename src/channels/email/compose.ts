import { layoutCard } from '../../approval/card/card.ts';
import type { GivenDecision } from '../../approval/request-state.ts';
import { requestUrl } from '../../approval/request-url.ts';
import { type Html, html } from '../../base/html.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { beginning } from '../cards/beginning.ts';
import type { StandingRequest } from '../channel.ts';
import { defuseLinks } from './defuse-links.ts';
import type { Mail, Occasion, Outcome } from './mail.ts';

/**
 * What a mail about a request says: what a card says first, and one link to all of it. The link only names
 * the request, and nothing in a mail decides, so that whoever follows it for us (a scanner, a preview, a
 * thief of the mailbox) has read and done nothing. No header and no markup comes from the request.
 */
export function compose(
  standing: StandingRequest,
  of: {
    readonly occasion: Occasion;
    readonly nowMs: number;
    /** Where people read a request whole; null where nothing serves it. */
    readonly url: string | null;
  },
): Pick<Mail, 'subject' | 'text' | 'html'> {
  const letter: Letter = {
    subject: subjectOf(standing, of.occasion),
    lead: leadOf(standing, of.occasion),
    decisions: standing.decisions.slice(-shownDecisions).map(tellDecision),
    facts: factsOf(standing, of.nowMs),
    way: wayOf(standing, of.url),
  };
  return { subject: letter.subject, text: textOf(letter), html: htmlOf(letter).markup };
}

interface Letter {
  readonly subject: string;
  readonly lead: string;
  readonly decisions: readonly string[];
  readonly facts: readonly Fact[];
  readonly way: Way;
}

interface Fact {
  readonly label: string;
  readonly value: string;
}

interface Way {
  readonly words: string;
  readonly link: string | null;
  /** Commands for a terminal; none where there is a link. */
  readonly commands: readonly string[];
}

const shownDecisions = 6;

/** Answers keep the subject: that is how many mailboxes find what belongs together. */
function subjectOf({ content }: StandingRequest, occasion: Occasion): string {
  const steps = content.commands.map(({ step }) => step).join(', ');
  const where = `${brief(content.runbook.name, 60)} in ${brief(content.target.environment, 40)}`;
  const subject = `Approval needed: ${brief(steps, 60)} of ${where}`;
  return occasion.kind === 'asked' ? subject : `Re: ${subject}`;
}

const outcomes: Readonly<Record<Outcome, string>> = {
  approved: 'It was approved.',
  rejected: 'It was rejected.',
  expired: 'Nobody decided in time, and it does not run.',
  lapsed: 'It was approved, but not used in time, and does not run.',
  cancelled: 'The run ended; nothing is to be decided any more.',
  superseded: 'What would run has changed: another request took this one’s place.',
  revoked: 'The approval was revoked. It waits for a decision again.',
};

function leadOf({ missing }: StandingRequest, occasion: Occasion): string {
  if (occasion.kind === 'outcome') {
    return outcomes[occasion.outcome];
  }
  const lacking = missing.map(({ slot, count }) => `${count} for ${brief(slot, 60)}`).join(', ');
  const waits = occasion.kind === 'asked' ? 'A step waits for an approval' : 'A step still waits';
  return `${waits}. Missing: ${brief(lacking, 300)}.`;
}

const verbs = { approve: 'Approved', reject: 'Rejected', revoke: 'Revoked' } as const;

function tellDecision({ decision, person, assurance, reason, channel }: GivenDecision): string {
  const said = reason === null ? '' : `: ${brief(reason, 300)}`;
  return `${verbs[decision]} by ${brief(person, 60)} (${assurance}, ${brief(channel, 20)})${said}`;
}

/** Of the card, which was sanitised where it was laid out. What it shows beyond that, the page does. */
function factsOf(standing: StandingRequest, nowMs: number): readonly Fact[] {
  const card = layoutCard({ ...standing, nowMs });
  const told = card.sections.flatMap((section) =>
    section.kind === 'fields' && ['Target', 'Who', 'Why'].includes(section.heading)
      ? section.fields.map(({ label, value }) => ({ label, value: brief(value, 200) }))
      : [],
  );
  return [
    { label: 'command', value: brief(card.title, 400) },
    ...told,
    { label: 'decide by', value: standing.content.limits.pending_until },
    { label: 'request', value: brief(card.words, 80) },
  ];
}

function wayOf({ content }: StandingRequest, url: string | null): Way {
  if (url !== null) {
    const link = requestUrl(url, content.id);
    return { words: 'Read all of it, and decide, on its page:', link, commands: [] };
  }
  return {
    words: 'No page shows it. Read all of it, and decide, in a terminal:',
    link: null,
    commands: [`runbook review ${content.id}`, `runbook approve ${content.id} --key FILE`],
  };
}

const last = 'Nothing in this mail decides, and an answer to it is read by nobody.';

function textOf({ lead, decisions, facts, way }: Letter): string {
  const width = Math.max(...facts.map(({ label }) => label.length));
  const parts = [
    [lead, ...decisions].join('\n'),
    facts.map(({ label, value }) => `  ${label.padEnd(width)}  ${value}`).join('\n'),
    [way.words, ...(way.link === null ? way.commands.map((it) => `  ${it}`) : [way.link])].join(
      '\n',
    ),
    `-- \n${last}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** No picture, no style from elsewhere, nothing that is fetched when a mail is opened. */
function htmlOf({ lead, decisions, facts, way }: Letter): Html {
  return html`<!doctype html>
<html lang="en"><body>
<p><strong>${lead}</strong></p>
${decisions.map((decision) => html`<p>${decision}</p>\n`)}
<table>
${facts.map(({ label, value }) => html`<tr><th align="left" valign="top">${label}</th><td>${value}</td></tr>\n`)}
</table>
<p>${way.words}</p>
${way.link === null ? null : html`<p><a href="${way.link}">${way.link}</a></p>`}
${way.commands.map((command) => html`<p><code>${command}</code></p>\n`)}
<p><small>${last}</small></p>
</body></html>
`;
}

/** One line, cut, in which no mail program finds a link. */
function brief(text: string, most: number): string {
  return beginning(defuseLinks(sanitizeLine(text)), most);
}
