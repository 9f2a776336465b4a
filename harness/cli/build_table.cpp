#include "cli/build_table.hpp"

#include <boost/asio/io_context.hpp>

#include "cli/facts.hpp"
#include "cli/interruptible.hpp"
#include "exec/temp_dir.hpp"

namespace ti {

namespace {

std::string fact(const Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "" : found->second;
}

template <class Manifest>
BuildRow row_of(const Manifest& manifest, const char* side, const Facts& facts) {
  BuildRow row{manifest.id, side, fact(facts, "version"), fact(facts, "build"), fact(facts, "file"), "", {}};
  row.sha256 = fact(facts, facts.contains("file_sha256") ? "file_sha256" : "binary_sha256");
  if (const std::string library = fact(facts, "library_version"); !library.empty()) row.version += " with " + library;
  if (!manifest.builds) return row;
  for (const std::string& library : manifest.builds->libraries) row.takes.push_back(library);
  for (const std::string& program : manifest.builds->program) row.takes.push_back(program);
  if (!manifest.builds->as.empty()) row.takes.push_back("as " + manifest.builds->as);
  return row;
}

}  // namespace

std::vector<BuildRow> build_rows(const Catalogue& catalogue, const Paths& paths) {
  Guardian guardian;
  asio::io_context loop(1);
  Interruptible interruptible(loop, std::chrono::seconds(0));
  const TempDir private_files(guardian);
  const RunContext context{loop.get_executor(),
                           &guardian,
                           make_credentials(private_files.path()),
                           paths.servers_build(),
                           paths.clients_build(),
                           paths.optional_clients_build(),
                           {}};
  Results facts;
  const auto ask = [&]() -> awaitable<void> {
    Results asked = co_await gather_facts_of_all(catalogue, context);
    facts = std::move(asked);
  };
  if (!interruptible.run(ask())) throw std::runtime_error("stopped while they were asked for their versions");
  std::vector<BuildRow> rows;
  for (const ServerManifest& server : catalogue.servers)
    if (!catalogue.server_missing.contains(server.id))
      rows.push_back(row_of(server, "server", facts.servers[server.id]));
  for (const ClientManifest& client : catalogue.clients)
    if (!catalogue.client_missing.contains(client.id))
      rows.push_back(row_of(client, "client", facts.clients[client.id]));
  return rows;
}

}  // namespace ti
