import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** PEM files as JSSE wants them. */
final class Pem {
  private Pem() {}

  static TrustManager[] trust(String file) throws IOException, GeneralSecurityException {
    KeyStore store = emptyStore();
    for (Certificate root : certificates(file)) store.setCertificateEntry("root " + store.size(), root);
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** Null for no client certificate, when cert is null. */
  static KeyManager[] keys(String cert, String key) throws IOException, GeneralSecurityException {
    if (cert == null) return null;
    KeyStore store = emptyStore();
    store.setKeyEntry("client", privateKey(key), new char[0], certificates(cert).toArray(Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(String file) throws IOException, GeneralSecurityException {
    byte[] text = Files.readAllBytes(Path.of(file));
    return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(text));
  }

  private static PrivateKey privateKey(String file) throws IOException, GeneralSecurityException {
    String base64 = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", "");
    PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
    try {
      return KeyFactory.getInstance("EC").generatePrivate(key);
    } catch (InvalidKeySpecException notElliptic) {
      return KeyFactory.getInstance("RSA").generatePrivate(key);
    }
  }
}
