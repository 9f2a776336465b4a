#include "cli/dry_run.hpp"

#include <fmt/format.h>

#include <fstream>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "endpoints/client_script.hpp"
#include "endpoints/server.hpp"
#include "report/try_print.hpp"
#include "run/evidence.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t port = 4433;

void make_private(const fs::path& folder) {
  if (fs::create_directories(folder)) fs::permissions(folder, fs::perms::owner_all);
}

void write_script(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << "#!/usr/bin/env bash\n" << text;
  fs::permissions(file, fs::perms::owner_all);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// Scripts of one cell: what to type in one terminal each.
/// The server's socket is named from its own folder: the path of a socket has at most 107 bytes.
void write_cell(const PlannedCell& cell, const RunContext& context, const fs::path& folder) {
  const ServerOrder order{cell.server, cell.scenario->policy, cell.id.tls, cell.scenario->ciphers};
  const Result<ServerLaunch> server = prepare(order, context, folder);
  if (!server) throw UsageError(server.error().text());
  make_private(folder);
  const std::string socket = server->socket.lexically_relative(folder).string();
  const auto near = [&](const std::string& text) { return replaced(text, server->socket.string(), socket); };
  for (const auto& [name, text] : server->files) std::ofstream(folder / name, std::ios::binary) << near(text);
  const std::string there = "cd " + pasteable({folder.string()}) + "\n";
  std::string start = "exec env ";
  for (const auto& [name, value] : server->launch.env)
    if (name != "PATH" && name != "HOME" && name != "TMPDIR") start += pasteable({name + "=" + value}) + " ";
  std::vector<std::string> argv;
  for (const std::string& word : server->launch.argv) argv.push_back(near(word));
  write_script(folder / "server.sh", there + start + pasteable(argv) + "\n");
  try_print(stdout, "{}\n", cell.id.text());
  try_print(stdout, "  first terminal:   {}\n", pasteable({(folder / "server.sh").string()}));
  if (cell.server->unix_socket) {
    write_script(folder / "bridge.sh",
                 there + fmt::format("exec socat TCP-LISTEN:{},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:{}\n", port,
                                     pasteable({socket})));
    try_print(stdout, "  second terminal:  {}    (needs socat: apt-get install socat)\n",
              pasteable({(folder / "bridge.sh").string()}));
  } else {
    try_print(stdout, "  the server prints its port: put it for {} into client.sh\n", port);
  }
  const ClientSettings settings{cell.id.tls, cell.scenario->shows_certificate(), {}, cell.scenario->client_script};
  write_script(folder / "client.sh", there + client_script(*cell.client, context, settings, *cell.scenario, port));
  try_print(stdout, "  third terminal:   {}\n", pasteable({(folder / "client.sh").string()}));
}

}  // namespace

void print_commands(const std::vector<PlannedCell>& cells, const Paths& paths, const fs::path& out) {
  const fs::path root = fs::absolute(out).lexically_normal();
  make_private(root);
  make_private(root / "credentials");
  asio::io_context idle;
  const RunContext context{.executor = idle.get_executor(),
                           .credentials = make_credentials(root / "credentials"),
                           .servers = paths.servers_build(),
                           .clients = paths.clients_build(),
                           .optional_clients = paths.optional_clients_build(),
                           .limits = {}};
  for (const PlannedCell& cell : cells) {
    if (cell.unsupported.empty())
      write_cell(cell, context, root / folder_name(cell.id));
    else
      try_print(stdout, "{}\n  unsupported: {}\n", cell.id.text(), cell.unsupported);
  }
  try_print(stdout,
            "\nThe scripts can be read, changed and run as often as you like, by the machine's own clock. A tap's\n"
            "disturbances are not made by hand.\n");
}

}  // namespace ti
