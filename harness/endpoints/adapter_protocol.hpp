#pragma once
// The line protocol of clients/PROTOCOL.md: whatever an adapter is told is written here, and whatever it answers is
// read here.
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoints/run_context.hpp"
#include "model/manifest.hpp"
#include "model/observation.hpp"

namespace ti {

/// AdapterRefused is the answer `unimplemented`.
struct AdapterRefused : HarnessError {
  using HarnessError::HarnessError;
};

/// AdapterBreach is an answer that is none of the protocol's.
struct AdapterBreach : HarnessError {
  using HarnessError::HarnessError;
};

/// ConfigureOrder is all that holds for the connections that follow.
struct ConfigureOrder {
  Version tls = Version::none;
  std::string server_name = "localhost";
  std::filesystem::path ca;
  std::filesystem::path certificate, key;                ///< both empty: none to show
  std::optional<std::vector<std::string>> ciphers = {};  ///< names of OpenSSL's; nothing: all that there are
  std::filesystem::path keylog = {};                     ///< empty: none
  std::filesystem::path script = {};                     ///< how it is to misbehave; empty: not at all
};
/// With what the run gives its clients to trust.
ConfigureOrder configure_order(Version tls, const Credentials& credentials);

/// ConnectOrder is one connection to a port of 127.0.0.1.
struct ConnectOrder {
  std::size_t connection = 1;  ///< number of the step's connection, from 1
  std::uint16_t port = 0;
  bool fresh = false;  ///< offer nothing
  std::optional<std::size_t> offer_connection =
      {};  ///< offer what was kept after that one; empty: what comes naturally
  bool send_request = true;
  bool read_response = true;
  std::optional<double> clock_offset_s = {};  ///< of a client that must be told the time
  std::optional<std::string> session = {};    ///< carry `export`: base64, or empty for none
};
/// What a scenario asks of connection `number`.
ConnectOrder connect_order(const Connect& connect, std::size_t number, std::uint16_t port);

inline constexpr std::string_view http_request = "GET / HTTP/1.0\r\n\r\n";

std::string hello_line();
std::string line_of(const ConfigureOrder& order);
std::string line_of(const ConnectOrder& order);

/// The same line with a field put in, or in the place of what it was, that need mean nothing to an adapter.
std::string with_field(const std::string& line, std::string_view field, std::string_view text);
/// A command that is none.
std::string line_of_command(std::string_view command);

/// AdapterAnswer is one answer. What is asked of it and is not as the protocol has it throws AdapterBreach; a refusal
/// throws AdapterRefused, unless it is asked for.
class AdapterAnswer {
 public:
  explicit AdapterAnswer(std::string line);

  /// The beginning of it as it came, for messages.
  std::string text() const { return line_.substr(0, 200); }

  /// Whether it says `ok`, or says that it is not.
  bool ok() const;
  bool failed() const;
  /// Whether it is a refusal as the protocol has it: not `ok`, and `unimplemented` a text.
  bool is_refusal() const;
  /// What it does not implement, as it put it; empty when it does not say so.
  std::string unimplemented() const;
  /// Throws AdapterRefused if it says so.
  void want_implemented() const;
  /// Whether it is an error of this stage, with a text.
  bool is_error_at(std::string_view stage) const;

  /// What it says of itself. Nothing is there that it left out.
  struct Hello {
    bool speaks_protocol = false;
    std::string library, version, carry;
    std::optional<double> time_s;               ///< since 1970
    std::vector<Version> tls;                   ///< empty: it leaves them to the manifest
    std::map<std::string, std::string> cannot;  ///< capability that its library lacks -> why
  };
  Hello hello() const;

  struct Connected {
    ClientWord word;
    std::string session;  ///< base64, empty for null
  };
  Connected connected() const;

 private:
  std::string line_;
  nlohmann::json answer_;
};

}  // namespace ti
