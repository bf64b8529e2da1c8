import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { encodePath, encodeQuery, signRequest } from '../../src/sinks/s3/sign-request.ts';

/** Amazon's own examples: "Authenticating Requests: Using the Authorization Header", for S3. */
const credentials = {
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const scope = { region: 'us-east-1', service: 's3', nowMs: Date.UTC(2013, 4, 24) };

test.each([
  {
    title: 'GET Object',
    request: { method: 'GET', path: '/test.txt', query: {}, headers: { range: 'bytes=0-9' } },
    body: '',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    title: 'PUT Object',
    request: {
      method: 'PUT',
      path: '/test$file.text',
      query: {},
      headers: {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
    },
    body: 'Welcome to Amazon S3.',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    title: 'GET Bucket Lifecycle',
    request: { method: 'GET', path: '/', query: { lifecycle: '' }, headers: {} },
    body: '',
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    title: 'GET Bucket (List Objects)',
    request: { method: 'GET', path: '/', query: { prefix: 'J', 'max-keys': '2' }, headers: {} },
    body: '',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
])('a request is signed as in the example $title of Amazon', ({ request, body, signature }) => {
  const bodyHash = sha256(body);
  const { headers } = request;
  const signed = signRequest(
    {
      ...request,
      host: 'examplebucket.s3.amazonaws.com',
      headers: { ...headers, 'x-amz-content-sha256': bodyHash },
      bodyHash,
    },
    credentials,
    scope,
  );
  expect(signed['authorization']).toMatch(new RegExp(`Signature=${signature}$`));
});

test('a request is signed as in `get-vanilla` of the suite for version 4', () => {
  const signed = signRequest(
    {
      method: 'GET',
      host: 'example.amazonaws.com',
      path: '/',
      query: {},
      headers: {},
      bodyHash: sha256(''),
    },
    {
      accessKey: 'AKIDEXAMPLE',
      secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      sessionToken: null,
    },
    { region: 'us-east-1', service: 'service', nowMs: Date.UTC(2015, 7, 30, 12, 36) },
  );
  expect(signed).toEqual({
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  });
});

test("a session's token is sent and signed", () => {
  const request = { method: 'GET', host: 'h', path: '/', query: {}, headers: {}, bodyHash: 'x' };
  const signed = signRequest(request, { ...credentials, sessionToken: 'token' }, scope);
  expect(signed['x-amz-security-token']).toBe('token');
  expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
});

test('what is sent is escaped as it is signed', () => {
  expect(encodePath("/a b/ü/!'()*~.txt")).toBe('/a%20b/%C3%BC/%21%27%28%29%2A~.txt');
  expect(encodeQuery({ versions: '', prefix: 'a/b+c', 'max-keys': '1' })).toBe(
    'max-keys=1&prefix=a%2Fb%2Bc&versions=',
  );
  const url = new URL(`https://h${encodePath("/!'()*$&+,;=:@")}?${encodeQuery({ "a'": "'*" })}`);
  expect(`${url.pathname}${url.search}`).toBe(
    '/%21%27%28%29%2A%24%26%2B%2C%3B%3D%3A%40?a%27=%27%2A',
  );
});
