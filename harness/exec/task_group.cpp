#include "exec/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <list>

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
    bool done = false;
  };

  explicit State(asio::any_io_executor e) : executor(std::move(e)) {}

  asio::any_io_executor executor;
  std::list<Task> tasks;
  std::size_t running = 0;
  std::exception_ptr first_error;
  Event ended;
};

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::spawn(awaitable<void> task) {
  state_->tasks.remove_if([](const State::Task& old) { return old.done; });
  State::Task& entry = state_->tasks.emplace_back();
  ++state_->running;
  auto on_end = [state = state_, &entry](const std::exception_ptr& error) {
    entry.done = true;
    --state->running;
    if (error && !state->first_error && !is_cancellation(error)) state->first_error = error;
    state->ended.notify();
  };
  asio::co_spawn(state_->executor, std::move(task),
                 asio::bind_cancellation_slot(entry.signal.slot(), std::move(on_end)));
}

void TaskGroup::cancel() {
  for (State::Task& task : state_->tasks) {
    if (!task.done) task.signal.emit(asio::cancellation_type::terminal);
  }
}

awaitable<void> TaskGroup::join() {
  const auto state = state_;
  const auto all_ended = [&state] { return state->running == 0; };
  co_await state->ended.wait_until(Deadline::max(), all_ended);
  if (state->first_error) std::rethrow_exception(std::exchange(state->first_error, nullptr));
}

}  // namespace ti
