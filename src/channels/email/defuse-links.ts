/**
 * Text in which no mail program finds a link of its own: `example[.]com/ok`, `mailto[:]eve@example[.]com`,
 * `https[:]//…`. Whoever asks for an approval writes parts of a mail about it, and must get no link beside
 * ours. Which names exist is each program's own list, so that a file such as `deploy[.]sh` is taken for one.
 */
export function defuseLinks(text: string): string {
  return text.replace(links, '[$&]');
}

const begin = String.raw`(?<![\p{L}\p{N}])`;

/** What makes a link of what stands around it. */
const links = new RegExp(
  [
    // Any scheme with an authority, and those without that programs know.
    String.raw`:(?=//)`,
    String.raw`(?<=${begin}(?:mailto|tel|sms|sips?|callto|facetime|skype|xmpp|magnet|news|data|file|javascript)):(?=\S)`,
    // The last dots of a name, in ASCII and as UTS #46 reads them: what follows looks like a top-level domain.
    String.raw`(?<=[^\s./\\])[.\u3002\uff0e\uff61](?=\p{L}[\p{L}\p{M}])`,
    String.raw`(?<=${begin}www\d{0,3})\.(?=\S)`,
    // The first dot of a host behind an `@`, whatever follows.
    String.raw`(?<=@[\p{L}\p{N}_-]{1,63})\.(?=\S)`,
    // An address of four numbers, where a port or a path follows.
    String.raw`(?<=\d\.\d{1,3}\.\d{1,3})\.(?=\d{1,3}[/:?#])`,
    // A share on a Windows host, which is asked for with the reader's own login.
    String.raw`\\\\(?=[\p{L}\p{N}])`,
  ].join('|'),
  'giu',
);
