import { checkGo } from './check-go.ts';
import { controlMap } from './control-map.ts';
import { formatsPy } from './formats-py.ts';
import { loginsPy } from './logins-py.ts';
import { peoplePy } from './people-py.ts';
import { readme } from './readme.ts';
import { verifyPy } from './verify-py.ts';

/** `verify.py` with what it imports, by file. */
export const verifyPrograms: Readonly<Record<string, string>> = {
  'verify.py': verifyPy,
  'formats.py': formatsPy,
  'people.py': peoplePy,
  'logins.py': loginsPy,
};

/** Texts of the program that made the bundle, by file: those of a later one may differ. */
export const programTexts: Readonly<Record<string, string>> = {
  'README.md': readme,
  ...verifyPrograms,
  'check.go': checkGo,
  'controls.csv': controlMap(),
};
