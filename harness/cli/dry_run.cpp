#include "cli/dry_run.hpp"

#include <fmt/format.h>

#include <fstream>

#include "base/text.hpp"
#include "cli/by_hand.hpp"
#include "report/try_print.hpp"
#include "run/evidence.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

void make_private(const fs::path& folder) {
  if (fs::create_directories(folder)) fs::permissions(folder, fs::perms::owner_all);
}

/// Scripts of one cell: what to type in one terminal each.
void write_cell(const PlannedCell& cell, const RunContext& context, const fs::path& folder) {
  const ByHand hand = by_hand(cell, context, folder);
  make_private(folder);
  for (const auto& [name, text] : hand.files) std::ofstream(folder / name, std::ios::binary) << text;
  const std::string there = "cd " + pasteable({folder.string()}) + "\n";
  write_script(folder / "server.sh", there + "exec " + hand.server + "\n");
  try_print(stdout, "{}\n", cell.id.text());
  try_print(stdout, "  first terminal:   {}\n", pasteable({(folder / "server.sh").string()}));
  if (!hand.bridge.empty()) {
    write_script(folder / "bridge.sh", there + "exec " + hand.bridge + "\n");
    try_print(stdout, "  second terminal:  {}    (needs socat: apt-get install socat)\n",
              pasteable({(folder / "bridge.sh").string()}));
  } else {
    try_print(stdout, "  the server prints its port: put it for {} into client.sh\n", ByHand::port);
  }
  write_script(folder / "client.sh", there + hand.client);
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
