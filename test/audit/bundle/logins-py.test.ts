import { generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'vitest';
import type { JwsAlgorithm } from '../../../src/approval/court/jws.ts';
import { verifyPrograms } from '../../../src/audit/bundle/program-texts.ts';
import { runTool } from '../../../src/base/tool.ts';
import { python } from '../../support/auditor.ts';
import { testWith } from '../../support/foreign.ts';
import { idSigner } from '../../support/id-token.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const algorithms: readonly JwsAlgorithm[] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
];

interface Case {
  readonly algorithm: string;
  readonly key: object;
  readonly token: string;
}

/** What `logins.py` says of each: whether this key made the signature. */
function judge(cases: readonly Case[]): readonly boolean[] {
  const script = `import json
from logins import holds, url64
for case in json.load(open("cases.json")):
    text, sig = case["token"].rsplit(".", 1)
    print(json.dumps(holds(case["algorithm"], case["key"], text.encode(), url64(sig))))
`;
  const cwd = tempFolder({
    ...verifyPrograms,
    'judge.py': script,
    'cases.json': JSON.stringify(cases),
  });
  const { stdout, stderr } = runTool([python, '-B', 'judge.py'], { cwd });
  expect(stderr).toBe('');
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => line === 'true');
}

testWith(
  [python],
  'the auditor’s check knows every algorithm of ours, and no other signature',
  async () => {
    const signers = await Promise.all(algorithms.map((algorithm) => idSigner(algorithm)));
    const tokens = await Promise.all(signers.map((signer) => signer.sign({ sub: 'robin' })));
    const honest = signers.map(({ algorithm, key }, at) => ({
      algorithm,
      key,
      token: tokens[at] ?? '',
    }));
    expect(judge(honest)).toEqual(algorithms.map(() => true));
    const others = await Promise.all(algorithms.map((algorithm) => idSigner(algorithm)));
    expect(judge(honest.map((it, at) => ({ ...it, key: others[at]?.key ?? {} })))).toEqual(
      algorithms.map(() => false),
    );
    expect(judge(honest.map((it) => ({ ...it, token: `x${it.token}` })))).toEqual(
      algorithms.map(() => false),
    );
    const rsa = honest[0] ?? { key: {}, token: '' };
    expect(
      judge(
        ['none', 'HS256', 'HS512', 'ES256', 'EdDSA', ''].map((algorithm) => ({
          ...rsa,
          algorithm,
        })),
      ),
    ).toEqual([false, false, false, false, false, false]);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = `x.y.${sign('sha256', Buffer.from('x.y'), privateKey).toString('base64url')}`;
    const key = publicKey.export({ format: 'jwk' });
    expect(judge([{ algorithm: 'RS256', key, token: weak }])).toEqual([false]);
  },
);
