import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The line protocol of clients/PROTOCOL.md, for an adapter with the carry cache. */
final class Protocol {
  /** How a command ended that did not go well: a stage, the library's own words, and its number or name for them. */
  static final class Failure extends Exception {
    final String stage;
    final String code;

    Failure(String stage, String text, String code) {
      super(text);
      this.stage = stage;
      this.code = code;
    }

    Map<String, Object> answer() {
      Map<String, Object> error = new LinkedHashMap<>();
      error.put("stage", stage);
      error.put("text", getMessage());
      error.put("code", code);
      return error;
    }
  }

  /** A command or value that the adapter does not know how to carry out. Thrown before anything has changed. */
  static final class Unimplemented extends Exception {
    Unimplemented(String what) {
      super(what);
    }
  }

  /** The configure command. cert, key and ciphers may be null. */
  record Settings(String tls, String serverName, String ca, String cert, String key, List<String> ciphers) {}

  /** The connect command. request may be null. */
  record Order(String host, int port, boolean fresh, String request, boolean readResponse) {}

  interface Adapter {
    String library();

    String version();

    void configure(Settings settings) throws Failure, Unimplemented;

    /** Notes in result what the library told, as soon as it is told. */
    void connect(Order order, Map<String, Object> result) throws Failure, Unimplemented;
  }

  private final Adapter adapter;
  private boolean configured = false;

  private Protocol(Adapter adapter) {
    this.adapter = adapter;
  }

  /** Serves stdin and stdout until the end of input. */
  static void serve(Adapter adapter) throws IOException {
    Protocol protocol = new Protocol(adapter);
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = commands.readLine(); line != null; line = commands.readLine())
      answers.println(Json.write(protocol.answer(line)));
  }

  private static Failure malformed(String text) {
    return new Failure("protocol", text, null);
  }

  /** The fields of one JSON object. One that is not known and not null is unimplemented: to ignore it would be a lie. */
  private static final class Fields {
    private final Map<?, ?> values;
    private final String path;

    Fields(Map<?, ?> values, String path, Set<String> known) throws Unimplemented {
      this.values = values;
      this.path = path;
      for (Map.Entry<?, ?> field : values.entrySet())
        if (field.getValue() != null && !known.contains(field.getKey()))
          throw new Unimplemented(path + "." + field.getKey());
    }

    <T> T find(String name, Class<T> kind) throws Failure {
      Object value = values.get(name);
      if (value != null && !kind.isInstance(value))
        throw malformed(path + "." + name + " has the wrong type: " + Json.write(value));
      return kind.cast(value);
    }

    <T> T get(String name, Class<T> kind) throws Failure {
      T value = find(name, kind);
      if (value == null) throw malformed(path + "." + name + " is missing");
      return value;
    }

    int positive(String name, int limit) throws Failure {
      long value = get(name, Long.class);
      if (value < 1 || value > limit) throw malformed(path + "." + name + " is out of range: " + value);
      return (int) value;
    }
  }

  private static Settings readSettings(Map<?, ?> command) throws Failure, Unimplemented {
    Fields fields = new Fields(command, "configure", Set.of("do", "tls", "server_name", "ca", "certificate", "ciphers"));
    List<?> ciphers = fields.find("ciphers", List.class);
    if (ciphers != null && (ciphers.isEmpty() || !ciphers.stream().allMatch(String.class::isInstance)))
      throw malformed("configure.ciphers is not a list of names");
    String cert = null;
    String key = null;
    Map<?, ?> certificate = fields.find("certificate", Map.class);
    if (certificate != null) {
      Fields files = new Fields(certificate, "configure.certificate", Set.of("cert", "key"));
      cert = files.get("cert", String.class);
      key = files.get("key", String.class);
    }
    return new Settings(fields.get("tls", String.class), fields.get("server_name", String.class),
        fields.get("ca", String.class), cert, key,
        ciphers == null ? null : ciphers.stream().map(String.class::cast).toList());
  }

  private static Order readOrder(Map<?, ?> command) throws Failure, Unimplemented {
    Fields fields = new Fields(command, "connect", Set.of("do", "connection", "host", "port", "offer", "request", "read"));
    fields.positive("connection", Integer.MAX_VALUE);
    Object offer = fields.get("offer", Object.class);
    if (!offer.equals("latest") && !offer.equals("none")) throw new Unimplemented("connect.offer " + Json.write(offer));
    String read = fields.find("read", String.class);
    if (read != null && !read.equals("all") && !read.equals("none")) throw new Unimplemented("connect.read " + read);
    return new Order(fields.get("host", String.class), fields.positive("port", 65535), offer.equals("none"),
        fields.find("request", String.class), !"none".equals(read));
  }

  private Map<String, Object> hello(Map<?, ?> command) throws Failure, Unimplemented {
    long protocol = new Fields(command, "hello", Set.of("do", "protocol")).get("protocol", Long.class);
    if (protocol != 1) throw new Unimplemented("hello.protocol " + protocol);
    return Map.of("ok", true, "protocol", 1, "library", adapter.library(), "version", adapter.version(),
        "carry", "cache", "time", System.currentTimeMillis() / 1000.0);
  }

  private Map<String, Object> configure(Map<?, ?> command) throws Failure, Unimplemented {
    adapter.configure(readSettings(command));
    configured = true;
    return Map.of("ok", true);
  }

  private Map<String, Object> connect(Map<?, ?> command) throws Failure, Unimplemented {
    if (!configured) throw malformed("connect before configure");
    Order order = readOrder(command);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("ok", true);
    for (String fact : List.of("resumed", "version", "cipher", "session_id", "tickets_received", "response_bytes", "session"))
      result.put(fact, null);
    try {
      adapter.connect(order, result);
    } catch (Failure failure) {
      result.put("ok", false);
      result.put("error", failure.answer());
    }
    return result;
  }

  private Map<String, Object> respond(String line) throws Failure, Unimplemented {
    Object value;
    try {
      value = Json.parse(line);
    } catch (Json.SyntaxException error) {
      throw malformed("the line is not JSON: " + error.getMessage());
    }
    if (!(value instanceof Map<?, ?> command)) throw malformed("the line is not a JSON object");
    if (!(command.get("do") instanceof String verb)) throw malformed("the object does not say what to do");
    return switch (verb) {
      case "hello" -> hello(command);
      case "configure" -> configure(command);
      case "connect" -> connect(command);
      default -> throw new Unimplemented(verb);
    };
  }

  private Map<String, Object> answer(String line) {
    try {
      return respond(line);
    } catch (Failure failure) {
      return Map.of("ok", false, "error", failure.answer());
    } catch (Unimplemented what) {
      return Map.of("ok", false, "unimplemented", what.getMessage());
    }
  }
}
