#include "endpoints/client_script.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "endpoints/line_client.hpp"
#include "endpoints/program_client.hpp"

namespace ti {

namespace {

std::string file_of(std::size_t connection) { return fmt::format("session-{}", connection); }

std::filesystem::path offered_by(const ConnectOrder& order) {
  if (order.fresh || order.connection == 1) return {};
  return file_of(order.offer_connection.value_or(order.connection - 1));
}

/// The orders of the timeline, with the time of each.
std::vector<std::pair<double, ConnectOrder>> orders_of(const Scenario& scenario, std::uint16_t port) {
  std::vector<std::pair<double, ConnectOrder>> orders;
  for (const Step& step : scenario.timeline) {
    if (!step.connect) continue;
    const ConnectOrder order{orders.size() + 1, port, step.connect->offer == "none", step.connect->offer_connection,
                             step.connect->read_response};
    orders.emplace_back(std::chrono::duration<double>(step.at).count(), order);
  }
  return orders;
}

}  // namespace

std::string client_script(const ClientManifest& manifest, const Site& site, const ClientSettings& settings,
                          const Scenario& scenario, std::uint16_t port) {
  const auto orders = orders_of(scenario, port);
  std::string set;  // what its environment has besides the usual
  const auto variables = variables_of(manifest, site);
  for (const auto& [name, value] : manifest.env)
    set += name + "=" + pasteable(filled_in({value}, manifest, variables)) + " ";
  std::string text;
  if (manifest.program) {
    for (const auto& [at_s, order] : orders)
      text += fmt::format(
          "{}{}  # at {:g} s\n", set,
          pasteable(program_command(manifest, site, settings, port, offered_by(order), file_of(order.connection))),
          at_s);
    return text;
  }
  text +=
      set + pasteable(client_argv(manifest, site)) + "\n# its standard input\n" + configure_line(settings, site) + "\n";
  for (const auto& [at_s, order] : orders)
    text += fmt::format("{}  # at {:g} s\n", connect_line(manifest, order, at_s, ""), at_s);
  return text;
}

}  // namespace ti
