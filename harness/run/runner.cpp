#include "run/runner.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <set>
#include <thread>

#include "exec/task_group.hpp"
#include "exec/temp_dir.hpp"
#include "run/evidence.hpp"

namespace ti {

namespace {

std::size_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }

/// What a cell orders its server for, as text. Two cells must have it in common to share a warm server, or its failure
/// to start.
std::string server_key(const PlannedCell& cell) {
  std::string key = cell.id.server + "@" + std::string(name(cell.id.tls)) + " " + cell.scenario->ciphers;
  for (const auto& [policy, value] : cell.scenario->policy.values) key += " " + policy + "=" + to_text(value);
  return key;
}

/// Under the real clock neighbours differ in the client: what a costly one needs is spread out.
std::string scenario_first(const CellId& id) {
  return id.scenario + "@" + std::string(name(id.tls)) + "/" + id.client + "/" + id.server;
}

/// CPU time of this process and of those children that it has waited for, in seconds.
double cpu_spent() {
  double seconds = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    for (const timeval& time : {used.ru_utime, used.ru_stime})
      seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }
  return seconds;
}

/// When a cell needs the CPU, from its start on.
std::vector<std::chrono::milliseconds> busy_times(const PlannedCell& cell) {
  std::vector<std::chrono::milliseconds> times(2);  // its server and its client start
  for (const Step& step : cell.scenario->timeline) times.push_back(step.at);
  return times;
}

/// Starts remembers what did not come up, so that it is not tried for ever. A server may refuse what one scenario wants
/// of it and serve all the others: its failures count for that order alone, unless it has come up for none.
class Starts {
 public:
  void note(const PlannedCell& cell, const CellEnd& end) {
    if (end.tried) note_server(cell, end.server_came_up);
    if (end.server_came_up) count(client_failures_[cell.id.client], end.client_came_up);
  }

  /// Why it is no use to try the cell; empty when it may be.
  std::string why_not(const PlannedCell& cell) const {
    if (never_comes_up(cell.id.server)) return set_aside("server " + cell.id.server + " is set aside");
    if (worn_out(order_failures_, server_key(cell)))
      return set_aside("server " + cell.id.server + " is set aside for this policy, version and ciphers");
    if (worn_out(client_failures_, cell.id.client)) return set_aside("client " + cell.id.client + " is set aside");
    return {};
  }

 private:
  using Failures = std::map<std::string, std::size_t>;  ///< in a row

  /// What is known of a server, whatever it was started for.
  struct Server {
    std::set<std::string> refused;  ///< orders for which it did not come up
    bool came_up = false;           ///< for any
  };

  static std::string set_aside(const std::string& what) { return what + ": it failed to start again and again"; }

  static void count(std::size_t& failures, bool came_up) { failures = came_up ? 0 : failures + 1; }

  static bool worn_out(const Failures& failures, const std::string& what) {
    const auto found = failures.find(what);
    return found != failures.end() && found->second >= Runner::patience;
  }

  void note_server(const PlannedCell& cell, bool came_up) {
    const std::string order = server_key(cell);
    count(order_failures_[order], came_up);
    Server& server = servers_[cell.id.server];
    if (came_up)
      server.came_up = true;
    else
      server.refused.insert(order);
  }

  bool never_comes_up(const std::string& id) const {
    const auto found = servers_.find(id);
    return found != servers_.end() && !found->second.came_up && found->second.refused.size() >= Runner::patience;
  }

  std::map<std::string, Server> servers_;
  Failures order_failures_;
  Failures client_failures_;
};

}  // namespace

std::size_t choose_jobs(bool real_clock, std::size_t cores, std::size_t memory_bytes) {
  constexpr std::size_t bytes_per_cell = std::size_t{24} << 20;   // a server and an adapter, a few of them runtimes
  constexpr std::size_t bytes_per_slot = std::size_t{256} << 20;  // with what it keeps warm
  return real_clock ? std::clamp<std::size_t>(memory_bytes / bytes_per_cell, 1, 1000)
                    : std::clamp<std::size_t>(memory_bytes / bytes_per_slot, 1, 3 * cores);
}

std::size_t choose_most_warm(std::size_t jobs, std::size_t memory_bytes) {
  constexpr std::size_t bytes_per_client = std::size_t{64} << 20;  // of a runtime
  return std::clamp<std::size_t>(memory_bytes / 2 / jobs / bytes_per_client, 2, 32);
}

/// Queue hands out cells: to a slot first those that want the server it has warm, the costliest group of cells first.
class Runner::Queue {
 public:
  Queue(std::vector<PlannedCell> cells, const std::map<std::string, double>& cost_ms, bool real_clock) {
    std::map<std::string, Batch> batches;
    for (PlannedCell& cell : cells) {
      const double timeline_ms = real_clock ? static_cast<double>(cell.scenario->duration().count()) : 0;
      const double cost = std::max(expected_cost(cell, cost_ms), timeline_ms);
      Batch& batch = batches[real_clock ? scenario_first(cell.id) : server_key(cell)];
      batch.cost += cost;
      batch.cells.emplace_back(cost, std::move(cell));
    }
    for (auto& [key, batch] : batches) {
      std::stable_sort(batch.cells.begin(), batch.cells.end(), [](const auto& a, const auto& b) {
        return a.second.id.client != b.second.id.client ? a.second.id.client < b.second.id.client : a.first > b.first;
      });
      batch.key = key;
      waiting_.push_back(std::move(batch));
    }
    std::stable_sort(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) { return a.cost > b.cost; });
  }

  /// The next cell for a slot that last served `key` (updated); nothing when all are taken.
  std::optional<PlannedCell> next(std::string& key) {
    const auto same =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& batch) { return batch.key == key; });
    if (same != waiting_.end()) return take(same);
    // A batch that nobody serves, else half the way into the costliest that is being served.
    const auto unserved =
        std::find_if(waiting_.begin(), waiting_.end(), [](const auto& batch) { return !batch.served; });
    const auto chosen = unserved != waiting_.end()
                            ? unserved
                            : std::max_element(waiting_.begin(), waiting_.end(),
                                               [](const auto& a, const auto& b) { return a.cost < b.cost; });
    if (chosen == waiting_.end()) return std::nullopt;
    chosen->served = true;
    key = chosen->key;
    return take(chosen);
  }

  void clear() { waiting_.clear(); }

  Starts& starts() { return starts_; }

 private:
  struct Batch {
    std::string key;
    std::deque<std::pair<double, PlannedCell>> cells;
    double cost = 0;
    bool served = false;
  };

  std::optional<PlannedCell> take(std::vector<Batch>::iterator batch) {
    PlannedCell cell = std::move(batch->cells.front().second);
    batch->cost -= batch->cells.front().first;
    batch->cells.pop_front();
    if (batch->cells.empty()) waiting_.erase(batch);
    return cell;
  }

  std::vector<Batch> waiting_;
  Starts starts_;
};

Runner::Runner(const RunContext& context, RunnerSettings settings, std::vector<Listener*> listeners)
    : context_(context),
      settings_(std::move(settings)),
      starting_(1),
      agreement_(settings_.repetitions),
      listeners_(std::move(listeners)) {
  if (!settings_.mode.libfaketime.empty()) return;
  settings_.mode.starting = &starting_;
  load_planner_.emplace(cores());
}

void Runner::tell(const CellResult& result) {
  for (Listener* listener : listeners_) listener->cell_ended(result);
}

/// What a repetition left apart takes its place below the results if it is this one that will be told of, as things
/// stand; else it goes.
void Runner::keep_preferred(CellResult& result, const std::filesystem::path& left) const {
  try {
    if (agreement_.prefers(result)) replace_evidence(settings_.cell.results, result.id, left);
  } catch (const std::filesystem::filesystem_error& error) {
    result.verdict = Verdict{};
    result.verdict.outcome = Outcome::error;
    result.verdict.reason = std::string("no evidence could be kept: ") + error.what();
    result.evidence.reset();
  }
  std::error_code ignored;  // the folder goes as a whole in the end
  std::filesystem::remove_all(left / "evidence", ignored);
}

void Runner::repetition_ended(CellResult result, const std::filesystem::path& left) {
  if (left != settings_.cell.results) keep_preferred(result, left);
  if (const auto whole = agreement_.ended(std::move(result))) tell(*whole);
}

awaitable<void> Runner::wait_for_room(const PlannedCell& cell) {
  const Instant start = load_planner_->book(watch_.now(), busy_times(cell));
  Timer timer(context_.executor, deadline_in(start - watch_.now()));
  co_await timer.async_wait(use_awaitable);
}

awaitable<void> Runner::work(std::shared_ptr<Queue> queue) {
  Slot slot(context_, settings_.mode);
  std::optional<TempDir> apart;  // repetitions of a cell run at once, and each would leave its evidence in one place
  if (settings_.repetitions > 1) apart.emplace(*context_.guardian, settings_.cell.results);
  const std::filesystem::path left = apart ? apart->path() : settings_.cell.results;
  std::string key;
  std::exception_ptr stopped;
  try {
    while (std::optional<PlannedCell> cell = queue->next(key)) {
      // A cell winds down undisturbed; from here on the worker can be stopped again.
      co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
      CellSettings settings = settings_.cell;
      settings.results = left;
      settings.why_not = [queue, planned = *cell] { return queue->starts().why_not(planned); };
      if (cell->broken = settings.why_not(); !cell->broken.empty()) {
        repetition_ended(result_without_run(*cell), left);
        continue;
      }
      if (load_planner_) co_await wait_for_room(*cell);
      CellEnd end = co_await run_cell(*cell, slot, std::move(settings));
      if (load_planner_) load_planner_->learn(steps_run_ += busy_times(*cell).size(), cpu_spent() - cpu_before_);
      queue->starts().note(*cell, end);
      repetition_ended(std::move(end.result), left);
    }
  } catch (...) {
    stopped = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await slot.clear(stopped ? StopMode::kill : StopMode::graceful);
  if (stopped) std::rethrow_exception(stopped);
}

awaitable<void> Runner::run(std::vector<PlannedCell> cells) {
  cpu_before_ = cpu_spent();
  std::vector<PlannedCell> runnable;
  for (const PlannedCell& cell : cells) {
    if (cell.unsupported.empty() && cell.broken.empty())
      runnable.insert(runnable.end(), settings_.repetitions, cell);
    else
      tell(result_without_run(cell));
  }
  const std::size_t memory =
      static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGE_SIZE));
  const bool real_clock = settings_.mode.libfaketime.empty();
  std::size_t jobs = settings_.jobs == 0 ? choose_jobs(real_clock, cores(), memory) : settings_.jobs;
  jobs = std::clamp<std::size_t>(jobs, 1, std::max<std::size_t>(runnable.size(), 1));
  settings_.mode.most_warm = choose_most_warm(jobs, memory);
  auto queue = std::make_shared<Queue>(std::move(runnable), settings_.cost_ms, real_clock);
  TaskGroup slots(context_.executor);
  for (std::size_t i = 0; i < jobs; ++i) slots.spawn(work(queue));
  std::exception_ptr stopped;
  try {
    co_await slots.join();
  } catch (...) {
    stopped = std::current_exception();
  }
  if (!stopped) co_return;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  queue->clear();  // for workers whose cell is winding down, whom the signal does not reach
  slots.cancel();
  try {
    co_await slots.join();
  } catch (const std::exception&) {
    // what stopped it first is what is told
  }
  std::rethrow_exception(stopped);
}

}  // namespace ti
