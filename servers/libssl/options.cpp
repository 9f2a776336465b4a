#include "options.hpp"

#include <cstdlib>
#include <map>
#include <stdexcept>

namespace ti::server {
namespace {

long number(const std::string& text) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < 0) throw std::runtime_error("no number: " + text);
  return value;
}

int version(const std::string& text) {
  const std::map<std::string, int> numbers{{"1.0", 0x0301}, {"1.1", 0x0302}, {"1.2", 0x0303}, {"1.3", 0x0304}};
  const auto found = numbers.find(text);
  if (found == numbers.end()) throw std::runtime_error("no TLS version: " + text);
  return found->second;
}

void set(Options& options, const std::string& name, const std::string& value) {
  const std::map<std::string, std::string*> texts{
      {"--socket", &options.socket},         {"--cert", &options.cert},           {"--key", &options.key},
      {"--ecdsa-cert", &options.ecdsa_cert}, {"--ecdsa-key", &options.ecdsa_key}, {"--client-ca", &options.ca},
      {"--ciphers", &options.ciphers},       {"--keylog", &options.keylog},       {"--results", &options.results}};
  if (const auto text = texts.find(name); text != texts.end())
    *text->second = value;
  else if (name == "--tls")
    options.tls = version(value);
  else if (name == "--renew-after")
    options.policy.renew_after = number(value);
  else if (name == "--expire-after")
    options.policy.expire_after = number(value);
  else if (name == "--tickets-per-handshake")
    options.tickets_per_handshake = static_cast<int>(number(value));
  else
    throw std::runtime_error("no option: " + name);
}

}  // namespace

Options read_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--version") {
      options.version = true;
    } else if (name == "--no-tickets") {
      options.tickets = false;
    } else {
      if (++i == argc) throw std::runtime_error(name + " wants a value");
      set(options, name, argv[i]);
    }
  }
  ticket_policy checked = options.policy;
  if (!options.results.empty()) checked.results = options.results.c_str();
  if (const char* fault = ticket_policy_fault(&checked)) throw std::runtime_error(fault);
  if (!options.version && (options.socket.empty() || options.tls == 0))
    throw std::runtime_error("--socket and --tls are needed");
  return options;
}

}  // namespace ti::server
