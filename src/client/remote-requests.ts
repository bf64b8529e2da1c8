import type { RequestFile } from '../approval/request-file.ts';
import { parseRequestFile } from '../approval/request-file-schema.ts';
import type { Service } from '../engine/service.ts';
import { decisionReport, requestDetail, requestsAnswer } from '../engine/wire/requests.ts';
import { json } from '../engine/wire/values.ts';
import { type Connection, pathOf } from './connection.ts';

type RemoteRequests = Pick<
  Service,
  | 'requests'
  | 'review'
  | 'reviewStarted'
  | 'reviewHead'
  | 'describeRequest'
  | 'decide'
  | 'decideAsMyself'
>;

/** Requests and decisions, over the wire. */
export function remoteRequests({ call, url }: Connection): RemoteRequests {
  /** As a file that was carried here: nothing in it is believed before the approver's client proved it. */
  const readFile = async (path: string, seen: number | null): Promise<RequestFile> => {
    const answer = await call({ path, query: { seen }, answer: json });
    return parseRequestFile(JSON.stringify(answer), `${url}${path}`);
  };
  return {
    requests: async (open) => {
      const path = pathOf('requests');
      return (await call({ path, query: { open, limit: 200 }, answer: requestsAnswer })).requests;
    },
    review: (request, seen) => readFile(pathOf('requests', request ?? 'only', 'review'), seen),
    reviewStarted: (run, step, seen) =>
      readFile(pathOf('runs', run, 'steps', step, 'review'), seen),
    reviewHead: (person, seen) => readFile(pathOf('people', person, 'head'), seen),
    describeRequest: (request) =>
      call({ path: pathOf('requests', request ?? 'only'), answer: requestDetail }),
    // Its channel is the server's to say. Handed in twice it is one decision.
    decide: (signed) =>
      call({
        method: 'POST',
        path: pathOf('decisions'),
        body: signed,
        answer: decisionReport,
        repeatable: true,
      }),
    decideAsMyself: ({ request, ...body }) =>
      call({
        method: 'POST',
        path: pathOf('requests', request, 'decisions'),
        body,
        answer: decisionReport,
      }),
  };
}
