import { type Html, html } from './html.ts';

/** What stands around every page. */
export interface Frame {
  readonly title: string;
  /** Who is logged in; null where nobody is. */
  readonly visitor: VisitorView | null;
  /** Paths of the stylesheet and the script, with their content's hash in them. */
  readonly assets: { readonly style: string; readonly script: string };
}

export interface VisitorView {
  readonly person: string;
  /** Goes into every form: see `server/web/csrf.ts`. */
  readonly csrf: string;
}

/** A whole document. */
export function layoutPage(frame: Frame, main: Html): string {
  const { title, visitor, assets } = frame;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · runbook</title>
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.script}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
${visitor === null ? null : navigation(visitor)}
<main id="main">${main}</main>
</body>
</html>
`.markup;
}

function navigation({ person, csrf }: VisitorView): Html {
  return html`<header><nav aria-label="Pages">
<a href="/">Inbox</a> <a href="/runs">Runs</a> <a href="/journal">Journal</a> <a href="/account">${person}</a>
</nav><form method="post" action="/logout">${csrfField(csrf)}<button>Log out</button></form></header>`;
}

/** The hidden field that every form of a logged-in visitor carries. */
export function csrfField(csrf: string): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`;
}
