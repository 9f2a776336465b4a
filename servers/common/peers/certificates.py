"""Whether a server's certificate is to be trusted: one step to the only root, dates, and the server's name; and one that
is not."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Untrusted(Exception):
    """Why not, and by which alert it is refused."""

    def __init__(self, alert, text):
        super().__init__(text)
        self.alert = alert


def load_root(path):
    """The certificate of a PEM file."""
    with open(path, "rb") as file:
        return x509.load_pem_x509_certificate(file.read())


def names_of(certificate):
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName) + names.get_values_for_type(x509.IPAddress)


def self_signed(der, key):
    """A certificate of the same subject, key, dates and names, issued by itself."""
    old = x509.load_der_x509_certificate(der)
    made = x509.CertificateBuilder(old.subject, old.subject, key.public_key(), x509.random_serial_number(),
                                   *validity(old))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names_of(old) if type(name) is str]),
                              critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def validity(certificate):
    """Begin and end in UTC, without a zone. From 42 on cryptography warns who asks for them in that form."""
    if hasattr(certificate, "not_valid_before_utc"):
        return [moment.replace(tzinfo=None) for moment in (certificate.not_valid_before_utc, certificate.not_valid_after_utc)]
    return [certificate.not_valid_before, certificate.not_valid_after]


def seconds(moment):
    return (moment - moment.__class__(1970, 1, 1)).total_seconds()


def leaf_key(chain, root, server_name, now):
    """The public key of the first certificate, once it is trusted; without a server's name, any name will do. Throws
    Untrusted."""
    if not chain:
        raise Untrusted("decode_error", "no certificate")
    try:
        leaf = x509.load_der_x509_certificate(chain[0])
        key = leaf.public_key()
    except ValueError as error:
        raise Untrusted("bad_certificate", f"the certificate cannot be read: {error}") from None
    try:
        root.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(leaf.signature_hash_algorithm))
    except InvalidSignature:
        raise Untrusted("unknown_ca", "the certificate is not signed by the root") from None
    for certificate in (leaf, root):
        begin, end = validity(certificate)
        if not seconds(begin) <= now <= seconds(end):
            raise Untrusted("certificate_expired", "the certificate has expired or is not yet valid")
    names = names_of(leaf)
    if server_name is not None and server_name not in names and server_name not in map(str, names):
        raise Untrusted("bad_certificate", f"the certificate is not for {server_name}")
    return key
