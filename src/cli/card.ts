import { type CardInput, layoutCard } from '../approval/card/card.ts';
import { renderCard } from '../approval/card/card-text.ts';
import type { Cli } from './cli.ts';

/** The card of a request as text for one of our two streams. */
export function cardText(
  cli: Cli,
  open: Omit<CardInput, 'nowMs'>,
  stream: 'stdout' | 'stderr',
): string {
  const { columns, colour } = cli.settings;
  const nowMs = cli.io.clock.now().wallMs;
  return renderCard(layoutCard({ ...open, nowMs }), {
    columns: columns[stream],
    colour: colour[stream],
  });
}
