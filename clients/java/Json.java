import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON text to and from maps, lists, strings, longs, doubles, booleans and null. */
final class Json {
  /** The text is not JSON. */
  static final class SyntaxException extends Exception {
    SyntaxException(String what, int at) {
      super(what + " at character " + (at + 1));
    }
  }

  private static final int DEEPEST = 100;

  private final String text;
  private int at = 0;
  private int depth = 0;

  private Json(String text) {
    this.text = text;
  }

  static Object parse(String text) throws SyntaxException {
    Json parser = new Json(text);
    Object value = parser.value();
    parser.skipSpace();
    if (parser.at < text.length()) throw new SyntaxException("something follows the value", parser.at);
    return value;
  }

  static String write(Object value) {
    if (value instanceof String string) return quote(string);
    if (value instanceof Map<?, ?> map)
      return "{" + String.join(", ", map.entrySet().stream()
          .map(member -> quote((String) member.getKey()) + ": " + write(member.getValue())).toList()) + "}";
    if (value instanceof List<?> list) return "[" + String.join(", ", list.stream().map(Json::write).toList()) + "]";
    return String.valueOf(value);
  }

  private static String quote(String string) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : string.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < ' ' || Character.isSurrogate(c)) out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) ++at;
  }

  private boolean accept(String word) {
    if (!text.startsWith(word, at)) return false;
    at += word.length();
    return true;
  }

  private void expect(String word) throws SyntaxException {
    skipSpace();
    if (!accept(word)) throw new SyntaxException("expected " + word, at);
  }

  private Object value() throws SyntaxException {
    skipSpace();
    if (++depth > DEEPEST) throw new SyntaxException("too deep", at);
    try {
      if (accept("{")) return object();
      if (accept("[")) return array();
      if (accept("\"")) return string();
      if (accept("true")) return true;
      if (accept("false")) return false;
      if (accept("null")) return null;
      return number();
    } finally {
      --depth;
    }
  }

  private Map<String, Object> object() throws SyntaxException {
    Map<String, Object> members = new LinkedHashMap<>();
    skipSpace();
    if (accept("}")) return members;
    do {
      expect("\"");
      String name = string();
      expect(":");
      members.put(name, value());
      skipSpace();
    } while (accept(","));
    expect("}");
    return members;
  }

  private List<Object> array() throws SyntaxException {
    List<Object> items = new ArrayList<>();
    skipSpace();
    if (accept("]")) return items;
    do {
      items.add(value());
      skipSpace();
    } while (accept(","));
    expect("]");
    return items;
  }

  private String string() throws SyntaxException {
    StringBuilder out = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') return out.toString();
      if (c < ' ') throw new SyntaxException("a control character", at - 1);
      out.append(c == '\\' ? escaped() : c);
    }
    throw new SyntaxException("a string without an end", at);
  }

  private char escaped() throws SyntaxException {
    int kind = at < text.length() ? "\"\\/bfnrtu".indexOf(text.charAt(at++)) : -1;
    if (kind < 0) throw new SyntaxException("an unknown escape", at);
    if (kind < 8) return "\"\\/\b\f\n\r\t".charAt(kind);
    try {
      at += 4;
      return (char) Integer.parseUnsignedInt(text, at - 4, at, 16);
    } catch (IndexOutOfBoundsException | NumberFormatException wrong) {
      throw new SyntaxException("an unknown escape", at);
    }
  }

  private Number number() throws SyntaxException {
    int from = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) ++at;
    String digits = text.substring(from, at);
    try {
      if (digits.matches("-?(0|[1-9][0-9]*)")) return Long.parseLong(digits);
      if (digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) return Double.parseDouble(digits);
    } catch (NumberFormatException tooLarge) {
      throw new SyntaxException("a number that is too large", from);
    }
    throw new SyntaxException("something that is not a value", from);
  }
}
