// make_captures DIR: one pcapng a theme, with its secrets, of everything that this machine's libssl can do.
// make_captures --small DIR: the few that are kept in the repository.
#include <openssl/ssl.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "capture/capture.hpp"
#include "libssl_pair.hpp"

namespace {

using ti::libssl_pair::PairSettings;

constexpr int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};

std::string number_of(int version) { return "1." + std::to_string(version - TLS1_VERSION); }

bool write(const std::filesystem::path& file, const std::vector<PairSettings>& all_settings) {
  ti::Capture capture;
  for (const PairSettings& settings : all_settings) {
    ti::libssl_pair::Recorded recorded = ti::libssl_pair::record(settings);
    if (!recorded.failure.empty()) {
      std::fprintf(stderr, "%s: %s\n", file.c_str(), recorded.failure.c_str());
      return false;
    }
    capture.keylog += recorded.keylog;
    std::move(recorded.connections.begin(), recorded.connections.end(), std::back_inserter(capture.connections));
  }
  const ti::Bytes bytes = ti::write_pcapng(capture, std::chrono::system_clock::now());
  std::ofstream out(file, std::ios::binary);
  out.write(ti::as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  return out.good();
}

std::vector<PairSettings> every_suite(int version) {
  std::vector<PairSettings> all_settings;
  for (const std::string& suite : ti::libssl_pair::suites(version)) {
    PairSettings settings;
    settings.name = suite + "@" + number_of(version);
    settings.version = version;
    settings.cipher = suite;
    settings.rsa = version != TLS1_3_VERSION && ti::libssl_pair::needs_rsa(suite);
    all_settings.push_back(settings);
  }
  return all_settings;
}

PairSettings plain(int version, const std::string& name) {
  PairSettings settings;
  settings.name = name + "@" + number_of(version);
  settings.version = version;
  return settings;
}

template <class Change>
PairSettings with(int version, const std::string& name, Change change) {
  PairSettings settings = plain(version, name);
  change(settings);
  return settings;
}

std::vector<PairSettings> shapes(int version) {
  std::vector<PairSettings> all = {
      with(version, "client certificate", [](PairSettings& e) { e.client_certificate = true; }),
      with(version, "distrust", [](PairSettings& e) { e.distrust = true, e.connections = 1; }),
      with(version, "small records", [](PairSettings& e) { e.fragment = 512, e.data = 3000; }),
      with(version, "one-byte segments", [](PairSettings& e) { e.segment = 1; }),
      with(version, "much data", [](PairSettings& e) { e.data = 40000; }),
      with(version, "chain", [](PairSettings& e) { e.connections = 5, e.renew = true; }),
  };
  if (version == TLS1_3_VERSION) {
    all.push_back(with(version, "retry", [](PairSettings& e) { e.retry = true; }));
    all.push_back(with(version, "key updates", [](PairSettings& e) { e.key_updates = true; }));
    all.push_back(with(version, "early data", [](PairSettings& e) { e.early_data = true; }));
    all.push_back(
        with(version, "refused early data", [](PairSettings& e) { e.early_data = true, e.refuse_early_data = true; }));
    all.push_back(with(version, "padding", [](PairSettings& e) { e.padding = 256; }));
    all.push_back(with(version, "retry and early data", [](PairSettings& e) { e.retry = true, e.early_data = true; }));
  } else {
    all.push_back(with(version, "session ID", [](PairSettings& e) { e.tickets = false; }));
    all.push_back(with(version, "client renegotiates", [](PairSettings& e) { e.client_renegotiates = true; }));
    all.push_back(with(version, "server renegotiates", [](PairSettings& e) { e.server_renegotiates = true; }));
    all.push_back(with(version, "plain master secret", [](PairSettings& e) { e.extended_master_secret = false; }));
  }
  return all;
}

bool write_all(const std::filesystem::path& directory) {
  bool good = true;
  for (const int version : versions) {
    good &= write(directory / ("suites-" + number_of(version) + ".pcapng"), every_suite(version));
    good &= write(directory / ("shapes-" + number_of(version) + ".pcapng"), shapes(version));
    if (version == TLS1_3_VERSION) continue;
    std::vector<PairSettings> mac_inside = every_suite(version);
    std::erase_if(mac_inside, [](const PairSettings& settings) {
      return settings.cipher.find("GCM") != std::string::npos || settings.cipher.find("CCM") != std::string::npos ||
             settings.cipher.find("CHACHA") != std::string::npos;
    });
    for (PairSettings& settings : mac_inside) settings.encrypt_then_mac = false;
    good &= write(directory / ("mac-inside-" + number_of(version) + ".pcapng"), mac_inside);
  }
  return good;
}

bool write_small(const std::filesystem::path& directory) {
  bool good = true;
  const auto one = [&](const char* file, const PairSettings& settings) { good &= write(directory / file, {settings}); };
  one("tls10-cbc-renewed.pcapng",
      with(TLS1_VERSION, "renewed", [](PairSettings& e) { e.renew = true, e.encrypt_then_mac = false, e.data = 20; }));
  one("tls11-cbc.pcapng", with(TLS1_1_VERSION, "cbc", [](PairSettings& e) { e.data = 20; }));
  one("tls12-gcm.pcapng", with(TLS1_2_VERSION, "gcm", [](PairSettings& e) { e.data = 20; }));
  const auto one_suite = [&](const char* file, const char* suite) {
    one(file, with(TLS1_2_VERSION, suite, [&](PairSettings& e) { e.cipher = suite, e.connections = 1, e.data = 20; }));
  };
  one_suite("tls12-ccm8.pcapng", "ECDHE-ECDSA-AES128-CCM8");
  one_suite("tls12-chacha20-poly1305.pcapng", "ECDHE-ECDSA-CHACHA20-POLY1305");
  one_suite("tls12-null-sha.pcapng", "ECDHE-ECDSA-NULL-SHA");
  one("tls12-session-id.pcapng",
      with(TLS1_2_VERSION, "session ID", [](PairSettings& e) { e.tickets = false, e.data = 20; }));
  one("tls12-renegotiation.pcapng", with(TLS1_2_VERSION, "renegotiation", [](PairSettings& e) {
        e.client_renegotiates = true, e.connections = 1, e.data = 20;
      }));
  one("tls13.pcapng", with(TLS1_3_VERSION, "plain", [](PairSettings& e) { e.data = 20; }));
  one("tls13-retry-key-updates.pcapng", with(TLS1_3_VERSION, "retry", [](PairSettings& e) {
        e.retry = true, e.key_updates = true, e.connections = 1, e.data = 20;
      }));
  one("tls13-early-data.pcapng",
      with(TLS1_3_VERSION, "early data", [](PairSettings& e) { e.early_data = true, e.data = 20; }));
  one("tls13-early-data-refused.pcapng", with(TLS1_3_VERSION, "early data refused", [](PairSettings& e) {
        e.early_data = true, e.refuse_early_data = true, e.data = 20;
      }));
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments.size() > 2 || (arguments.size() == 2 && arguments[0] != "--small")) {
    std::fprintf(stderr, "usage: make_captures [--small] DIR\n");
    return 2;
  }
  std::filesystem::create_directories(arguments.back());
  return (arguments.size() == 2 ? write_small(arguments[1]) : write_all(arguments[0])) ? 0 : 1;
}
