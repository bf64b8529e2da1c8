import type { Me } from '../../engine/login-reports.ts';
import { formatDistance } from './span.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** Who somebody is taken for; `server` null: by this machine's own journal. */
export function renderMe(
  { identity, kind, person, scopes, expires_at, origin }: Me,
  server: string | null,
  { style, nowMs }: { readonly style: Style; readonly nowMs: number },
): string {
  const rows: readonly (readonly [string, string])[] = [
    ['person', person ?? 'nobody in people.yaml'],
    ['as', kind === 'person' ? identity : `${identity} (${kind})`],
    ['may', scopes.length === 0 ? 'nothing' : scopes.join(', ')],
    ...(expires_at === null ? [] : [['expires', formatDistance(expires_at, nowMs)] as const]),
    ['journal', server === null ? origin : `${origin} at ${server}`],
  ];
  return renderTable(
    rows.map(([name, text]) => [{ text: name, paint: style.paint.quiet }, { text }]),
    style.columns,
  );
}
