import type { HttpAction, Text } from './command.ts';
import {
  type Filling,
  fillJson,
  fillPlain,
  fillText,
  holeValues,
  invalidValue,
  templateOf,
} from './fill.ts';
import type { PlannedAction } from './plan.ts';
import { encode, fillUrl } from './url.ts';

type HttpPlan = Extract<PlannedAction, { kind: 'http' }>;

/** The complete request, as it will be sent. */
export function renderHttp(action: HttpPlan, fillingAt: (part: string) => Filling): HttpAction {
  const { method, redirects } = action;
  return {
    kind: 'http',
    method,
    url: withQuery(renderUrl(action.url, fillingAt('the URL')), action.query, fillingAt),
    headers: renderHeaders(action, fillingAt),
    body: renderBody(action, fillingAt),
    redirects,
  };
}

function renderBody({ json, body }: HttpPlan, fillingAt: (part: string) => Filling): Text | null {
  if (json !== null) {
    return fillJson(json, fillingAt('`json`'));
  }
  return body === null ? null : fillText(body, fillingAt('`body`'));
}

function renderUrl(source: string, filling: Filling): string {
  const template = templateOf(source, filling.place);
  const filled = fillUrl(template, holeValues(template, filling));
  if ('message' in filled) {
    throw invalidValue(filling.place, filled.message, filled.hint);
  }
  return filled.url;
}

function withQuery(
  url: string,
  query: HttpPlan['query'],
  fillingAt: (part: string) => Filling,
): string {
  const pairs = Object.entries(query).map(([name, source]) => {
    const value = fillPlain(source, fillingAt(`query \`${name}\``));
    return `${encode(name)}=${encode(value)}`;
  });
  if (pairs.length === 0) {
    return url;
  }
  return `${url}${url.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

function renderHeaders(
  { headers, json }: HttpPlan,
  fillingAt: (part: string) => Filling,
): HttpAction['headers'] {
  const written = Object.entries(headers).map(([name, source]) => {
    const filling = fillingAt(`header \`${name}\``);
    const value = fillText(source, filling);
    refuseSecondLine(value, filling.place);
    return { name: name.toLowerCase(), value };
  });
  const typed = written.some(({ name }) => name === 'content-type');
  return json === null || typed
    ? written
    : [{ name: 'content-type', value: ['application/json'] }, ...written];
}

/** A line break in a header starts a header, or a request, of the value's own. */
function refuseSecondLine(value: Text, place: string): void {
  if (value.some((piece) => typeof piece === 'string' && /[\r\n]/.test(piece))) {
    throw invalidValue(place, 'the value holds a line break');
  }
}
