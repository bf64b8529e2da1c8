import type { Cli } from './cli.ts';
import type { Style } from './render/style.ts';

/** How talk is shown, on stderr. */
export function talkStyle({ paint, settings }: Cli): Style {
  return { paint: paint.stderr, columns: settings.columns.stderr };
}

/** How results are shown, on stdout. */
export function resultStyle({ paint, settings }: Cli): Style {
  return { paint: paint.stdout, columns: settings.columns.stdout };
}
