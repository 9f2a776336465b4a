#include "check/adapter_process.hpp"

#include <fmt/format.h>

#include "check/versions.hpp"

namespace ti {

AdapterProcess::AdapterProcess(const ClientManifest& manifest, const RunContext& context,
                               const std::filesystem::path& folder, const std::vector<std::string>& arguments)
    : context_(context) {
  std::vector<std::string> argv = client_argv(manifest, context);
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const Launch launch = client_launch(manifest, context, std::move(argv), folder);
  try {
    process_ = std::make_unique<Process>(context.executor, *context.guardian, launch);
  } catch (const boost::system::system_error& error) {
    throw CheckFailed(error.what());
  }
  errors_ = std::make_unique<OutputLog>(std::move(process_->err), Stopwatch());
  channel_ = std::make_unique<LineChannel>(*process_, Stopwatch());
}

awaitable<AdapterAnswer> AdapterProcess::ask(std::string line) {
  const std::string asked = line.substr(0, 120);
  std::string broken;
  std::string answer;
  try {
    const Deadline deadline = deadline_in(context_.limits.start);
    answer = co_await channel_->request(std::move(line), deadline);
  } catch (const TimedOut&) {
    broken = "no answer to " + asked;
  } catch (const ChannelError& error) {
    broken = "to " + asked + ": " + error.what();
  }
  errors_->drain();
  if (!broken.empty()) throw CheckFailed(why_silent(broken, errors_->text()));
  try {
    co_return AdapterAnswer(answer);
  } catch (const AdapterBreach&) {
    throw CheckFailed("to " + asked + " it answers " + answer.substr(0, 200));
  }
}

awaitable<Exit> AdapterProcess::finish() {
  channel_.reset();
  process_->in.close();
  OutputLog rest(std::move(process_->out), Stopwatch());
  const bool slow = !co_await process_->ends_by(deadline_in(context_.limits.answer));
  if (slow) co_await process_->stop(std::chrono::milliseconds(100));
  errors_->drain();
  rest.drain();
  if (slow) throw CheckFailed("it does not end at the end of its input");
  if (!rest.text().empty()) throw CheckFailed("it says unasked: " + std::string(rest.text().substr(0, 200)));
  co_return *process_->ended();
}

void want_unimplemented(const AdapterAnswer& answer, std::string_view asked) {
  if (!answer.is_refusal()) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.text()));
}

void want_ok(const AdapterAnswer& answer, std::string_view asked) {
  if (answer.is_refusal()) throw CheckRefused("the adapter does not implement " + answer.unimplemented());
  if (!answer.ok()) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.text()));
}

AdapterAnswer::Hello hello_in(const AdapterAnswer& answer) {
  try {
    return answer.hello();
  } catch (const AdapterBreach& breach) {
    throw CheckFailed(breach.what());
  }
}

ClientWord word_in(const AdapterAnswer& answer) {
  try {
    return answer.connected().word;
  } catch (const AdapterBreach& breach) {
    throw CheckFailed(breach.what());
  }
}

}  // namespace ti
