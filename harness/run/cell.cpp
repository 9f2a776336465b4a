#include "run/cell.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "endpoints/client_script.hpp"
#include "exec/alarm.hpp"
#include "exec/tap.hpp"
#include "model/files.hpp"
#include "rules/registry.hpp"
#include "run/disturber.hpp"
#include "run/evidence.hpp"
#include "run/observe.hpp"
#include "run/soundness.hpp"
#include "wire/keylog.hpp"

namespace ti {

namespace {

/// A recording with its times counted from second 0 of the timeline.
Recording rebased(Recording recording, Instant zero) {
  recording.opened -= zero;
  for (Segment& segment : recording.segments) segment.at -= zero;
  for (Ending& ending : recording.endings) ending.at -= zero;
  return recording;
}

/// What --server or --client calls it: a build also by its place.
template <class Manifest>
std::string asked_by(const Manifest& manifest) {
  return manifest.build ? manifest.id + ":" + manifest.build->place() : manifest.id;
}

/// CellRun is one cell on its way through its timeline: it drives and captures, and understands nothing.
class CellRun {
 public:
  CellRun(const PlannedCell& cell, Slot& slot, const CellSettings& settings)
      : cell_(cell), slot_(slot), settings_(settings), context_(slot.context()) {}

  awaitable<CellEnd> run() {
    started_ = std::chrono::steady_clock::now();
    gathered_.began = std::chrono::system_clock::now();
    zero_ = slot_.watch().now();
    const std::exception_ptr cancelled = co_await run_timeline();
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    tap_.reset();
    if (server_) gather_server();
    if (client_) gather_client();
    if (cancelled) {
      co_await slot_.end_cell(false, false, StopMode::kill);
      std::rethrow_exception(cancelled);
    }
    CellResult result = judged();
    // Whose answer came in time and was clean may serve again, whatever the wire said of it: it is told to forget all.
    const bool sound = seen_.broken.empty() && seen_.unimplemented.empty() && !seen_.log_cut && !lost_ &&
                       !seen_.deadline_struck && result.verdict.outcome != Outcome::error;
    const bool restarts = restarts_before(*cell_.scenario, cell_.scenario->timeline.size()) > 0;
    co_await slot_.end_cell(sound, !restarts);
    result.duration_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started_).count();
    CellEnd end{std::move(result), tried_, server_ != nullptr, client_ != nullptr};
    co_return end;
  }

 private:
  /// Runs all of it, or until something breaks; gives the cancellation if that was it.
  awaitable<std::exception_ptr> run_timeline() {
    try {
      co_await set_up();
      co_await timeline();
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) co_return std::current_exception();
      seen_.broken = error.what();
    } catch (const AdapterRefused& refused) {
      seen_.unimplemented = refused.what();  // its configuration
    } catch (const std::exception& error) {
      seen_.broken = error.what();
    }
    co_return nullptr;
  }

  awaitable<void> set_up() {
    SemaphorePermit starting(slot_.starting());
    co_await starting.acquire();
    if (settings_.why_not)
      if (const std::string why = settings_.why_not(); !why.empty()) {
        tried_ = false;
        throw HarnessError(why);
      }
    const Deadline start = deadline_in(context_.limits.start);
    ServerOrder order{cell_.server, cell_.scenario->policy, cell_.id.tls, cell_.scenario->ciphers};
    server_ = co_await slot_.begin_cell(std::move(order), start);
    DisturbPlan* plan = &plan_;
    tap_ = std::make_unique<Tap>(context_.executor, server_->upstream(), slot_.watch(),
                                 [plan](std::size_t) { return make_disturbance(*plan); });
    tap_port_ = tap_->port();
    if (cell_.client->capabilities.contains("keylog")) client_keylog_ = slot_.client_keylog();
    ClientSettings settings{cell_.id.tls, cell_.scenario->shows_certificate(), client_keylog_,
                            cell_.scenario->client_script};
    client_ = co_await slot_.lend_client(*cell_.client, std::move(settings), start);
    co_await slot_.clock().begin(std::chrono::milliseconds(0));  // second 0 is when all is ready
    told_at_zero_ =
        std::chrono::system_clock::now() + std::chrono::seconds(static_cast<std::int64_t>(slot_.clock().offset_s()));
  }

  awaitable<void> timeline() {
    const std::vector<Step>& steps = cell_.scenario->timeline;
    const Deadline zero = std::chrono::steady_clock::now();
    Timing timing{{}, context_.limits.cell, context_.limits.late, slot_.real_clock()};
    if (timing.real_clock) timing.most += cell_.scenario->duration();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      timing.now = std::chrono::steady_clock::now() - zero;
      seen_.cut_short = lost_ ? "the client was gone" : too_late_for(steps[i].at, timing);
      if (!seen_.cut_short.empty()) co_return;
      const auto late = co_await slot_.clock().advance_to(steps[i].at);
      if (const std::string why = overload(steps[i].at, late, timing); !why.empty()) throw HarnessError(why);
      zero_ = slot_.watch().now() - steps[i].at - late;  // a slow step before this one took of its time
      if (steps[i].connect)
        co_await connect(i);
      else
        co_await restart();
      if (!seen_.unimplemented.empty()) co_return;
    }
  }

  awaitable<void> restart() {
    gather_server();
    co_await server_->stop();
    co_await server_->start(slot_.clock(), slot_.watch(), deadline_in(context_.limits.start));
  }

  awaitable<void> connect(std::size_t index) {
    const Step& step = cell_.scenario->timeline[index];
    const Connect& wanted = *step.connect;
    plan_ = wanted.disturb;
    CapturedStep captured;
    captured.index = index;
    ConnectOrder order = connect_order(wanted, captured_.steps.size() + 1, tap_port_);
    const Deadline deadline = deadline_in(context_.limits.step);
    const Alarm taken_away(context_.executor, deadline, [this] { tap_->close_all(); });
    captured.client = co_await answer_to(std::move(order), deadline + context_.limits.answer);
    const bool idle = co_await tap_->idle(deadline);
    if (!idle) tap_->close_all();
    captured.timed_out = taken_away.rang() || !idle;
    if (captured.timed_out)
      seen_.deadline_struck = true;
    else
      seen_.took.push_back({step.at, slot_.watch().now() - zero_ - step.at, restarts_before(*cell_.scenario, index)});
    std::vector<Tapped> tapped = tap_->take();
    captured.server_log = take_server_log();
    lost_ = !captured.client.answered;
    captured.refused = co_await refusal_of_server(&tapped);
    captured.connections = connections_of(std::move(tapped), captured.timed_out);
    note_answer(captured);
    captured_.server_ended = server_->ended();
    captured_.server_killed = server_->was_killed();
    if (seen_.unimplemented.empty()) captured_.steps.push_back(std::move(captured));
  }

  /// The client's word on a step. That it cannot do what it is asked is noted.
  awaitable<ClientWord> answer_to(ConnectOrder order, Deadline deadline) {
    try {
      ClientWord word = co_await client_->connect(std::move(order), deadline);
      co_return word;
    } catch (const AdapterRefused& refused) {
      seen_.unimplemented = refused.what();
    }
    ClientWord none;
    co_return none;
  }

  /// What a client's answer says of itself besides how the connection went.
  void note_answer(CapturedStep& step) {
    ClientWord& word = step.client;
    if (step.connections.empty() && !word.usage.empty())
      throw HarnessError("the client does not understand its command line: " + word.usage);
    note_stray(word);
  }

  /// What a client that says that all is well wrote besides breaks its protocol; the loader's words are the machine's.
  void note_stray(ClientWord& word) {
    const std::string stray = client_->take_stray();
    stderr_ += stray;
    const bool of_loader = stray.find("ld.so") != std::string::npos ||
                           stray.find("error while loading shared libraries") != std::string::npos;
    if (of_loader)
      seen_.loader = stray;
    else if (!stray.empty() && word.ok && word.breach.empty())
      word.breach = "it wrote what nobody asked for: " + stray.substr(0, 400);
  }

  /// Whether the server runs and takes no connection, in words. A server that cannot be reached may have ended; one
  /// that never could be has not come up; else it is the tap that failed.
  awaitable<std::string> refusal_of_server(const std::vector<Tapped>* tapped) {
    std::string refused;
    for (const Tapped& each : *tapped) {
      if (each.reached) server_->note_reached();
      if (each.error.empty() || each.flooded) continue;
      const bool gone = co_await server_->ends_within(context_.limits.dying);
      if (gone) continue;
      if (each.reached || !server_->was_reached()) throw HarnessError("the tap: " + each.error);
      refused = "the server runs and takes no connection: " + each.error;
    }
    co_return refused;
  }

  std::vector<CapturedConnection> connections_of(std::vector<Tapped> tapped, bool late) const {
    const bool any_left = std::any_of(tapped.begin(), tapped.end(), [](const Tapped& each) { return each.left_open; });
    std::vector<CapturedConnection> connections;
    for (Tapped& each : tapped) {
      CapturedConnection connection{.sent = rebased(std::move(each.sent), zero_)};
      if (each.delivered) connection.delivered = rebased(std::move(*each.delivered), zero_);
      connection.applied = each.applied;
      connection.flooded = each.flooded;
      connection.timed_out = late && (any_left ? each.left_open : &each == &tapped.back());
      connections.push_back(std::move(connection));
    }
    return connections;
  }

  std::vector<LogLine> take_server_log() {
    std::vector<LogLine> lines = server_->take_log();
    for (LogLine& line : lines) line.at -= zero_;
    captured_.server_log_cut = captured_.server_log_cut || server_->log_cut();
    gathered_.server_log.insert(gathered_.server_log.end(), lines.begin(), lines.end());
    return lines;
  }

  void gather_server() {
    std::vector<LogLine> rest = take_server_log();
    if (!captured_.steps.empty()) {
      std::vector<LogLine>& log = captured_.steps.back().server_log;
      log.insert(log.end(), rest.begin(), rest.end());
    }
    captured_.keylog += server_->take_keylog();
    if (seen_.unhooked.empty() && server_->was_reached()) seen_.unhooked = server_->why_unhooked();
    if (!seen_.broken.empty()) return;  // one that did not come up again is not held to its end
    captured_.server_ended = server_->ended();
    captured_.server_killed = server_->was_killed();
  }

  void gather_client() {
    if (!captured_.steps.empty()) note_stray(captured_.steps.back().client);
    gathered_.client_log = client_->take_transcript();
    if (!stderr_.empty()) gathered_.client_log.push_back("written besides:\n" + stderr_);
    if (client_keylog_.empty()) return;
    if (const Result<std::string> secrets = read_file(client_keylog_)) captured_.client_keylog = *secrets;
    std::error_code ignored;  // the slot's folder goes as a whole in the end
    std::filesystem::remove(client_keylog_, ignored);
  }

  /// The result, once everything has stopped.
  CellResult judged() {
    CellResult result;
    result.id = cell_.id;
    const bool logs_decisions = cell_.server->capabilities.contains("decision_log");
    Observation observation = observe(*cell_.scenario, cell_.id.tls, logs_decisions, captured_);
    observation.trust = Trust{context_.credentials.ca_der, context_.credentials.server_name,
                              std::chrono::system_clock::to_time_t(told_at_zero_)};
    result.verdict = judge(observation);
    if (captured_.server_killed) seen_.server_killed = captured_.server_ended;
    seen_.log_cut = captured_.server_log_cut;
    if (context_.loop_watch) seen_.stood_still = context_.loop_watch->longest_since(started_);
    if (result.verdict.outcome != Outcome::pass && !slot_.has_room()) seen_.full_folder = slot_.folder().string();
    result.verdict = in_circumstances(std::move(result.verdict), seen_, observation);
    TicketNames names;
    for (const ObservedConnection& connection : observation.connections)
      result.connections.push_back(summarise(connection, names));
    const bool passed = result.verdict.outcome == Outcome::pass;
    if (settings_.keep == Keep::all || (settings_.keep == Keep::failed && !passed)) leave_evidence(observation, result);
    return result;
  }

  void leave_evidence(const Observation& observation, CellResult& result) {
    for (CapturedStep& step : captured_.steps)
      for (CapturedConnection& each : step.connections) keep_recordings(std::move(each));
    for (const ObservedConnection& connection : observation.connections)
      gathered_.transcripts.push_back(connection.transcript);
    if (!captured_.keylog.empty()) gathered_.keylog += told_by_line(Side::server) + "\n" + captured_.keylog;
    if (!captured_.client_keylog.empty())
      gathered_.keylog += told_by_line(Side::client) + "\n" + captured_.client_keylog;
    gathered_.verdict = result.verdict;
    gathered_.whole = is_told_by_bytes(observation);
    gathered_.commands = commands();
    try {
      result.evidence = write_evidence(settings_.results, cell_.id, gathered_);
    } catch (const std::exception& error) {
      result.verdict = error_verdict(std::string("no evidence could be kept: ") + error.what());
    }
  }

  void keep_recordings(CapturedConnection connection) {
    gathered_.recordings.push_back(as_judged(connection));
    gathered_.disturbed = gathered_.disturbed || connection.delivered;
    gathered_.delivered.push_back(connection.delivered ? std::move(*connection.delivered) : connection.sent);
    gathered_.sent.push_back(std::move(connection.sent));
  }

  std::string commands() const {
    std::string text =
        "# As it was run; its private folder is gone. What runs by hand: ticket-interop run --dry-run --server " +
        asked_by(*cell_.server) + " --client " + asked_by(*cell_.client) + " --scenario " + cell_.id.scenario +
        " --tls " + std::string(name(cell_.id.tls)) + "\n";
    if (server_) {
      const ServerLaunch& launched = server_->launched();
      text += "# server\n";
      for (const auto& [key, value] : launched.launch.env) text += key + "=" + pasteable({value}) + " ";
      text += pasteable(launched.launch.argv) + "\n";
      for (const auto& [name, file] : launched.files) text += "\n# " + name + "\n" + file;
    }
    if (client_)
      text += "\n# client, at the port of the tap; client.log has what was really said\n" +
              client_script(*cell_.client, context_,
                            {cell_.id.tls, cell_.scenario->shows_certificate(), {}, cell_.scenario->client_script},
                            *cell_.scenario, tap_port_);
    return text;
  }

  const PlannedCell& cell_;
  Slot& slot_;
  const CellSettings& settings_;
  const RunContext& context_;
  Server* server_ = nullptr;
  Client* client_ = nullptr;
  std::unique_ptr<Tap> tap_;
  DisturbPlan plan_;
  std::uint16_t tap_port_ = 0;
  std::filesystem::path client_keylog_;  ///< empty for a client that cannot tell its secrets
  Deadline started_{};
  std::chrono::system_clock::time_point told_at_zero_{};  ///< second 0 of the timeline by the programs' clock
  Instant zero_{};  ///< second 0 of the timeline by the watch, as the programs' clock stands now
  Captured captured_;
  Circumstances seen_;
  Gathered gathered_;
  std::string stderr_;  ///< what the client wrote where nothing was to be written
  bool tried_ = true;
  bool lost_ = false;  ///< the client did not answer: it is of no more use
};

}  // namespace

awaitable<CellEnd> run_cell(PlannedCell cell, Slot& slot, CellSettings settings) {
  CellRun run(cell, slot, settings);
  CellEnd end = co_await run.run();
  co_return end;
}

CellResult result_without_run(const PlannedCell& cell) {
  CellResult result;
  result.id = cell.id;
  result.verdict.outcome = cell.broken.empty() ? Outcome::unsupported : Outcome::error;
  result.verdict.reason = cell.broken.empty() ? cell.unsupported : cell.broken;
  return result;
}

}  // namespace ti
