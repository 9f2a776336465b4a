#include "exec/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <vector>

#include "exec/event.hpp"

namespace ti {

namespace {

bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

struct TaskGroup::State {
  struct Task {
    asio::cancellation_signal signal;
    bool begun = false;
    bool cancelled = false;
    bool done = false;
  };

  explicit State(Executor e) : executor(std::move(e)) {}

  /// What is cancelled before it began never begins: from Boost 1.83 on that would be thrown in co_spawn's own
  /// coroutine, and out of the loop.
  static awaitable<void> begin(std::shared_ptr<Task> entry, awaitable<void> task) {
    entry->begun = true;
    if (!entry->cancelled) co_await std::move(task);
  }

  Executor executor;
  std::vector<std::shared_ptr<Task>> tasks;
  std::size_t running = 0;
  std::exception_ptr first_error;
  Event ended;
};

TaskGroup::TaskGroup(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::spawn(awaitable<void> task) {
  std::erase_if(state_->tasks, [](const auto& old) { return old->done; });
  const auto entry = std::make_shared<State::Task>();
  state_->tasks.push_back(entry);
  ++state_->running;
  auto on_end = [state = state_, entry](const std::exception_ptr& error) {
    entry->done = true;
    --state->running;
    if (error && !state->first_error && !is_cancellation(error)) state->first_error = error;
    state->ended.notify();
  };
  asio::co_spawn(state_->executor, State::begin(entry, std::move(task)),
                 asio::bind_cancellation_slot(entry->signal.slot(), std::move(on_end)));
}

// From outside the loop's thread, co_spawn only posts what a signal emits, and holds the signal by a plain pointer.
void TaskGroup::cancel() {
  for (const auto& task : state_->tasks) {
    task->cancelled = true;
    if (task->begun && !task->done) task->signal.emit(asio::cancellation_type::terminal);
  }
  asio::post(state_->executor, [kept = state_->tasks] {});
}

awaitable<void> TaskGroup::join() {
  const auto state = state_;
  const auto all_ended = [&state] { return state->running == 0; };
  co_await state->ended.wait_until(Deadline::max(), all_ended);
  if (state->first_error) std::rethrow_exception(std::exchange(state->first_error, nullptr));
}

}  // namespace ti
