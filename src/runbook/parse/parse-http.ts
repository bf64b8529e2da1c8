import { closest } from '../../base/suggest.ts';
import { plainValue, type YamlNode } from '../../base/yaml.ts';
import { type Located, suggestion } from '../../base/yaml-schema.ts';
import type { PlannedAction } from '../plan.ts';
import type { HttpFile } from '../schema.ts';
import { isLiteral } from '../template.ts';
import { checkUrl } from '../url.ts';
import type { Reading, Site } from './site.ts';

type HttpPlan = Extract<PlannedAction, { kind: 'http' }>;

/** `http` in its working form, templates still in it; null where it has been reported as wrong. */
export function parseHttp(http: HttpFile, reading: Reading): HttpPlan | null {
  return 'node' in http ? parseShort(http, reading) : parseLong(http, reading);
}

function parseShort(line: Located<string>, reading: Reading): HttpPlan | null {
  const [, method, url] = /^([A-Za-z]+)\s+(\S[^]*)$/.exec(line.value.trim()) ?? [];
  if (method === undefined || url === undefined) {
    const message = '`http` must be a method and a URL';
    reading.report(line.node, { message, hint: 'such as `GET https://host/path`' });
    return null;
  }
  // Offsets in the URL count from the start of the line.
  const lead = line.value.indexOf(url);
  const shifted = { ...reading, report: shift(reading, lead) };
  checkMethod(method, line.node, reading);
  checkTarget(url, line.node, shifted);
  reading.sites.push({ node: line.node, text: line.value, where: 'url', of: null });
  return { ...nothing, method, url };
}

const nothing = {
  kind: 'http',
  query: {},
  headers: {},
  json: null,
  body: null,
  redirects: 'off',
} as const;

function shift(reading: Reading, by: number): Reading['report'] {
  return (node, flaw) => {
    reading.report(node, { ...flaw, offset: (flaw.offset ?? 0) + by });
  };
}

function parseLong(http: Exclude<HttpFile, Located<string>>, reading: Reading): HttpPlan {
  const { method, url, query, headers, json, body, redirects } = http;
  checkMethod(method.value, method.node, reading);
  checkTarget(url.value, url.node, reading);
  checkHeaders(headers, reading);
  if (json !== null && body !== null) {
    reading.report(body.node, { message: '`json` and `body` cannot both be sent' });
  }
  addSites(reading, 'url', [url, ...Object.values(query)]);
  addSites(reading, 'header', Object.values(headers));
  addSites(reading, 'body', [
    ...(body === null ? [] : [body]),
    ...(json === null ? [] : textsIn(json, reading)),
  ]);
  return {
    kind: 'http',
    method: method.value,
    url: url.value,
    query: valuesOf(query),
    headers: valuesOf(headers),
    json: json === null ? null : plainValue(json),
    body: body?.value ?? null,
    redirects,
  };
}

function addSites(reading: Reading, where: Site['where'], texts: readonly Located<string>[]): void {
  reading.sites.push(...texts.map(({ node, value }) => ({ node, text: value, where, of: null })));
}

function valuesOf(
  record: Readonly<Record<string, Located<string>>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([name, { value }]) => [name, value]));
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function checkMethod(method: string, node: YamlNode, reading: Reading): void {
  if (!methods.includes(method)) {
    const hint = suggestion(closest(method, methods)) ?? `known here: ${methods.join(', ')}`;
    reading.report(node, { message: `\`${method}\` is not a method`, hint });
  }
}

function checkTarget(url: string, node: YamlNode, reading: Reading): void {
  const flaw = checkUrl(url);
  if (flaw !== null) {
    reading.report(node, flaw);
  }
}

/** They say where a message goes and where it ends; the URL and the body decide that. */
const framing = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
]);

function checkHeaders(headers: Readonly<Record<string, Located<string>>>, reading: Reading): void {
  const seen = new Set<string>();
  for (const [name, { node, value }] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (framing.has(key)) {
      reading.report(node, { message: `\`${name}\` follows from the URL and the body` });
    }
    if (seen.has(key)) {
      reading.report(node, { message: `the header \`${name}\` stands here twice` });
    }
    if (/[\r\n]/.test(value)) {
      reading.report(node, { message: `the header \`${name}\` must be one line` });
    }
    seen.add(key);
  }
}

/** Every text of a JSON body. A key decides what a value means, so it is never a value itself. */
function textsIn(node: YamlNode, reading: Reading): readonly Located<string>[] {
  if (node.kind === 'list') {
    return node.items.flatMap((it) => textsIn(it, reading));
  }
  if (node.kind === 'scalar') {
    return typeof node.value === 'string' ? [{ node, value: node.value }] : [];
  }
  for (const entry of node.entries.filter(({ key }) => !isLiteral(key))) {
    reading.report({ ...node, at: entry.at }, { message: 'a key cannot be a value' });
  }
  return node.entries.flatMap((it) => textsIn(it.value, reading));
}
