/** What `verify.py` imports: formats that others have defined. As short, for the same reason. */
export const formatsPy = String.raw`"""What others have defined, for verify.py: JSON, signed notes, proofs of transparency logs, SSH signatures."""
import base64, hashlib, json, re
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
curves = {256: hashes.SHA256, 384: hashes.SHA384, 521: hashes.SHA512}
digests = {b"rsa-sha2-256": hashes.SHA256, b"rsa-sha2-512": hashes.SHA512}

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def b64(text):
    return base64.b64decode(text, validate=True)

def number(data):
    return int.from_bytes(data, "big")

def must(holds, wrong):
    if not holds:
        raise ValueError(wrong)

def plain(text):
    """JSON in which all readers see the same: no key stands twice, and numbers are numbers."""
    def once(pairs):
        must(len(dict(pairs)) == len(pairs), "it names a key twice")
        return dict(pairs)
    return json.loads(text, object_pairs_hook=once, parse_constant=lambda word: must(False, word))

def signer(note, vkey):
    """C2SP signed-note, tlog-cosignature: True where a log signed it, the time when a witness did."""
    (name, _, key), (body, lines) = vkey.decode().strip().split("+", 2), note.split(b"\n\n", 1)
    for who, sig in (line.split(" ")[1:] for line in lines.decode().splitlines()):
        if who == name and b64(sig)[:4] == sha(name.encode(), b"\n", b64(key))[:4]:
            text, sig, when = body + b"\n", b64(sig)[4:], True
            if b64(key)[0] == 4:  # a witness's
                sig, when = sig[8:], number(sig[:8])
                text = b"cosignature/v1\ntime %d\n" % when + text
            Ed25519PublicKey.from_public_bytes(b64(key)[1:]).verify(sig, text)
            return when

def walk(at, last, old, new, proof):
    """RFC 9162 2.1.3.2 and 2.1.4.2: the older and the newer root that a proof leads to."""
    for p in proof:
        left = at & 1 or at == last
        old, new = (sha(b"\1", p, old), sha(b"\1", p, new)) if left else (old, sha(b"\1", new, p))
        while left and at and not at & 1:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else (None, None)

def grew(older, newer, proof):
    """Whether a log with the one (size, root) has grown to the other."""
    (size, root), (later, grown) = older, newer
    zeros = (size & -size).bit_length() - 1
    start, *rest = proof if size & (size - 1) else [root, *proof]
    return walk(size - 1 >> zeros, later - 1 >> zeros, start, start, rest) == (root, grown)

def string(data):
    return len(data).to_bytes(4, "big") + data

def cut(data, count):  # so many strings of SSH's wire format, then what follows them
    end = 4 + number(data[:4])
    return (data[4:end], *cut(data[end:], count - 1)) if count else (data,)

def sshsig(signature, namespace, text):
    """OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f: the key, how it was touched (1; 4 by PIN), on which page."""
    public, _, _, _, signed, _ = cut(b64(signature)[10:], 5)
    (kind, rest), (form, sig, more), flags, page = cut(public, 1), cut(signed, 2), 0, None
    parts = namespace.encode(), b"", b"sha512", hashlib.sha512(text).digest()
    text = b"SSHSIG" + b"".join(map(string, parts))
    if kind.startswith(b"sk-"):  # a security key signs hash(application) flags counter extensions hash(text)
        flags, counter, more, extra = more[0], more[1:5], more[5:], b""
        app = cut(rest, 2 if b"ed25519" in kind else 3)[-2]
        rest = rest[:-len(string(app))]
        if form.startswith(b"webauthn-"):
            text, extra, more, page = of_page(text, app, more, flags)
        text = sha(app) + bytes([flags]) + counter + extra + sha(text)
    plain = kind.replace(b"sk-", b"").replace(b"@openssh.com", b"")
    key = serialization.load_ssh_public_key(plain + b" " + base64.b64encode(string(plain) + rest))
    forms = digests if kind == b"ssh-rsa" else (kind, b"webauthn-" + kind)
    must(not more and form in forms, "a signature of another form")
    if kind == b"ssh-rsa":
        key.verify(sig, text, padding.PKCS1v15(), digests[form]())
    elif b"ed25519" in kind:
        key.verify(sig, text)
    else:
        pair = utils.encode_dss_signature(*map(number, cut(sig, 2)[:2]))
        key.verify(pair, text, ec.ECDSA(curves[key.key_size]()))
    return base64.b64encode(public).decode(), flags, page

def of_page(text, app, more, flags):  # WebAuthn: a passkey signs what the browser wrote around it
    (page, client, extra, more), challenge = cut(more, 3), base64.urlsafe_b64encode(text).rstrip(b"=")
    asked = b'{"type":"webauthn.get","challenge":"%s","origin":"%s"' % (challenge, page)
    pages = rb"(https://([a-z0-9_-]+\.)*|http://(?=localhost(:|$)))%s(:\d+)?" % re.escape(app)
    ends = re.fullmatch(rb'\}|,"crossOrigin":false[,}].*', client[len(asked):], re.DOTALL)  # not in a frame
    must(client.startswith(asked) and ends and re.fullmatch(pages, page), "another page asked for it")
    must(not flags & 64 and flags >> 7 == (extra != b""), "a signature of another form")
    return client, extra, more, page.decode()
`;
