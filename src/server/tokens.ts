import { issuedToken, tokenBody, tokenSummary, tokensAnswer } from '../engine/wire/about.ts';
import { jsonRoute, type Route } from './route.ts';

export const tokenRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/tokens',
    access: ['admin'],
    summary: 'Issue a token; its secret is told this once',
    body: tokenBody,
    status: 201,
    answer: issuedToken,
    handle: async ({ service }, { body }) => {
      const { expires_in_ms: expiresInMs, ...rest } = body;
      return service.issueToken({ ...rest, expiresInMs });
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/tokens',
    access: ['admin'],
    summary: 'List tokens, the newest first',
    answer: tokensAnswer,
    handle: async ({ service }) => ({ tokens: await service.tokens() }),
  }),
  jsonRoute({
    method: 'DELETE',
    path: '/v1/tokens/{token}',
    access: ['admin'],
    summary: 'Revoke a token',
    answer: tokenSummary,
    handle: async ({ service, param }) => service.revokeToken(param('token')),
  }),
];
