#include "endpoints/adapter_protocol.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "model/fields.hpp"
#include "model/json_writer.hpp"

namespace ti {

namespace {

using Json = nlohmann::json;

constexpr int protocol_version = 1;

/// A field that may be missing or null.
template <class T>
std::optional<T> get(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<T>();
}

/// A number of things as results.json can tell it. The JSON library would make one of -1, 1.5 and true as well.
std::optional<std::size_t> get_count(const Json& object, const char* key) {
  const auto count = get<Json>(object, key);
  if (!count) return std::nullopt;
  if (!count->is_number_unsigned() || count->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    throw std::domain_error(std::string(key) + " is " + count->dump());
  return count->get<std::size_t>();
}

/// A text; empty for anything else.
std::string text_under(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

ClientWord word_in(const Json& object) {
  ClientWord word;
  word.answered = true;
  word.ok = object.at("ok").get<bool>();
  word.resumed = get<bool>(object, "resumed");
  word.version = get<std::string>(object, "version");
  word.cipher = get<std::string>(object, "cipher");
  word.session_id = get<std::string>(object, "session_id");
  word.tickets_received = get_count(object, "tickets_received");
  word.response_bytes = get_count(object, "response_bytes");
  if (word.ok) return word;
  const Json& error = object.at("error");
  word.error_stage = error.at("stage").get<std::string>();
  word.error_text = error.at("text").get<std::string>();
  if (const auto code = error.find("code"); code != error.end())
    word.error_code = code->is_string() ? code->get<std::string>() : code->dump();
  return word;
}

std::vector<Version> versions_in(const Json& hello) {
  const auto tls = hello.find("tls");
  if (tls == hello.end()) return {};
  const AdapterBreach wrong("it answered hello with \"tls\": " + tls->dump());
  if (!tls->is_array() || tls->empty()) throw wrong;
  std::vector<Version> versions;
  for (const Json& version : *tls) {
    versions.push_back(version.is_string() ? version_of(version.get<std::string>()) : Version::none);
    if (versions.back() == Version::none) throw wrong;
  }
  return versions;
}

std::map<std::string, std::string> lacks_in(const Json& hello) {
  const auto cannot = hello.find("cannot");
  if (cannot == hello.end()) return {};
  const AdapterBreach wrong("it answered hello with \"cannot\": " + cannot->dump());
  if (!cannot->is_object()) throw wrong;
  std::map<std::string, std::string> lacks;
  const std::vector<std::string>& known = client_capabilities();
  for (const auto& [what, why] : cannot->items()) {
    if (!why.is_string() || std::find(known.begin(), known.end(), what) == known.end()) throw wrong;
    lacks[what] = why.get<std::string>();
  }
  return lacks;
}

}  // namespace

ConfigureOrder configure_order(Version tls, const Credentials& credentials) {
  ConfigureOrder order;
  order.tls = tls;
  order.ca = credentials.ca;
  return order;
}

ConnectOrder connect_order(const Connect& connect, std::size_t number, std::uint16_t port) {
  ConnectOrder order;
  order.connection = number;
  order.port = port;
  order.fresh = connect.offer == "none";
  order.offer_connection = connect.offer_connection;
  order.read_response = connect.read_response;
  return order;
}

std::string hello_line() {
  return JsonWriter().begin_object().field("do", "hello").field("protocol", protocol_version).end_object().take();
}

std::string line_of_command(std::string_view command) {
  return JsonWriter().begin_object().field("do", command).end_object().take();
}

std::string line_of(const ConfigureOrder& order) {
  JsonWriter line;
  line.begin_object().field("do", "configure").field("tls", name(order.tls)).field("server_name", order.server_name);
  line.field("ca", order.ca.native()).key("certificate");
  if (order.certificate.empty())
    line.null();
  else
    line.begin_object().field("cert", order.certificate.native()).field("key", order.key.native()).end_object();
  line.key("ciphers");
  if (order.ciphers) {
    line.begin_array();
    for (const std::string& cipher : *order.ciphers) line.value(cipher);
    line.end_array();
  } else {
    line.null();
  }
  line.field_or_null("keylog", order.keylog.native());
  if (!order.script.empty()) line.field("script", order.script.native());
  return line.end_object().take();
}

std::string line_of(const ConnectOrder& order) {
  JsonWriter line;
  line.begin_object().field("do", "connect").field("connection", order.connection);
  line.field("host", "127.0.0.1").field("port", order.port).key("offer");
  if (order.offer_connection)
    line.value(*order.offer_connection);
  else
    line.value(order.fresh ? "none" : "latest");
  line.field_or_null("request", order.send_request ? http_request : "");
  line.field("read", order.read_response ? "all" : "none");
  if (order.clock_offset_s) line.field("clock_offset_s", *order.clock_offset_s);
  if (order.session) line.field_or_null("session", *order.session);
  return line.end_object().take();
}

std::string with_field(const std::string& line, std::string_view field, std::string_view text) {
  Json order = Json::parse(line);
  order[std::string(field)] = text;
  return order.dump();
}

AdapterAnswer::AdapterAnswer(std::string line) : line_(std::move(line)), answer_(Json::parse(line_, nullptr, false)) {
  if (!answer_.is_object()) throw AdapterBreach("it answered with what is not a JSON object: " + text());
}

bool AdapterAnswer::ok() const { return answer_.value("ok", Json()) == true; }

bool AdapterAnswer::failed() const { return answer_.value("ok", Json()) == false; }

bool AdapterAnswer::is_refusal() const { return failed() && answer_.value("unimplemented", Json()).is_string(); }

std::string AdapterAnswer::unimplemented() const {
  const auto what = answer_.find("unimplemented");
  return what == answer_.end() ? "" : what->dump();
}

void AdapterAnswer::want_implemented() const {
  if (const std::string what = unimplemented(); !what.empty())
    throw AdapterRefused("the adapter does not implement " + what);
}

bool AdapterAnswer::is_error_at(std::string_view stage) const {
  const auto error = answer_.find("error");
  return failed() && error != answer_.end() && error->is_object() && text_under(*error, "stage") == stage &&
         !text_under(*error, "text").empty();
}

AdapterAnswer::Hello AdapterAnswer::hello() const {
  if (!ok()) throw AdapterBreach("it answered hello with " + text());
  Hello hello;
  hello.speaks_protocol = answer_.value("protocol", Json()) == protocol_version;
  hello.library = text_under(answer_, "library");
  hello.version = text_under(answer_, "version");
  hello.carry = text_under(answer_, "carry");
  if (const auto time = answer_.find("time"); time != answer_.end() && time->is_number())
    hello.time_s = time->get<double>();
  hello.tls = versions_in(answer_);
  hello.cannot = lacks_in(answer_);
  return hello;
}

AdapterAnswer::Connected AdapterAnswer::connected() const {
  want_implemented();
  try {
    return {word_in(answer_), get<std::string>(answer_, "session").value_or("")};
  } catch (const std::exception& wrong) {
    throw AdapterBreach("its answer is not as clients/PROTOCOL.md says (" + std::string(wrong.what()) +
                        "): " + line_.substr(0, 400));
  }
}

}  // namespace ti
