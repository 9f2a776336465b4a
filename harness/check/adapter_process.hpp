#pragma once
// An adapter spoken to line by line, without the good manners of LineClient.
#include <nlohmann/json.hpp>

#include "check/check_bench.hpp"
#include "exec/line_channel.hpp"
#include "exec/output_log.hpp"

namespace ti {

class AdapterProcess {
 public:
  /// Starts it in `folder`, with further arguments. Throws CheckFailed when it cannot be started.
  AdapterProcess(const ClientManifest& manifest, const RunContext& context, const std::filesystem::path& folder,
                 const std::vector<std::string>& arguments = {});

  /// Sends a line; the answer must be a JSON object. Throws CheckFailed.
  awaitable<AdapterAnswer> ask(std::string line);

  /// Ends its input and waits for its end. Throws CheckFailed when it does not end, or says something more.
  awaitable<Exit> finish();

  /// What it wrote to stderr.
  std::string stray() const { return std::string(errors_->text()); }

 private:
  const RunContext& context_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<OutputLog> errors_;
  std::unique_ptr<LineChannel> channel_;
};

/// A word that means nothing to any adapter.
inline constexpr std::string_view nonsense = "nonsense-4711";

/// The answer to `asked` is a refusal; it is `ok`, CheckRefused if it is a refusal. Both throw CheckFailed.
void want_unimplemented(const AdapterAnswer& answer, std::string_view asked);
void want_ok(const AdapterAnswer& answer, std::string_view asked);

/// What it says in answer to hello, and to connect. Throws CheckFailed where that is not as the protocol has it.
AdapterAnswer::Hello hello_in(const AdapterAnswer& answer);
ClientWord word_in(const AdapterAnswer& answer);

}  // namespace ti
