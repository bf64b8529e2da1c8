import { parseRequestFile } from '../approval/request-file-schema.ts';
import type { Service } from '../engine/service.ts';
import { debtsAnswer, reviewReport } from '../engine/wire/break-glass.ts';
import { json } from '../engine/wire/values.ts';
import { type Connection, pathOf } from './connection.ts';

type RemoteBreakGlass = Pick<Service, 'breakGlass' | 'reviewOwed' | 'reviewBreakGlass'>;

/** What break-glass owes, over the wire. */
export function remoteBreakGlass({ call, url }: Connection): RemoteBreakGlass {
  return {
    breakGlass: async (all) => {
      const path = pathOf('break-glass');
      return (await call({ path, query: { all }, answer: debtsAnswer })).break_glass;
    },
    // As a file that was carried here: the reviewer's client proves it.
    reviewOwed: async (request, seen) => {
      const path = pathOf('break-glass', request, 'review');
      const answer = await call({ path, query: { seen }, answer: json });
      return parseRequestFile(JSON.stringify(answer), `${url}${path}`);
    },
    // Handed in twice it is one review.
    reviewBreakGlass: (signed) =>
      call({
        method: 'POST',
        path: pathOf('reviews'),
        body: signed,
        answer: reviewReport,
        repeatable: true,
      }),
  };
}
