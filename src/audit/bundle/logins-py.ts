/** What `people.py` imports: what an OpenID issuer says of a login. As short, for the same reason. */
export const loginsPy = String.raw`"""What OpenID issuers say, for people.py: who logged in, when, and for what."""
import base64
from datetime import datetime
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from formats import must, number, plain, sha
hashed = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
curves = {("ES256", "P-256"): ec.SECP256R1, ("ES384", "P-384"): ec.SECP384R1, ("ES512", "P-521"): ec.SECP521R1}

def seconds(time):
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()

def url64(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    must(base64.urlsafe_b64encode(data).decode().rstrip("=") == text, "not as base64url is written")
    return data

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

def account_of(login, keys, text, when):
    """OpenID Connect Core 1.0, 3.1.3.7: the account (ISSUER#SUBJECT) that logged in anew for just this text."""
    head, body, sig = login["token"].split(".")
    asked, said, issuer, client = *map(plain, map(url64, (head, body))), login["issuer"], login["client"]
    typed = asked.get("typ", "JWT").lower() in ("jwt", "application/jwt")
    must(typed and "crit" not in asked and len(login["token"]) <= 16384, "it is no ID token")
    fit = [key for key in keys if key["kid"] in (None, asked.get("kid", key["kid"]))]
    signs = [holds(asked["alg"], key, f"{head}.{body}".encode(), url64(sig)) for key in fit]
    must(any(signs) and said["iss"] == issuer, "no key of the issuer signed the login")
    aud = said["aud"] if isinstance(said["aud"], list) else [said["aud"]]
    party = said.get("azp", client if len(aud) == 1 else None)
    must(client in aud and party == client, "the login was for another client")
    must(said["nonce"] == sha(text.encode()).hex(), "the login was for another statement")
    composed, recorded = seconds(plain(text)["time"]), seconds(when)
    first, last = sorted((said["auth_time"], said["iat"]))
    must(composed - 60 <= first <= last <= recorded + 60, "the login was not made for it, but earlier or later")
    must(said["iat"] <= composed + 660 and said["iat"] < said["exp"], "the login was too late, or over at once")
    must(recorded < min(said["exp"] + 60, composed + 900), "it was recorded too late after the login")
    return issuer + "#" + said["sub"]
`;
