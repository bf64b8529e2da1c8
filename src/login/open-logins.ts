import type { ParsedYaml } from '../base/yaml.ts';
import type { Login, LoginDeps } from './login.ts';
import { openOidc } from './oidc.ts';
import { parseLogin } from './settings.ts';

/**
 * Throws InvalidFileError `config_invalid` for what is written wrong under `login`. Asked before the journal
 * takes in the file: a secret that stands in it must not be kept there for ever.
 */
export function checkLogin(section: ParsedYaml | null): void {
  if (section !== null) {
    parseLogin(section);
  }
}

/** Reads the value of `login`; null is nobody. Throws InvalidFileError `config_invalid`. */
export function openLogins(section: ParsedYaml | null, deps: LoginDeps): readonly Login[] {
  return section === null ? [] : parseLogin(section).map((settings) => openOidc(settings, deps));
}
