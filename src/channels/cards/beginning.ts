/** The beginning of a text, `…` behind it where something is missing. No surrogate pair is halved. */
export function beginning(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
