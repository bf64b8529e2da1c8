import { UsageError } from '../../base/errors.ts';
import { assembleAssertion } from './assertion.ts';
import type { WebVisit } from './web-route.ts';

/**
 * The signature that the script sent (`client_data`, `authenticator_data`, `signature`, all base64url), by the
 * passkey with this key. Throws UsageError `assertion_unreadable`.
 */
export function readAssertion(
  { form }: Pick<WebVisit, 'form'>,
  by: { readonly publicKey: string; readonly namespace: string },
): string {
  return assembleAssertion({
    ...by,
    clientDataJSON: readBytes(form, 'client_data'),
    authenticatorData: readBytes(form, 'authenticator_data'),
    signature: readBytes(form, 'signature'),
  });
}

/** A field in base64url. Throws UsageError `assertion_unreadable`. */
export function readBytes(form: WebVisit['form'], name: string): Buffer {
  const text = form.get(name) ?? '';
  const bytes = Buffer.from(text, 'base64url');
  if (text === '' || bytes.toString('base64url') !== text) {
    throw new UsageError({
      code: 'assertion_unreadable',
      message: `\`${name}\` is not what a browser says of a passkey`,
      hint: 'open the page again and repeat it there',
    });
  }
  return bytes;
}
