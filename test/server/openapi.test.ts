import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { routes } from '../../src/server/routes.ts';
import { openServed } from './served.ts';

interface Described extends Record<string, unknown> {
  readonly paths: Record<string, Record<string, Record<string, unknown>>>;
}

test('the API describes itself as OpenAPI 3.1, every route with who may call it', async () => {
  const served = await openServed();
  const json = (await served.call('GET /v1/openapi.json')).json as Described;
  const validator = new Validator();
  expect(await validator.validate(json)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');

  const described = Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, 'x-scopes': scopes }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      open: (security as unknown[]).length === 0,
      scopes,
    })),
  );
  expect(described).toHaveLength(routes.length);
  expect(described).toEqual(
    expect.arrayContaining(
      routes.map(({ method, path, access }) => ({
        route: `${method} ${path}`,
        open: access === 'open',
        scopes: typeof access === 'string' ? [] : access,
      })),
    ),
  );
  const ids = JSON.stringify(json).match(/"operationId":"\w+"/g) ?? [];
  expect(new Set(ids).size).toBe(routes.length);
});

test('nothing is decided or changed by a method that only reads', () => {
  const changing = /decisions$|resolve$|resume$|cancel$/;
  for (const { method, path, access, body } of routes) {
    const reads = method === 'GET';
    expect(reads && changing.test(path), path).toBe(false);
    expect(reads && body !== null, path).toBe(false);
    const personal = Array.isArray(access) && access.every((it) => it === 'decide');
    expect(personal && reads, path).toBe(false);
  }
});
