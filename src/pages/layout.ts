import { type Html, html } from '../base/html.ts';
import { version } from '../base/version.ts';

/** What stands around every page. */
export interface Frame {
  readonly title: string;
  /** Who is logged in; null where nobody is. */
  readonly visitor: VisitorView | null;
  /** Paths of the stylesheet and the scripts, with their content's hash in them. */
  readonly assets: { readonly style: string; readonly scripts: readonly string[] };
  /** The path that the page was asked for: the navigation marks where one is. */
  readonly path?: string;
}

export interface VisitorView {
  readonly person: string;
  /** Goes into every form: see `server/web/csrf.ts`. */
  readonly csrf: string;
}

/** A whole document. */
export function layoutPage(frame: Frame, main: Html): string {
  const { title, visitor, assets, path = '' } = frame;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · runbook</title>
<link rel="stylesheet" href="${assets.style}">
${assets.scripts.map((script) => html`<script type="module" src="${script}"></script>`)}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
${visitor === null ? null : navigation(visitor, path)}
<main id="main" tabindex="-1">
${main}
</main>
<footer>runbook ${visitor !== null && version}</footer>
</body>
</html>
`.markup;
}

/** Where a page belongs, by how its path begins. */
const sections = [
  { name: 'Inbox', href: '/', paths: /^\/(?:$|requests\/)/ },
  { name: 'Runs', href: '/runs', paths: /^\/runs(?:\/|$)/ },
  { name: 'Journal', href: '/journal', paths: /^\/journal(?:\/|$)/ },
] as const;

function navigation({ person, csrf }: VisitorView, path: string): Html {
  return html`<header>
<nav aria-label="Pages">
${sections.map(({ name, href, paths }) => html`<a href="${href}"${current(paths, path)}>${name}</a>\n`)}</nav>
<nav aria-label="You">
<a href="/account"${current(/^\/account(?:\/|$)/, path)}>${person}</a>
<form method="post" action="/logout">${csrfField(csrf)}<button>Log out</button></form>
</nav>
</header>`;
}

function current(paths: RegExp, path: string): Html | null {
  return paths.test(path) ? html` aria-current="page"` : null;
}

/** The hidden field that every form of a logged-in visitor carries. */
export function csrfField(csrf: string): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`;
}
