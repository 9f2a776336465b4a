#include "endpoints/line_client.hpp"

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "endpoints/loaded_libraries.hpp"
#include "model/json_writer.hpp"

namespace ti {

namespace {

using Json = nlohmann::json;

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

Json parse_object(const std::string& line) {
  Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) throw AdapterBreach("it answered with what is not a JSON object: " + line.substr(0, 200));
  if (const auto what = object.find("unimplemented"); what != object.end())
    throw AdapterRefused("the adapter does not implement " + what->dump());
  return object;
}

}  // namespace

ConnectAnswer parse_answer(const std::string& line) {
  const Json object = parse_object(line);
  try {
    ConnectAnswer answer;
    answer.word.answered = true;
    answer.word.ok = object.at("ok").get<bool>();
    answer.word.resumed = get<bool>(object, "resumed");
    answer.word.version = get<std::string>(object, "version");
    answer.word.cipher = get<std::string>(object, "cipher");
    answer.word.session_id = get<std::string>(object, "session_id");
    answer.word.tickets_received = get_count(object, "tickets_received");
    answer.word.response_bytes = get_count(object, "response_bytes");
    answer.session = get<std::string>(object, "session").value_or("");
    if (!answer.word.ok) {
      const Json& error = object.at("error");
      answer.word.error_stage = error.at("stage").get<std::string>();
      answer.word.error_text = error.at("text").get<std::string>();
      if (const auto code = error.find("code"); code != error.end())
        answer.word.error_code = code->is_string() ? code->get<std::string>() : code->dump();
    }
    return answer;
  } catch (const std::exception& wrong) {
    throw AdapterBreach("its answer is not as clients/PROTOCOL.md says (" + std::string(wrong.what()) +
                        "): " + line.substr(0, 400));
  }
}

std::string configure_line(const ClientSettings& settings, const RunContext& context) {
  JsonWriter line;
  line.begin_object().field("do", "configure").field("tls", name(settings.tls)).field("server_name", "localhost");
  line.field("ca", context.credentials.ca.native()).key("certificate");
  if (settings.certificate)
    line.begin_object()
        .field("cert", context.credentials.client_cert.native())
        .field("key", context.credentials.client_key.native())
        .end_object();
  else
    line.null();
  line.key("ciphers").null().field_or_null("keylog", settings.keylog.native());
  if (!settings.script.empty()) line.field("script", settings.script.native());
  line.end_object();
  return line.take();
}

std::string connect_line(const ClientManifest& manifest, const ConnectOrder& order, double offset_s,
                         const std::string& session) {
  JsonWriter line;
  line.begin_object().field("do", "connect").field("connection", order.connection);
  line.field("host", "127.0.0.1").field("port", order.port).key("offer");
  if (order.offer_connection)
    line.value(*order.offer_connection);
  else
    line.value(order.fresh ? "none" : "latest");
  line.field("request", http_request).field("read", order.read_response ? "all" : "none");
  if (manifest.capabilities.contains("own_clock")) line.field("clock_offset_s", offset_s);
  if (manifest.carry == Carry::session_export) line.field_or_null("session", session);
  line.end_object();
  return line.take();
}

LineClient::LineClient(const ClientManifest& manifest, const RunContext& context, const ClockControl& clock,
                       Stopwatch watch, std::filesystem::path folder)
    : manifest_(manifest), context_(context), clock_(clock), watch_(watch), folder_(std::move(folder)) {}

void LineClient::start(Adapter& adapter) {
  Launch launch = client_launch(manifest_, context_, client_argv(manifest_, context_), folder_.path());
  if (!manifest_.capabilities.contains("own_clock")) launch.env.merge(clock_.env());
  adapter.process = std::make_unique<Process>(context_.executor, *context_.guardian, launch);
  adapter.channel = std::make_unique<LineChannel>(*adapter.process, watch_);
  adapter.errors = std::make_unique<OutputLog>(std::move(adapter.process->err), watch_);
}

void LineClient::collect() {
  for (Adapter& adapter : adapters_) {
    if (!adapter.process) continue;
    for (const ChannelLine& line : adapter.channel->take_transcript())
      transcript_.push_back((line.way == ChannelLine::Way::to_process ? "> " : "< ") + line.text);
    adapter.errors->drain();
    for (const LogLine& line : adapter.errors->take()) {
      stray_ += line.text + "\n";
      transcript_.push_back("! " + line.text);
    }
    if (!broken_ && adapter.channel->spoke_unasked()) {
      stray_ += "(to stdout, unasked)\n";
      broken_ = true;
    }
  }
}

/// By the time of its first answer it has loaded all that it works with.
void LineClient::check_loaded(const Adapter& adapter) const {
  if (!manifest_.build) return;
  if (const std::string wrong = wrong_load(maps_of(adapter.process->id()), *manifest_.build); !wrong.empty())
    throw HarnessError("client " + manifest_.id + " runs on another build: " + wrong);
}

awaitable<void> LineClient::configure(Adapter* adapter, Deadline deadline) {
  const bool started = !adapter->process || adapter->process->ended();
  if (started) start(*adapter);
  std::string line = configure_line(settings_, context_);
  const std::string answer = co_await adapter->channel->request(std::move(line), deadline);
  if (started) check_loaded(*adapter);
  const Json object = parse_object(answer);
  if (!object.value("ok", false))
    throw HarnessError("client " + manifest_.id + " refused its configuration: " + answer);
  adapter->ready = true;
}

/// An adapter that does not come up has not been seen to do anything wrong by TLS.
awaitable<void> LineClient::bring_up(Adapter* adapter, Deadline deadline) {
  std::string failed;
  try {
    co_await configure(adapter, deadline);
  } catch (const TimedOut&) {
    failed = "it did not answer in time";
  } catch (const ChannelError& error) {
    failed = error.what();
  }
  if (failed.empty()) co_return;
  broken_ = true;
  collect();
  throw HarnessError("client " + manifest_.id + " did not come up: " + failed + "\n" + stray_.substr(0, 2000));
}

awaitable<void> LineClient::begin(ClientSettings settings, Deadline deadline) {
  settings_ = std::move(settings);
  kept_.clear();
  latest_.clear();
  for (Adapter& adapter : adapters_) adapter.ready = false;
  co_await bring_up(&adapter_for(1), deadline);
}

awaitable<ClientWord> LineClient::connect(ConnectOrder order, Deadline deadline) {
  Adapter& adapter = adapter_for(order.connection);
  if (exports() && !adapter.ready) co_await bring_up(&adapter, deadline);
  adapter.ready = false;
  ClientWord word;
  try {
    const auto forced = order.offer_connection ? kept_.find(*order.offer_connection) : kept_.end();
    const std::string& session = forced != kept_.end() ? forced->second : latest_;
    std::string line = connect_line(manifest_, order, clock_.offset_s(), order.fresh ? std::string() : session);
    const std::string answer = co_await adapter.channel->request(std::move(line), deadline);
    ConnectAnswer said = parse_answer(answer);
    if (!said.session.empty()) latest_ = said.session;
    if (!latest_.empty()) kept_[order.connection] = latest_;
    if (exports() && !warm()) co_await shut(&adapter, context_.limits.answer);
    co_return said.word;
  } catch (const TimedOut&) {
    word.error_stage = "answer";
    word.error_text = "the client did not answer";
  } catch (const ChannelMisuse& error) {
    word.breach = error.what();
  } catch (const AdapterBreach& error) {
    word.breach = error.what();
  } catch (const ChannelError& error) {
    word.error_stage = "process";
    word.error_text = error.what();
  }
  co_return lost(adapter, std::move(word));
}

/// The word of a client that is of no more use.
ClientWord LineClient::lost(const Adapter& adapter, ClientWord word) {
  broken_ = true;
  if (adapter.process) word.killed = killed(adapter.process->poll());
  return word;
}

awaitable<void> LineClient::shut(Adapter* adapter, std::chrono::nanoseconds grace) {
  adapter->process->in.close();
  const bool slow = !co_await adapter->process->ends_by(deadline_in(grace));
  if (slow) co_await adapter->process->stop(std::chrono::nanoseconds(0));
  collect();
  const Exit exit = *adapter->process->ended();
  if (!slow && exit != Exit(Exited{0}) && !broken_) stray_ += "it " + text(exit) + " at the end of input\n";
  *adapter = Adapter{};
}

awaitable<void> LineClient::end(std::chrono::nanoseconds grace) {
  for (Adapter& adapter : adapters_)
    if (adapter.process) co_await shut(&adapter, grace);
}

bool LineClient::reusable() const { return !broken_ && warm(); }

std::string LineClient::take_stray() {
  collect();
  return std::exchange(stray_, {});
}

std::vector<std::string> LineClient::take_transcript() {
  collect();
  return std::exchange(transcript_, {});
}

}  // namespace ti
