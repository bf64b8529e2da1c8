import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp-folder.ts';

/** OpenSSL as a timestamp authority of our own: it shares no line with what reads its tokens. */
export interface TestAuthority {
  /** Folder of its files. */
  readonly dir: string;
  /** Certificate of the CA above it, and the file that holds it. */
  readonly certificates: string;
  readonly caFile: string;
  /** Its own certificate, PEM. */
  readonly own: string;
  /** Its TimeStampResp for a TimeStampReq. */
  reply(request: Buffer): Buffer;
}

export interface AuthorityOptions {
  /** `openssl req -newkey`. */
  readonly key?: readonly string[];
  /** Its extended key usage, as the configuration of OpenSSL writes it. */
  readonly usage?: string;
  readonly digest?: string;
}

const ec = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

export function openAuthority(options: AuthorityOptions = {}): TestAuthority {
  const { key = ec, usage = 'critical,timeStamping', digest = 'sha256' } = options;
  const dir = tempFolder();
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, {
      cwd: dir,
      stdio: 'pipe',
      env: { ...process.env, LC_ALL: 'C' },
    });
  };
  writeFileSync(join(dir, 'openssl.cnf'), configuration(usage, digest));
  writeFileSync(join(dir, 'serial'), '01\n');
  const config = ['-config', 'openssl.cnf'];
  openssl(
    'req',
    '-x509',
    '-newkey',
    ...ec,
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '3650',
    ...config,
  );
  openssl(
    'req',
    '-newkey',
    ...key,
    '-nodes',
    '-keyout',
    'tsa.key',
    '-out',
    'tsa.csr',
    '-subj',
    '/CN=a test authority',
    ...config,
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '3650',
    '-extfile',
    'openssl.cnf',
    '-extensions',
    'authority',
    '-out',
    'tsa.pem',
  );
  const caFile = join(dir, 'ca.pem');
  return {
    dir,
    caFile,
    certificates: readFileSync(caFile, 'utf8'),
    own: readFileSync(join(dir, 'tsa.pem'), 'utf8'),
    reply: (request) => {
      writeFileSync(join(dir, 'query'), request);
      openssl(
        'ts',
        '-reply',
        ...config,
        '-section',
        'stamp',
        '-queryfile',
        'query',
        '-out',
        'reply',
      );
      return readFileSync(join(dir, 'reply'));
    },
  };
}

/** Serves replies over HTTP on 127.0.0.1 until the test ends; `answer` may replace them. */
export async function serveAuthority(
  answer: (request: Buffer) => { readonly status?: number; readonly body: Buffer },
): Promise<string> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { status = 200, body } = answer(Buffer.concat(pieces));
      response.writeHead(status, { 'content-type': 'application/timestamp-reply' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function configuration(usage: string, digest: string): string {
  return `
[req]
distinguished_name = name
x509_extensions = ca
prompt = no
[name]
CN = a test CA
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[authority]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = ${usage}
[stamp]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = ${digest}
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
accuracy = secs:1
`;
}
