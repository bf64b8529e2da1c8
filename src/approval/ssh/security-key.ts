/** True for the public key line of a key that proves a touch, and can prove a PIN: OpenSSH's `sk-` types. */
export function isSecurityKey(line: string): boolean {
  return line.startsWith('sk-');
}
