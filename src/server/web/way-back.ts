/**
 * Where to go on after a login: a path of ours as our links are written, and else the inbox. Whatever a
 * browser could take for another host (`//…`, `/\…`, dots that a URL resolves) has another form.
 */
export function wayBack(to: string | null | undefined): string {
  return to !== null && to !== undefined && to.length <= longest && ours.test(to) ? to : '/';
}

const longest = 1000;
const ours = /^(?=\/)(?:\/[\w-]+)*\/?(?:\?[\w=&%-]*)?$/;
