import { RunbookError } from '../../base/errors.ts';
import { describeSource, loadSecret, type SecretSource } from '../../base/secret-source.ts';

export type Secrets =
  | { readonly kind: 'secrets'; readonly values: readonly string[] }
  | { readonly kind: 'unusable'; readonly message: string };

/** Read for every delivery, so that a new secret counts without a restart. Never names a value. */
export function readSecrets(
  sources: readonly SecretSource[],
  env: Readonly<Record<string, string | undefined>>,
): Secrets {
  try {
    const values = sources.map((source) => loadSecret(source, env));
    const bad = sources.find((_source, index) => !isWebhookSecret(values[index] ?? ''));
    return bad === undefined
      ? { kind: 'secrets', values }
      : { kind: 'unusable', message: `${describeSource(bad)} holds no \`whsec_\` secret` };
  } catch (error) {
    if (error instanceof RunbookError) {
      return { kind: 'unusable', message: error.message };
    }
    throw error;
  }
}

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 random bytes. */
function isWebhookSecret(value: string): boolean {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  return bytes.toString('base64') === encoded && bytes.length >= 24 && bytes.length <= 64;
}
