/** What `verify.py` imports beside `formats.py`: who is who by the entries. As short, for the same reason. */
export const peoplePy = String.raw`"""Who is who, for verify.py: people, passkeys, issuers as entries name them; who signed or logged in."""
import base64, json
from datetime import datetime
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from formats import keys_of, must, number, sha, sshsig
people, passkeys, invites, issuers = {}, {}, {}, {}
hashed = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
curves = {("ES256", "P-256"): ec.SECP256R1, ("ES384", "P-384"): ec.SECP384R1, ("ES512", "P-521"): ec.SECP521R1}

def seconds(time):
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()

def url64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

def follow(entry, files):
    """Takes in what an entry says of who is who; most say nothing."""
    kind, data = entry["type"], entry["data"]
    if kind == "config.set":
        people.clear()
        people.update(keys_of(files["blobs/" + data["people"]].decode()))
    if kind == "passkey.invited": invites[data["invite"]] = data
    if kind == "passkey.enrolled": enrol(data, entry["time"])
    if kind == "issuer.keys": issuers.setdefault((data["issuer"], data["client"]), []).extend(data["keys"])
    for own in passkeys.values():  # what is removed stays known, as nobody's
        if kind == "passkey.removed" and own["passkey"] == data["passkey"]: own["person"] = None

def enrol(data, when):
    """The new key itself signed the text on its page, and an invitation or a fresh login says whose it is."""
    said = json.loads(data["statement"])
    key, flags, page = sshsig(data["signature"], "passkey@runbook/v1", data["statement"].encode())
    told = ("person", "public", "credential", "origin", "label", "invite")
    must(all(said[name] == data[name] for name in told), "it enrols something else than was signed")
    must(said["act"] == "enrol" and said["public"].split()[1] == key, "another key signed the enrolment")
    must(page == said["origin"] and flags & 5 == 5, "it was enrolled on another page, or nobody was there")
    must(abs(seconds(when) - seconds(said["time"])) <= 900, "it was enrolled at another time")
    must(said["person"] in people and key not in passkeys, "the passkey is somebody else's")
    if said["invite"] is None:
        who = logged_in(data["login"], data["statement"], when)
        must(who == said["person"], "somebody else logged in for it")
    else:
        invite = invites.pop(said["invite"], {"person": None})
        must(data["login"] is None and invite["person"] == said["person"], "no invitation of theirs was left")
        must(seconds(when) < seconds(invite["expires_at"]), "the invitation had expired")
    passkeys[key] = data

def signed_by(who, signature, namespace, text):
    """How they touched the key (1; 4 by PIN). A passkey counts on its page, used by somebody it knew."""
    key, flags, page = sshsig(signature, namespace, text.encode())
    own = passkeys.get(key)
    if own is None:
        must(key in people.get(who, ()), f"the key is not {who}'s by people.yaml then in force")
    else:
        must(own["person"] == who and who in people, f"the passkey is not {who}'s by the entries before it")
        must(page == own["origin"], "another page asked for it than the one that the passkey was enrolled on")
        must(flags & 5 == 5, "nobody was there whom the passkey knew")
    return flags

def holds(alg, jwk, text, sig):
    """RFC 7518, RFC 8037: whether this public key made it. The algorithms none and HS* have no public key."""
    part, size = {name: number(url64(jwk[name])) for name in "nexy" if name in jwk}, hashed.get(alg[2:])
    curve, half = curves.get((alg, jwk.get("crv"))), len(sig) // 2
    try:
        if jwk["kty"] == "RSA" and alg[:2] in ("RS", "PS") and part["n"].bit_length() >= 2048:
            pad = padding.PKCS1v15() if alg[0] == "R" else padding.PSS(padding.MGF1(size), size.digest_size)
            rsa.RSAPublicNumbers(part["e"], part["n"]).public_key().verify(sig, text, pad, size)
        elif jwk["kty"] == "EC" and curve:
            key = ec.EllipticCurvePublicNumbers(part["x"], part["y"], curve()).public_key()
            key.verify(utils.encode_dss_signature(number(sig[:half]), number(sig[half:])), text, ec.ECDSA(size))
        elif (jwk["kty"], alg) == ("OKP", "EdDSA"):
            Ed25519PublicKey.from_public_bytes(url64(jwk["x"])).verify(sig, text)
        else:
            return False
        return True
    except InvalidSignature:
        return False

def logged_in(login, text, when):
    """OpenID Connect Core 1.0, 3.1.3.7: the person whose account logged in anew for exactly this text."""
    head, body, sig = login["token"].split(".")
    asked, said, issuer, client = *map(json.loads, map(url64, (head, body))), login["issuer"], login["client"]
    keys = issuers.get((issuer, client), ())
    fit = [key for key in keys if key["kid"] in (None, asked.get("kid", key["kid"]))]
    signs = [holds(asked["alg"], key, f"{head}.{body}".encode(), url64(sig)) for key in fit]
    must(any(signs) and said["iss"] == issuer, "no key of the issuer signed the login")
    aud = said["aud"] if isinstance(said["aud"], list) else [said["aud"]]
    party = said.get("azp", client if len(aud) == 1 else None)
    must(client in aud and party == client, "the login was for another client")
    must(said["nonce"] == sha(text.encode()).hex(), "the login was for another statement")
    composed, recorded = seconds(json.loads(text)["time"]), seconds(when)
    first, last = sorted((said["auth_time"], said["iat"]))
    must(composed - 60 <= first <= last <= recorded + 60, "the login was not made for it, but earlier or later")
    must(recorded < min(said["exp"] + 60, composed + 900), "it was recorded too late after the login")
    owners = [who for who, names in people.items() if f"{issuer}#{said['sub']}" in names]
    must(len(owners) == 1, "the account that logged in is nobody's by people.yaml then in force")
    return owners[0]
`;
