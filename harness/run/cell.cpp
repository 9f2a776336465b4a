#include "run/cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "endpoints/client_script.hpp"
#include "endpoints/decision_log.hpp"
#include "exec/alarm.hpp"
#include "exec/tap.hpp"
#include "model/files.hpp"
#include "rules/registry.hpp"
#include "run/disturber.hpp"
#include "run/evidence.hpp"
#include "run/key_ages.hpp"
#include "wire/decoder.hpp"

namespace ti {

namespace {

/// A recording with its times counted from second 0 of the timeline.
Recording rebased(Recording recording, Instant zero) {
  recording.opened -= zero;
  for (Segment& segment : recording.segments) segment.at -= zero;
  for (Ending& ending : recording.endings) ending.at -= zero;
  return recording;
}

double in_seconds(Milliseconds at) { return std::chrono::duration<double>(at).count(); }

/// One connection as it was seen while things ran; understood afterwards.
struct Seen {
  std::size_t step;  ///< index in the timeline
  bool first;        ///< of the step: what is said of the step stands with it until all is understood
  bool sole = true;  ///< the step's only connection
  std::optional<Recording> recording;
  ClientWord client;
  std::vector<LogLine> server_log;
  bool timed_out = false;
};

/// CellRun is one cell on its way through its timeline.
class CellRun {
 public:
  CellRun(const PlannedCell& cell, Slot& slot, const CellSettings& settings)
      : cell_(cell), slot_(slot), settings_(settings), site_(slot.site()) {}

  awaitable<CellEnd> run() {
    const auto started = std::chrono::steady_clock::now();
    gathered_.began = std::chrono::system_clock::now();
    zero_ = slot_.watch().now();
    std::exception_ptr cancelled;
    std::string broken;
    try {
      co_await timeline();
    } catch (const HarnessError& error) {
      broken = error.what();
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted)
        cancelled = std::current_exception();
      else
        broken = error.what();
    } catch (const std::exception& error) {
      broken = error.what();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    tap_.reset();
    if (server_) gather_server();
    if (client_) gather_client();
    if (cancelled) {
      co_await slot_.end_cell(false, false, Haste::kill);
      std::rethrow_exception(cancelled);
    }

    CellResult result;
    result.id = cell_.id;
    Observation observation = understand();
    result.verdict = broken.empty() ? judge(observation) : error_verdict(broken);
    check_hidden(result.verdict);
    check_whole(result.verdict);
    check_time(result.verdict, started);
    check_room(result.verdict);
    if (broken.empty()) check_server_clock(observation, result.verdict);
    TicketNames names;
    for (const ObservedConnection& connection : observation.connections)
      result.connections.push_back(summarise(connection, names));
    const bool passed = result.verdict.outcome == Outcome::pass;
    if (settings_.keep == Keep::all || (settings_.keep == Keep::failed && !passed)) leave_evidence(observation, result);
    // Whose answer came in time and was clean may serve again, whatever the wire said of it: it is told to forget all.
    const bool sound = broken.empty() && !lost_ && !deadline_struck_ && result.verdict.outcome != Outcome::error;
    co_await slot_.end_cell(sound, !restarts());
    result.duration_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    CellEnd end{std::move(result), tried_, server_ != nullptr, client_ != nullptr};
    co_return end;
  }

 private:
  bool restarts() const { return generation_at(cell_.scenario->timeline.size()) > 0; }

  /// How often the timeline restarts the server before that step.
  std::size_t generation_at(std::size_t step) const {
    const auto& timeline = cell_.scenario->timeline;
    return static_cast<std::size_t>(std::count_if(timeline.begin(),
                                                  timeline.begin() + static_cast<std::ptrdiff_t>(step),
                                                  [](const Step& each) { return !each.connect; }));
  }

  awaitable<void> timeline() {
    co_await set_up();
    const Deadline zero = std::chrono::steady_clock::now();
    const Deadline end = zero + site_.limits.cell + (slot_.real_clock() ? cell_.scenario->duration() : Milliseconds{0});
    std::size_t connection = 0;
    for (std::size_t i = 0; i < cell_.scenario->timeline.size() && cut_short_.empty() && !lost_; ++i) {
      const Step& step = cell_.scenario->timeline[i];
      const Deadline arrived = std::chrono::steady_clock::now();
      if (arrived > end)
        cut_short_ = fmt::format("its deadline of {} s struck",
                                 std::chrono::duration_cast<std::chrono::seconds>(end - zero).count());
      else if (slot_.real_clock() && arrived > zero + step.at + site_.limits.late)
        cut_short_ = fmt::format("the step before that at {} s had not ended by then", in_seconds(step.at));
      else if (step.connect)
        co_await connect_at(i, ++connection);
      else
        co_await restart_at(step);
      if (lost_ && i + 1 < cell_.scenario->timeline.size()) cut_short_ = "the client was gone";
    }
  }

  awaitable<void> set_up() {
    GatePass starting(slot_.starting());
    co_await starting.enter();
    if (settings_.why_not)
      if (const std::string why = settings_.why_not(); !why.empty()) {
        tried_ = false;
        throw HarnessError(why);
      }
    const Deadline start = deadline_in(site_.limits.start);
    ServerOrder order{cell_.server, cell_.scenario->policy, cell_.id.tls, cell_.scenario->ciphers};
    server_ = co_await slot_.begin_cell(std::move(order), start);
    DisturbPlan* plan = &plan_;
    tap_ = std::make_unique<Tap>(site_.executor, server_->upstream(), slot_.watch(),
                                 [plan](std::size_t) { return make_disturbance(*plan); });
    tap_port_ = tap_->port();
    if (!cell_.server->capabilities.contains("keylog") && cell_.client->capabilities.contains("keylog"))
      client_keylog_ = slot_.client_keylog();
    ClientSettings settings{cell_.id.tls, cell_.scenario->shows_certificate(), client_keylog_};
    client_ = co_await slot_.lend_client(*cell_.client, std::move(settings), start);
    co_await slot_.clock().begin(std::chrono::milliseconds(0));  // second 0 is when all is ready
  }

  /// Waits, or moves the clock, until a step is to begin.
  awaitable<void> wait_for(Milliseconds at) {
    const auto late = co_await slot_.clock().advance_to(at);
    if (slot_.real_clock() && late > site_.limits.late)
      throw HarnessError(
          fmt::format("the machine is overloaded: the step at {} s began {} ms late; run fewer cells at once",
                      in_seconds(at), std::chrono::duration_cast<std::chrono::milliseconds>(late).count()));
    zero_ = slot_.watch().now() - at;
  }

  awaitable<void> connect_at(std::size_t index, std::size_t number) {
    co_await wait_for(cell_.scenario->timeline[index].at);
    co_await connect(index, number);
  }

  awaitable<void> restart_at(const Step& step) {
    co_await wait_for(step.at);
    co_await restart();
  }

  awaitable<void> restart() {
    gather_server();
    co_await server_->stop();
    co_await server_->start(slot_.clock(), slot_.watch(), deadline_in(site_.limits.start));
  }

  awaitable<void> connect(std::size_t index, std::size_t number) {
    const Connect& wanted = *cell_.scenario->timeline[index].connect;
    plan_ = wanted.disturb;
    Seen seen{.step = index, .first = true, .recording = {}, .client = {}, .server_log = {}};
    ConnectOrder order{number, tap_port_, wanted.offer == "none", wanted.offer_connection, wanted.read_response};

    const Deadline deadline = deadline_in(site_.limits.step);
    const Alarm taken_away(site_.executor, deadline, [this] { tap_->close_all(); });
    seen.client = co_await client_->connect(std::move(order), deadline + site_.limits.answer);
    const bool idle = co_await tap_->idle(deadline);
    if (!idle) tap_->close_all();
    const bool late = taken_away.rang() || !idle;
    if (late)
      deadline_struck_ = true;
    else
      took_.push_back({cell_.scenario->timeline[index].at,
                       slot_.watch().now() - zero_ - cell_.scenario->timeline[index].at, generation_at(index)});
    std::vector<Tapped> tapped = tap_->take();
    seen.server_log = take_server_log();
    lost_ = !seen.client.answered;
    seen.sole = tapped.size() <= 1;
    const bool any_left = std::any_of(tapped.begin(), tapped.end(), [](const Tapped& each) { return each.left_open; });
    seen.timed_out = late;
    if (tapped.empty()) seen_.push_back(seen);
    for (std::size_t i = 0; i < tapped.size(); ++i) {
      if (!tapped[i].error.empty()) {
        const bool gone = co_await server_->ends_within(site_.limits.dying);
        if (!gone) throw HarnessError("the tap: " + tapped[i].error);
      }
      // What was cut off never reached anybody: the judge sees the connection as its ends did.
      const bool cut = plan_.cut && tapped[i].delivered;
      seen.recording = rebased(std::move(cut ? *tapped[i].delivered : tapped[i].sent), zero_);
      seen.first = i == 0;
      seen.timed_out = late && (any_left ? tapped[i].left_open : i + 1 == tapped.size());
      seen_.push_back(seen);
      seen.server_log.clear();
    }
    server_ended_ = server_->ended();
  }

  std::vector<LogLine> take_server_log() {
    std::vector<LogLine> lines = server_->take_log();
    for (LogLine& line : lines) line.at -= zero_;
    gathered_.server_log.insert(gathered_.server_log.end(), lines.begin(), lines.end());
    return lines;
  }

  void gather_server() {
    std::vector<LogLine> rest = take_server_log();
    const auto last = std::find_if(seen_.rbegin(), seen_.rend(), [](const Seen& seen) { return seen.first; });
    if (last != seen_.rend()) last->server_log.insert(last->server_log.end(), rest.begin(), rest.end());
    gathered_.keylog += server_->take_keylog();
    server_ended_ = server_->ended();
  }

  void gather_client() {
    stray_ = client_->take_stray();
    gathered_.client_log = client_->take_transcript();
    if (client_keylog_.empty()) return;
    if (const Result<std::string> secrets = read_file(client_keylog_)) gathered_.keylog += *secrets;
    std::error_code ignored;  // the slot's folder goes as a whole in the end
    std::filesystem::remove(client_keylog_, ignored);
  }

  /// All that the witnesses saw, once everything has stopped.
  Observation understand() {
    Observation observation;
    observation.tls = cell_.id.tls;
    observation.policy = cell_.scenario->policy;
    observation.server_logs_decisions = cell_.server->capabilities.contains("decision_log");
    observation.failing_should = cell_.scenario->rules;
    const KeyLog keys(gathered_.keylog);
    for (Seen& seen : seen_) {
      const Step& step = cell_.scenario->timeline[seen.step];
      ObservedConnection connection;
      connection.at = step.at;
      connection.begun = step.at;
      connection.step = seen.step;
      connection.generation = generation_at(seen.step);
      connection.sole = seen.sole;
      connection.connect = *step.connect;
      if (seen.first) connection.expect = step.expect_at.at(cell_.id.tls);
      connection.connected = seen.recording.has_value();
      connection.timed_out = seen.timed_out;
      connection.client = seen.client;
      for (const LogLine& line : seen.server_log) {
        if (auto decision = parse_decision(line.text))
          connection.server.decisions.push_back(*decision);
        else if (tells_of_error(line.text))
          connection.server.errors.push_back(line.text);
      }
      if (seen.recording) {
        connection.transcript = decode(*seen.recording, keys);
        gathered_.recordings.push_back(std::move(*seen.recording));
      }
      connection.handshakes = handshakes_of(connection.transcript);
      observation.connections.push_back(std::move(connection));
    }
    pass_on_words(observation.connections);
    tell_server_end(observation.connections);
    return observation;
  }

  /// What the scenario and the server's log say of a step is about the first of its connections in which TLS began: a
  /// client may open one that it never uses.
  static void pass_on_words(std::vector<ObservedConnection>& connections) {
    for (auto first = connections.begin(); first != connections.end();) {
      const auto end = std::find_if(first, connections.end(),
                                    [&](const ObservedConnection& each) { return each.step != first->step; });
      const auto speaks = std::find_if(first, end, says_hello);
      if (speaks != end && speaks != first) {
        std::swap(first->expect, speaks->expect);
        std::swap(first->server, speaks->server);
      }
      first = end;
    }
  }

  static bool says_hello(const ObservedConnection& connection) { return first_handshake(connection) != nullptr; }

  /// A server that ended by itself did so after the last handshake that it completed.
  void tell_server_end(std::vector<ObservedConnection>& connections) const {
    if (server_ended_.empty() || connections.empty()) return;
    const auto completed = [](const ObservedConnection& connection) {
      const Handshake* handshake = first_handshake(connection);
      return handshake != nullptr && handshake->kind != HandshakeKind::failed;
    };
    const auto last = std::find_if(connections.rbegin(), connections.rend(), completed).base();
    ObservedConnection& at = last == connections.end() ? connections.back() : *last;
    at.server.errors.push_back("the server " + server_ended_);
  }

  static Verdict error_verdict(const std::string& reason) {
    Verdict verdict;
    verdict.outcome = Outcome::error;
    verdict.reason = reason;
    return verdict;
  }

  /// A timeline that was not run to its end holds what was found until then, and proves nothing else.
  void check_whole(Verdict& verdict) const {
    if (!cut_short_.empty() && (verdict.outcome == Outcome::pass || verdict.outcome == Outcome::inconclusive))
      verdict = error_verdict("the timeline was not run to its end: " + cut_short_);
  }

  /// A cell that looks well must also be clean: nothing stray said by the adapter, no sanitizer's report.
  void check_hidden(Verdict& verdict) const {
    if (verdict.outcome != Outcome::pass && verdict.outcome != Outcome::inconclusive) return;
    if (!stray_.empty()) verdict = error_verdict("the client wrote to stderr: " + stray_.substr(0, 400));
    if (!server_ended_.empty()) verdict = error_verdict("the server " + server_ended_ + " by itself");
    for (const LogLine& line : gathered_.server_log)
      if (line.text.find("Sanitizer") != std::string::npos) verdict = error_verdict("the server's log: " + line.text);
  }

  /// A server whose log tells key ages that did not grow with the timeline does not live in the cell's time.
  void check_server_clock(const Observation& observation, Verdict& verdict) const {
    Instant slowest{};
    for (const StepTook& step : took_) slowest = std::max(slowest, step.took);
    const double tolerance_s = 3 + std::chrono::duration<double>(slowest).count();
    std::map<std::pair<std::size_t, std::string>, double> born;  // key of a generation -> second of the timeline
    for (const ObservedConnection& connection : observation.connections) {
      const double now = static_cast<double>(connection.at.count()) / 1000;
      for (const TicketDecision& decision : connection.server.decisions) {
        if (!decision.age) continue;
        const std::pair key{connection.generation, decision.key};
        if (decision.encrypt) born.try_emplace(key, now - static_cast<double>(*decision.age));
        const auto birth = born.find(key);
        if (birth == born.end()) continue;
        const double late = now - birth->second - static_cast<double>(*decision.age);
        if (std::abs(late) <= tolerance_s) continue;
        verdict =
            error_verdict(fmt::format("the server's clock does not go with the cell's: at {:g} s of the timeline its "
                                      "log tells an age of {} s for a "
                                      "key born at {:g} s",
                                      now, *decision.age, birth->second));
        return;
      }
    }
  }

  /// A deadline that struck is no evidence when the harness itself stood still meanwhile; nor is a ticket's fate when a
  /// connection was so slow that the ticket's key came over a border of the policy, for time flows on within a step.
  void check_time(Verdict& verdict, Deadline started) const {
    if (verdict.outcome != Outcome::fail && verdict.outcome != Outcome::inconclusive) return;
    const auto in_ms = [](Instant time) { return std::chrono::duration_cast<Milliseconds>(time).count(); };
    const Instant still = deadline_struck_ && site_.loop_watch ? site_.loop_watch->longest_since(started) : Instant{};
    if (still > Instant{}) {
      verdict =
          error_verdict(fmt::format("a deadline struck, and the harness itself had stood still for {} ms; "
                                    "else it would be: {}",
                                    in_ms(still), verdict.reason));
    } else if (const StepTook* slow = moved_over_a_border(took_, cell_.scenario->policy)) {
      verdict = error_verdict(
          fmt::format("the connection at {:g} s took {} ms, by which a key's age comes over a border "
                      "of the ticket policy; else it would be: {}",
                      std::chrono::duration<double>(slow->at).count(), in_ms(slow->took), verdict.reason));
    }
  }

  /// Programs that could not write their files proved nothing by what they then did, or did not.
  void check_room(Verdict& verdict) const {
    if (verdict.outcome != Outcome::fail && verdict.outcome != Outcome::inconclusive) return;
    if (slot_.has_room()) return;
    verdict = error_verdict(
        fmt::format("the folder {} is full, where the cell's programs keep their files; else it would be: {}",
                    slot_.folder().string(), verdict.reason));
  }

  void leave_evidence(const Observation& observation, CellResult& result) {
    for (const ObservedConnection& connection : observation.connections)
      gathered_.transcripts.push_back(connection.transcript);
    gathered_.commands = commands();
    try {
      result.evidence = write_evidence(settings_.results, cell_.id, gathered_);
    } catch (const std::exception& error) {
      result.verdict = error_verdict(std::string("no evidence could be kept: ") + error.what());
    }
  }

  std::string commands() const {
    std::string text;
    if (server_) {
      const ServerLaunch& launched = server_->launched();
      text += "# server\n";
      for (const auto& [key, value] : launched.launch.env) text += key + "=" + pasteable({value}) + " ";
      text += pasteable(launched.launch.argv) + "\n";
      for (const auto& [name, file] : launched.files) text += "\n# " + name + "\n" + file;
    }
    if (client_)
      text += "\n# client, at the port of the tap; client.log has what was really said\n" +
              client_script(*cell_.client, site_, {cell_.id.tls, cell_.scenario->shows_certificate(), {}},
                            *cell_.scenario, tap_port_);
    return text;
  }

  const PlannedCell& cell_;
  Slot& slot_;
  const CellSettings& settings_;
  const Site& site_;
  Server* server_ = nullptr;
  Client* client_ = nullptr;
  std::unique_ptr<Tap> tap_;
  DisturbPlan plan_;
  std::uint16_t tap_port_ = 0;
  std::filesystem::path client_keylog_;  ///< where the server tells no secrets and the client can
  Instant zero_{};                       ///< second 0 of the timeline by the watch, as the clock stands now
  std::vector<Seen> seen_;
  Gathered gathered_;
  std::string server_ended_;
  std::string stray_;
  std::vector<StepTook> took_;  ///< the steps that came to their end by themselves
  bool deadline_struck_ = false;
  std::string cut_short_;  ///< why the timeline was not run to its end
  bool tried_ = true;
  bool lost_ = false;
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
