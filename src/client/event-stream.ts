/** One message of an event stream. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** The last id that was told, on this message or before it; empty before the first. */
  readonly id: string;
}

/**
 * Reads an event stream (WHATWG HTML, 9.2.6) as it comes in, cut anywhere, even within a character or a
 * line's end. Answers the messages that each piece completes; one that the connection's end cuts off is
 * never told.
 */
export function eventStreamParser(): (bytes: Uint8Array) => readonly ServerEvent[] {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let event = '';
  let id = '';

  function take(line: string): ServerEvent | null {
    if (line === '') {
      const told =
        data.length === 0 ? null : { event: event || 'message', data: data.join('\n'), id };
      data = [];
      event = '';
      return told;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') {
      data.push(value);
    } else if (field === 'event') {
      event = value;
    } else if (field === 'id' && !value.includes('\0')) {
      id = value;
    }
    return null;
  }

  return (bytes) => {
    rest += decoder.decode(bytes, { stream: true });
    // A return at the end may be half of a line's end: it waits for what follows.
    const whole = /^[^]*(?:\n|\r(?!$))/.exec(rest)?.[0] ?? '';
    rest = rest.slice(whole.length);
    const lines = whole.split(/\r\n|\n|\r/).slice(0, -1);
    return lines.map(take).filter((told) => told !== null);
  };
}
