import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** Java's JSSE: one SSLContext, which keeps sessions by host and port and offers them by itself. */
final class Adapter implements Protocol.Adapter {
  private static final Map<String, String> VERSIONS =
      Map.of("1.0", "TLSv1", "1.1", "TLSv1.1", "1.2", "TLSv1.2", "1.3", "TLSv1.3");

  private Protocol.Settings settings;
  private SSLContext context;

  public static void main(String[] arguments) throws IOException {
    if (arguments.length > 0) System.exit(89);
    Protocol.serve(new Adapter());
  }

  @Override
  public String library() {
    return "Java JSSE";
  }

  @Override
  public String version() {
    return System.getProperty("java.version");
  }

  @Override
  public void configure(Protocol.Settings wanted) throws Protocol.Failure, Protocol.Unimplemented {
    if (!VERSIONS.containsKey(wanted.tls())) throw new Protocol.Unimplemented("configure.tls " + wanted.tls());
    SSLContext fresh = makeContext(wanted);
    suites(fresh, wanted.ciphers());
    settings = wanted;
    context = fresh;
  }

  /** An order to start afresh is carried out by a new context, the one to go on with once it holds a session. */
  @Override
  public void connect(Protocol.Order order, Map<String, Object> result) throws Protocol.Failure, Protocol.Unimplemented {
    SSLContext used = order.fresh() ? makeContext(settings) : context;
    String[] suites = suites(used, settings.ciphers());
    String stage = "connect";
    try (Socket tcp = new Socket()) {
      tcp.setTcpNoDelay(true);
      tcp.connect(new InetSocketAddress(order.host(), order.port()));
      stage = "handshake";
      try (SSLSocket tls = (SSLSocket) used.getSocketFactory().createSocket(tcp, settings.serverName(), order.port(), true)) {
        tls.setSSLParameters(parameters(suites));
        tls.startHandshake();
        tell(tls.getSession(), result);
        stage = "write";
        if (order.request() != null) tls.getOutputStream().write(order.request().getBytes(StandardCharsets.UTF_8));
        stage = "read";
        if (order.readResponse()) result.put("response_bytes", readToEnd(tls));
        stage = "close";
        if (holdsSession(used, tls.getSession())) context = used;
      }
    } catch (IOException error) {
      throw failure(stage, error);
    }
  }

  /** In TLS 1.3 a ticket is a session of its own, beside that of the handshake, which cannot be offered. */
  private static boolean holdsSession(SSLContext context, SSLSession handshake) {
    for (byte[] id : Collections.list(context.getClientSessionContext().getIds()))
      if (!handshake.getProtocol().equals("TLSv1.3") || !Arrays.equals(id, handshake.getId())) return true;
    return false;
  }

  private SSLParameters parameters(String[] suites) {
    SSLParameters parameters = new SSLParameters(suites, new String[] {VERSIONS.get(settings.tls())});
    parameters.setServerNames(List.of(new SNIHostName(settings.serverName())));
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    return parameters;
  }

  private static long readToEnd(SSLSocket tls) throws IOException {
    byte[] buffer = new byte[16384];
    long total = 0;
    for (int count = tls.getInputStream().read(buffer); count >= 0; count = tls.getInputStream().read(buffer))
      total += count;
    return total;
  }

  private static void tell(SSLSession session, Map<String, Object> result) {
    for (Map.Entry<String, String> version : VERSIONS.entrySet())
      if (version.getValue().equals(session.getProtocol())) result.put("version", version.getKey());
    result.put("cipher", opensslName(session.getCipherSuite()));
    result.put("session_id", HexFormat.of().formatHex(session.getId()));
  }

  /** OpenSSL's name of a suite of TLS 1.2 and below; those of TLS 1.3 have the same name everywhere. */
  static String opensslName(String suite) {
    String[] parts = suite.replaceFirst("^(TLS|SSL)_", "").split("_WITH_");
    if (parts.length < 2) return suite;
    String bulk = parts[1].replace("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305").replace("3DES_EDE_CBC", "DES-CBC3")
        .replaceAll("AES_(\\d+)", "AES$1").replace("_CBC", "").replace('_', '-');
    return parts[0].equals("RSA") ? bulk : parts[0].replace('_', '-') + "-" + bulk;
  }

  /** The suites of these names, or with null all that encrypt and have a certificate. */
  private static String[] suites(SSLContext context, List<String> names) throws Protocol.Unimplemented {
    List<String> supported = Arrays.stream(context.getSupportedSSLParameters().getCipherSuites())
        .filter(suite -> !suite.contains("_anon_") && !suite.contains("_NULL_") && !suite.endsWith("_SCSV")).toList();
    if (names == null) return supported.toArray(String[]::new);
    for (String name : names)
      if (supported.stream().noneMatch(suite -> suite.contains("_WITH_") && opensslName(suite).equals(name)))
        throw new Protocol.Unimplemented("configure.ciphers " + name);
    return supported.stream().filter(suite -> !suite.contains("_WITH_") || names.contains(opensslName(suite)))
        .toArray(String[]::new);
  }

  private static SSLContext makeContext(Protocol.Settings settings) throws Protocol.Failure {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(Pem.keys(settings.cert(), settings.key()), Pem.trust(settings.ca()), null);
      return context;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException error) {
      throw failure("protocol", error);
    }
  }

  private static Protocol.Failure failure(String stage, Exception error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause())
      if (stage.equals("handshake")
          && (cause instanceof CertificateException || cause instanceof CertPathValidatorException))
        return new Protocol.Failure("verify", error.getMessage(), cause.getClass().getName());
    return new Protocol.Failure(stage, String.valueOf(error.getMessage()), error.getClass().getName());
  }
}
