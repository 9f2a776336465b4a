#include "cli/by_hand.hpp"

#include <fmt/format.h>

#include <fstream>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "endpoints/client_script.hpp"

namespace ti {

namespace fs = std::filesystem;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

void write_script(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << "#!/usr/bin/env bash\n" << text;
  fs::permissions(file, fs::perms::owner_all);
}

ByHand by_hand(const PlannedCell& cell, const RunContext& context, const fs::path& folder) {
  const ServerOrder order{cell.server, cell.scenario->policy, cell.id.tls, cell.scenario->ciphers};
  const Result<ServerLaunch> server = prepare(order, context, folder);
  if (!server) throw UsageError(server.error().text());
  const std::string socket = server->socket.lexically_relative(folder).string();
  const auto near = [&](const std::string& text) { return replaced(text, server->socket.string(), socket); };
  ByHand hand;
  for (const auto& [name, text] : server->files) hand.files.emplace(name, near(text));
  hand.server = "env ";
  for (const auto& [name, value] : server->launch.env)
    if (name != "PATH" && name != "HOME" && name != "TMPDIR") hand.server += pasteable({name + "=" + value}) + " ";
  std::vector<std::string> argv;
  for (const std::string& word : server->launch.argv) argv.push_back(near(word));
  hand.server += pasteable(argv);
  if (cell.server->unix_socket)
    hand.bridge = fmt::format("socat TCP-LISTEN:{},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:{}", ByHand::port,
                              pasteable({socket}));
  const ClientSettings settings{cell.id.tls, cell.scenario->shows_certificate(), {}, cell.scenario->client_script};
  hand.client = client_script(*cell.client, context, settings, *cell.scenario, ByHand::port);
  return hand;
}

}  // namespace ti
