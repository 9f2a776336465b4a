#include "common/protocol.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace ti::adapter {
namespace {

using Json = nlohmann::json;

constexpr std::array tls_names{"1.0", "1.1", "1.2", "1.3"};
constexpr std::array stage_names{"protocol", "connect", "handshake", "verify", "write", "read", "close"};

Failure malformed(const std::string& text) { return {Stage::protocol, text}; }

/// The fields of one command. A field that is not among the known ones is unimplemented: a setting that is ignored
/// would be a lie.
class Fields {
 public:
  Fields(const Json& object, std::string path, std::initializer_list<std::string_view> known)
      : object_(object), path_(std::move(path)) {
    for (const auto& [name, value] : object.items())
      if (std::ranges::find(known, name) == known.end()) throw Unimplemented{path_ + "." + name};
  }

  template <class T>
  std::optional<T> find(const char* name) const {
    const auto field = object_.find(name);
    if (field == object_.end() || field->is_null()) return std::nullopt;
    if (!has_type<T>(*field)) throw malformed(path_ + "." + name + " has the wrong type: " + field->dump());
    return field->get<T>();
  }

  template <class T>
  T get(const char* name) const {
    auto value = find<T>(name);
    if (!value) throw malformed(path_ + "." + name + " is missing");
    return *std::move(value);
  }

 private:
  template <class T>
  static bool has_type(const Json& value) {
    if constexpr (std::is_same_v<T, std::string>) return value.is_string();
    if constexpr (std::is_same_v<T, std::int64_t>) return value.is_number_integer();
    if constexpr (std::is_same_v<T, Json::object_t>) return value.is_object();
    if constexpr (std::is_same_v<T, std::vector<std::string>>)
      return value.is_array() && std::ranges::all_of(value, [](const Json& item) { return item.is_string(); });
    return true;
  }

  const Json& object_;
  std::string path_;
};

int positive(const std::string& what, std::int64_t value, std::int64_t limit) {
  if (value < 1 || value > limit) throw malformed(what + " is out of range: " + std::to_string(value));
  return static_cast<int>(value);
}

Settings read_settings(const Json& command) {
  const Fields fields(command, "configure", {"do", "tls", "server_name", "ca", "certificate", "ciphers", "keylog"});
  const auto tls = fields.get<std::string>("tls");
  const auto name = std::ranges::find(tls_names, tls);
  if (name == tls_names.end()) throw Unimplemented{"configure.tls " + tls};
  Settings settings{.tls = static_cast<Tls>(name - tls_names.begin()),
                    .server_name = fields.get<std::string>("server_name"),
                    .ca = fields.get<std::string>("ca"),
                    .certificate = std::nullopt,
                    .ciphers = fields.find<std::vector<std::string>>("ciphers"),
                    .keylog = fields.find<std::string>("keylog")};
  if (settings.ciphers && settings.ciphers->empty()) throw malformed("configure.ciphers is empty");
  if (fields.find<Json::object_t>("certificate")) {
    const Fields certificate(command["certificate"], "configure.certificate", {"cert", "key"});
    settings.certificate = {certificate.get<std::string>("cert"), certificate.get<std::string>("key")};
  }
  return settings;
}

Offer read_offer(const Fields& fields) {
  const auto offer = fields.get<Json>("offer");
  if (offer == "latest") return {Offer::Kind::latest};
  if (offer == "none") return {Offer::Kind::none};
  if (!offer.is_number_integer()) throw Unimplemented{"connect.offer " + offer.dump()};
  return {Offer::Kind::saved, positive("connect.offer", offer.get<std::int64_t>(), INT32_MAX)};
}

bool reads_response(const Fields& fields) {
  const auto read = fields.find<std::string>("read").value_or("all");
  if (read != "all" && read != "none") throw Unimplemented{"connect.read " + read};
  return read == "all";
}

ConnectOrder read_order(const Json& command, const Hello& hello) {
  const Fields fields(command, "connect", {"do", "connection", "host", "port", "offer", "session", "request", "read"});
  ConnectOrder order;
  order.connection = positive("connect.connection", fields.get<std::int64_t>("connection"), INT32_MAX);
  order.host = fields.get<std::string>("host");
  order.port = static_cast<std::uint16_t>(positive("connect.port", fields.get<std::int64_t>("port"), UINT16_MAX));
  order.offer = read_offer(fields);
  order.request = fields.find<std::string>("request");
  order.read_response = reads_response(fields);
  if (const auto session = fields.find<std::string>("session")) {
    if (hello.carry == Carry::cache) throw Unimplemented{"connect.session"};
    order.session = from_base64(*session);
    if (!order.session) throw malformed("connect.session is not base64");
    if (order.offer.kind == Offer::Kind::none) order.session.reset();
  }
  return order;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const Failure& failure) {
  return {{"stage", stage_names[static_cast<std::size_t>(failure.stage)]},
          {"text", failure.text},
          {"code", or_null(failure.code)}};
}

Json to_json(const ConnectResult& result) {
  const auto session_id = result.session_id ? std::optional(to_hex(*result.session_id)) : std::nullopt;
  const auto session = result.session ? std::optional(to_base64(*result.session)) : std::nullopt;
  return {{"ok", true},
          {"resumed", or_null(result.resumed)},
          {"version", or_null(result.version)},
          {"cipher", or_null(result.cipher)},
          {"session_id", or_null(session_id)},
          {"tickets_received", or_null(result.tickets_received)},
          {"response_bytes", or_null(result.response_bytes)},
          {"session", or_null(session)}};
}

Json answer_hello(const Adapter& adapter, const Json& command) {
  const Fields fields(command, "hello", {"do", "protocol"});
  const auto protocol = fields.get<std::int64_t>("protocol");
  if (protocol != 1) throw Unimplemented{"hello.protocol " + std::to_string(protocol)};
  const Hello hello = adapter.hello();
  Json answer{{"ok", true},
              {"protocol", 1},
              {"library", hello.library},
              {"version", hello.version},
              {"carry", hello.carry == Carry::cache ? "cache" : "export"},
              {"time", std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()}};
  for (const Tls tls : hello.tls) answer["tls"].push_back(tls_names[static_cast<std::size_t>(tls)]);
  if (!hello.cannot.empty()) answer["cannot"] = hello.cannot;
  return answer;
}

Json answer_connect(Adapter& adapter, const Json& command) {
  const ConnectOrder order = read_order(command, adapter.hello());
  ConnectResult result;
  try {
    adapter.connect(order, result);
    return to_json(result);
  } catch (const Failure& failure) {
    Json answer = to_json(result);
    answer["ok"] = false;
    answer["error"] = to_json(failure);
    return answer;
  }
}

Json parse(std::string_view line) {
  Json command = Json::parse(line, nullptr, false);
  if (!command.is_object()) throw malformed("the line is not a JSON object");
  if (!command.contains("do") || !command["do"].is_string()) throw malformed("the object does not say what to do");
  return command;
}

}  // namespace

Conversation::Conversation(Adapter& adapter) : adapter_(adapter) {}

std::string Conversation::answer(std::string_view line) {
  const auto respond = [&]() -> Json {
    const Json command = parse(line);
    const auto& verb = command["do"].get_ref<const std::string&>();
    if (verb == "hello") return answer_hello(adapter_, command);
    if (verb == "configure") {
      adapter_.configure(read_settings(command));
      configured_ = true;
      return {{"ok", true}};
    }
    if (verb != "connect") throw Unimplemented{verb};
    if (!configured_) throw malformed("connect before configure");
    return answer_connect(adapter_, command);
  };
  Json answer;
  try {
    answer = respond();
  } catch (const Failure& failure) {
    answer = {{"ok", false}, {"error", to_json(failure)}};
  } catch (const Unimplemented& unimplemented) {
    answer = {{"ok", false}, {"unimplemented", unimplemented.what}};
  }
  return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ti::adapter
