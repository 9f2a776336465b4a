#include "cli/dry_run.hpp"

#include <fstream>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "endpoints/client_script.hpp"
#include "endpoints/server.hpp"
#include "report/say.hpp"
#include "run/evidence.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t port = 4433;

void make_private(const fs::path& folder) {
  if (fs::create_directories(folder)) fs::permissions(folder, fs::perms::owner_all);
}

void print_cell(const PlannedCell& cell, const Site& site, const fs::path& folder) {
  const ServerOrder order{cell.server, cell.scenario->policy, cell.id.tls, cell.scenario->ciphers};
  const Result<ServerLaunch> server = prepare(order, site, folder);
  if (!server) throw UsageError(server.error().text());
  make_private(folder);
  for (const auto& [name, text] : server->files) std::ofstream(folder / name, std::ios::binary) << text;
  say(stdout, "cd {}\n", pasteable({folder.string()}));
  say(stdout, "{}\n", pasteable(server->launch.argv));
  if (cell.server->unix_socket)
    say(stdout, "socat TCP-LISTEN:{},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:{}\n", port,
        pasteable({server->socket.string()}));
  const ClientSettings settings{cell.id.tls, cell.scenario->shows_certificate(), {}, cell.scenario->client_script};
  say(stdout, "{}\n", client_script(*cell.client, site, settings, *cell.scenario, port));
}

}  // namespace

void print_commands(const std::vector<PlannedCell>& cells, const Paths& paths, const fs::path& out) {
  const fs::path root = fs::absolute(out).lexically_normal();
  make_private(root);
  make_private(root / "credentials");
  asio::io_context idle;
  const Site site{.executor = idle.get_executor(),
                  .credentials = make_credentials(root / "credentials"),
                  .servers = paths.servers_build(),
                  .clients = paths.clients_build(),
                  .optional_clients = paths.optional_clients_build(),
                  .limits = {}};
  for (const PlannedCell& cell : cells) {
    say(stdout, "# {}\n", cell.id.text());
    if (cell.unsupported.empty())
      print_cell(cell, site, root / folder_name(cell.id));
    else
      say(stdout, "#   unsupported: {}\n", cell.unsupported);
  }
}

}  // namespace ti
