import { begunLink, linkAnswerBody, linkBody, linkedAccount } from '../engine/wire/links.ts';
import { jsonRoute, type Route } from './route.ts';

/** Any token of a person: whose account it is counts only once `people.yaml` says so. Machines are refused. */
export const linkRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/links',
    access: 'bearer',
    summary: 'Begin to link a chat account to the person the token was issued to',
    body: linkBody,
    answer: begunLink,
    handle: async ({ service }, { body }) => service.beginLink(body.channel),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/links/answer',
    access: 'bearer',
    summary: 'The account in which the code was typed, for the code that the chat shows',
    body: linkAnswerBody,
    answer: linkedAccount,
    handle: async ({ service }, { body }) => service.finishLink(body.channel, body.code),
  }),
];
