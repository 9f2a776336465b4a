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

awaitable<nlohmann::json> AdapterProcess::ask(std::string line) {
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
  nlohmann::json object = nlohmann::json::parse(answer, nullptr, false);
  if (!object.is_object()) throw CheckFailed("to " + asked + " it answers " + answer.substr(0, 200));
  co_return object;
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

bool is_refusal(const nlohmann::json& answer) {
  const auto what = answer.find("unimplemented");
  return !answer.value("ok", true) && what != answer.end() && what->is_string();
}

void want_unimplemented(const nlohmann::json& answer, std::string_view asked) {
  if (!is_refusal(answer)) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

void want_ok(const nlohmann::json& answer, std::string_view asked) {
  if (is_refusal(answer)) throw CheckRefused("the adapter does not implement " + answer["unimplemented"].dump());
  if (!answer.value("ok", false))
    throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

nlohmann::json configure_order(Version tls, const RunContext& context) {
  return {{"do", "configure"},          {"tls", name(tls)},
          {"server_name", "localhost"}, {"ca", context.credentials.ca.string()},
          {"certificate", nullptr},     {"ciphers", nullptr},
          {"keylog", nullptr}};
}

}  // namespace ti
