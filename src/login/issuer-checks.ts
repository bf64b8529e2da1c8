import type { ParsedYaml } from '../base/yaml.ts';
import type { LoginDeps } from './login.ts';
import { examineOidc } from './oidc.ts';
import { parseLogin } from './settings.ts';

/** What `doctor` finds of one issuer. */
export interface IssuerCheck {
  /** `login Example SSO` */
  readonly name: string;
  /** Throws LoginError `issuer_unreachable`, and ConfigError for a secret that is not to be had. */
  examine(): Promise<
    readonly {
      readonly name: string;
      readonly ok: boolean;
      readonly message: string;
      readonly hint: string | null;
    }[]
  >;
}

/**
 * A check of each issuer that the value of `login` names. Each is asked what it is, and nothing is kept of it:
 * what it said when the server started is no news. Throws InvalidFileError `config_invalid`.
 */
export function issuerChecks(
  section: ParsedYaml | null,
  deps: Pick<LoginDeps, 'env'>,
): readonly IssuerCheck[] {
  return (section === null ? [] : parseLogin(section)).map((settings) => {
    const name = `login ${settings.name}`;
    return {
      name,
      examine: async () => {
        const { hasDeviceFlow } = await examineOidc(settings, deps);
        const message = `\`${settings.issuer}\` answers`;
        return settings.device && !hasDeviceFlow
          ? [{ name, ok: false, message: `${message}, and has no device flow`, hint: deviceHint }]
          : [{ name, ok: true, message, hint: null }];
      },
    };
  });
}

const deviceHint = 'allow it there, or leave out `device: true` in `login.oidc`';
