import { layoutCard } from '../approval/card/card.ts';
import {
  changesHeading,
  compareScripts,
  type ScriptChanges,
} from '../approval/card/card-changes.ts';
import type { CardSection } from '../approval/card/card-section.ts';
import { type Html, html } from '../base/html.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { layoutDiff, layoutLines } from './code-lines.ts';
import { layoutWords } from './words.ts';

/** The card of a request, taken apart for where its pieces stand on the page. */
export interface CardView {
  readonly title: string;
  readonly words: string;
  /** What makes it more than an ordinary approval: it stands before everything else. */
  readonly alarms: readonly Html[];
  readonly facts: readonly Html[];
  /** What an agent says about itself: after everything that is known. */
  readonly unverified: Html | null;
}

/** Everything on it is sanitised by the card itself, so that no data poses as a part of the page. */
export function layoutRequestCard(detail: RequestDetail, nowMs: number): CardView {
  const { content } = detail;
  const { title, words, sections } = layoutCard({ ...detail, nowMs });
  const alarms = (content.break_glass === null ? 0 : 1) + ((content.overrides?.length ?? 0) && 1);
  const facts = sections.length - (content.unverified === null ? 0 : 1);
  const layout = (section: CardSection): Html => layoutSection(section, detail);
  return {
    title,
    words,
    alarms: sections.slice(0, alarms).map((section) => layoutPart(section, 'wide')),
    facts: sections.slice(alarms, facts).map(layout),
    unverified: sections.slice(facts).map(layout)[0] ?? null,
  };
}

function layoutSection(section: CardSection, detail: RequestDetail): Html {
  const changes = section.heading === changesHeading ? compareScripts(detail) : null;
  return changes === null
    ? layoutPart(section, section.kind === 'block' && 'wide')
    : html`<section class="part wide"><h3>${section.heading}</h3>
${layoutChanges(changes)}</section>\n`;
}

function layoutPart(section: CardSection, look: 'wide' | false): Html {
  return html`<section class="part ${look}"><h3>${section.heading}</h3>
${layoutBody(section)}</section>\n`;
}

function layoutBody(section: CardSection): Html {
  switch (section.kind) {
    case 'fields':
      return html`<dl class="facts">${section.fields.map(
        ({ label, value }) => html`<dt>${label}</dt><dd>${layoutText(section, value)}</dd>\n`,
      )}</dl>`;
    case 'block':
      return layoutLines(section.text);
    case 'list':
      return layoutItems(section.items.map((item) => layoutText(section, item)));
  }
}

/** Sections in our own words. Everywhere else a backtick is a part of what runs, and is shown. */
const ours: ReadonlySet<string> = new Set([
  'Approvals',
  'Not bound by the approval',
  'Limits',
  'Last run of this step',
]);

function layoutText({ heading }: CardSection, text: string): Html | string {
  return ours.has(heading) ? layoutWords(text) : text;
}

function layoutItems(items: readonly (Html | string)[]): Html {
  return html`<ul class="argv">${items.map((item) => html`<li>${item}</li>\n`)}</ul>`;
}

/** Where a script changed, its lines stand among those around them. */
function layoutChanges({ lines, others }: ScriptChanges): Html {
  return html`<div>${layoutDiff(lines)}${others.length > 0 && layoutItems(others)}</div>`;
}
