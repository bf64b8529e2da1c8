import { toJsonSchema } from '@valibot/to-json-schema';
import { scopes } from '../approval/token.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { version } from '../base/version.ts';
import { errorAnswer } from '../engine/wire/about.ts';
import type { Wire } from '../engine/wire/values.ts';
import type { Access, Route } from './route.ts';

/** The API as OpenAPI 3.1 has it, made of the routes and the very schemas that check what they take. */
export function describeApi(routes: readonly Route[]): JsonObject {
  const paths = [...new Set(routes.map(({ path }) => path))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'runbook',
      version,
      description:
        'Runs runbooks and stops before every privileged step until another human has approved exactly what will run.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        Object.fromEntries(
          routes
            .filter((route) => route.path === path)
            .map((route) => [route.method.toLowerCase(), describeRoute(route)]),
        ),
      ]),
    ),
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: `Scopes: ${scopes.join(', ')}. \`start:own\` is \`start\`, and opens the runs that this token started.`,
        },
      },
      schemas: { Error: schemaOf(errorAnswer) },
      responses: {
        Error: {
          description: 'What went wrong; `code` is stable',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  };
}

function describeRoute(route: Route): JsonObject {
  const { path, summary, access, body, answer } = route;
  return {
    summary,
    operationId: operationId(route),
    tags: [path.split('/')[2]?.replace('.json', '') ?? 'server'],
    parameters: [...pathParameters(path), ...queryParameters(route)],
    ...(body === null
      ? {}
      : { requestBody: { required: true, content: jsonContent(schemaOf(body)) } }),
    responses: {
      [answer.kind === 'json' ? answer.status : 200]: {
        description: summary,
        content:
          answer.kind === 'json'
            ? jsonContent(schemaOf(answer.schema))
            : { [answer.mediaType]: { schema: { type: 'string' } } },
      },
      default: { $ref: '#/components/responses/Error' },
    },
    security: securityOf(access),
    'x-scopes': scopesOf(access),
  };
}

/** `GET /v1/runs/{run}/events` is `getRunsRunEvents`. */
function operationId({ method, path }: Route): string {
  const words = path.replace(/^\/v1/, '').match(/[a-z]+/g) ?? [];
  return [
    method.toLowerCase(),
    ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
  ].join('');
}

function pathParameters(path: string): readonly JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Route): readonly JsonObject[] {
  return Object.entries(query.entries).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema as Wire<unknown>),
  }));
}

function jsonContent(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}

/** A scheme of this kind has no scopes in OpenAPI's own terms: they stand in `x-scopes`. */
function securityOf(access: Access): readonly Json[] {
  return access === 'open' ? [] : [{ token: [] }];
}

function scopesOf(access: Access): readonly string[] {
  return typeof access === 'string' ? [] : access;
}

/** What a caller sends: defaults may be left out, transformations are the server's. */
function schemaOf(schema: Wire<unknown>): JsonObject {
  const { $schema: _, ...rest } = toJsonSchema(schema, { typeMode: 'input' });
  return rest as JsonObject;
}
