import type { Flaw } from './parse/site.ts';
import { parseTemplate, type Template } from './template.ts';

/**
 * What is wrong with a URL before there are values, or null. A URL is written with its host in it, or
 * with a value at its head that is its base; later values fill path segments and query values,
 * percent-encoded, and can change neither the host nor the path's shape.
 */
export function checkUrl(text: string): Flaw | null {
  const template = parseTemplate(text);
  if ('message' in template) {
    return null;
  }
  const [head, ...rest] = template;
  if (head === undefined) {
    return { message: 'the URL is empty' };
  }
  const first = typeof head === 'string' ? headFlaw(head, template) : baseFlaw(rest[0]);
  return first ?? literalFlaw(template);
}

/** The URL with the values of its holes, in order, in place, or why there is none. */
export function fillUrl(
  template: Template,
  values: readonly string[],
): { readonly url: string } | Flaw {
  const remaining = [...values];
  let url = '';
  for (const [index, piece] of template.entries()) {
    if (typeof piece === 'string') {
      url += piece;
      continue;
    }
    const value = remaining.shift() ?? '';
    const flaw = index === 0 ? baseValueFlaw(value) : segmentFlaw(value, url);
    if (flaw !== null) {
      return flaw;
    }
    url += index === 0 ? value.replace(/\/$/, '') : encode(value);
  }
  return finish(url);
}

/** Percent-encodes everything that could mean something to a URL. */
export function encode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headFlaw(head: string, template: Template): Flaw | null {
  const origin = /^https?:\/\/[^/?#\\\s]+/i.exec(head)?.[0];
  if (origin === undefined) {
    const hint =
      'write `https://host/path`, or a value at the head: `${{ environment.vars.api }}/path`';
    return { message: 'the URL must start with `http://` or `https://` and a host', hint };
  }
  if (origin.includes('@')) {
    return { message: 'the URL holds a user', hint: 'send an `authorization` header instead' };
  }
  if (template.length > 1 && origin === head) {
    const hint = 'make the whole base a value, as in `${{ environment.vars.api }}/path`';
    return { message: 'a later value cannot be part of the host', hint, offset: head.length };
  }
  return null;
}

function baseFlaw(next: Template[number] | undefined): Flaw | null {
  if (next === undefined || (typeof next === 'string' && /^[/?]/.test(next))) {
    return null;
  }
  return {
    message: 'behind the base there must be `/` or `?`',
    hint: 'without it, the next characters would become part of the host',
  };
}

function literalFlaw(template: Template): Flaw | null {
  const literals = template.filter((piece) => typeof piece === 'string');
  const bad = literals.map((it) => /[#\\\s\p{Cc}]/u.exec(it)?.[0]).find((it) => it !== undefined);
  if (bad !== undefined) {
    return { message: `the URL holds ${bad === '#' ? 'a fragment (`#`)' : JSON.stringify(bad)}` };
  }
  const shape = template.map((piece, index) => {
    const standIn = index === 0 ? 'https://host' : 'x';
    return typeof piece === 'string' ? piece : standIn;
  });
  const filled = finish(shape.join(''));
  return 'message' in filled ? filled : null;
}

const dots: Flaw = { message: 'the URL has a `.` or `..` segment' };

function baseValueFlaw(value: string): Flaw | null {
  const base = URL.canParse(value) ? new URL(value) : null;
  if (base === null || !/^https?:\/\/[^/?#@\\\s]+(\/[^?#\\\s]*)?$/i.test(value)) {
    return {
      message: `the base \`${value}\` is not a URL such as \`https://host/path\``,
      hint: 'it starts with `http://` or `https://` and holds no user, query or fragment',
    };
  }
  return hasDotSegment(pathOf(value)) ? dots : null;
}

function segmentFlaw(value: string, before: string): Flaw | null {
  const inPath = !before.includes('?');
  if (inPath && value === '') {
    return { message: 'a value in the path is empty' };
  }
  return inPath && hasDotSegment(`/${value}/`) ? dots : null;
}

/** Servers decode once, proxies before them perhaps once more: neither may find `..`. */
function hasDotSegment(path: string): boolean {
  const decoded = decode(path);
  return (
    path.split(/[/\\]/).some((segment) => segment === '.' || segment === '..') ||
    (decoded !== path && hasDotSegment(decoded))
  );
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? '';
}

function decode(path: string): string {
  return path.replace(/%(2e|2f|5c|25)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The parser's own form is what is hashed and sent, so that nobody parses it differently afterwards. */
function finish(url: string): { readonly url: string } | Flaw {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || hasDotSegment(pathOf(url))) {
    return parsed === null ? { message: `\`${url}\` is not a URL` } : dots;
  }
  return { url: parsed.href };
}
