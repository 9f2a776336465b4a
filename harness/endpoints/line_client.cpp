#include "endpoints/line_client.hpp"

#include "endpoints/loaded_libraries.hpp"

namespace ti {

ConfigureOrder configure_order(const ClientSettings& settings, const Credentials& credentials) {
  ConfigureOrder order = configure_order(settings.tls, credentials);
  if (settings.certificate) {
    order.certificate = credentials.client_cert;
    order.key = credentials.client_key;
  }
  order.keylog = settings.keylog;
  order.script = settings.script;
  return order;
}

ConnectOrder completed(ConnectOrder order, const ClientManifest& manifest, double offset_s,
                       const std::string& session) {
  if (manifest.capabilities.contains("own_clock")) order.clock_offset_s = offset_s;
  if (manifest.carry == Carry::session_export) order.session = session;
  return order;
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
  std::string line = line_of(configure_order(settings_, context_.credentials));
  const std::string said = co_await adapter->channel->request(std::move(line), deadline);
  if (started) check_loaded(*adapter);
  const AdapterAnswer answer(said);
  answer.want_implemented();
  if (!answer.ok()) throw HarnessError("client " + manifest_.id + " refused its configuration: " + said);
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
    const std::string offered = order.fresh ? std::string() : session;
    std::string line = line_of(completed(order, manifest_, clock_.offset_s(), offered));
    const std::string answer = co_await adapter.channel->request(std::move(line), deadline);
    const AdapterAnswer::Connected said = AdapterAnswer(answer).connected();
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
