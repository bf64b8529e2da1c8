import { StringDecoder } from 'node:string_decoder';
import type { Output } from '../../engine/office.ts';
import { outputText } from '../../pages/output-text.ts';
import type { OutputForm } from '../stream.ts';

/** Live output as text that a page can show as it is; a character that is cut in two waits for its rest. */
export function openTextForm(): OutputForm {
  const decoders = new Map<string, StringDecoder>();
  return ({ step, stream, chunk }: Output) => {
    const key = `${stream} ${step}`;
    const decoder = decoders.get(key) ?? new StringDecoder('utf8');
    decoders.set(key, decoder);
    return { step, stream, text: outputText(decoder.write(chunk)) };
  };
}
