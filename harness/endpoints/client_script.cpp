#include "endpoints/client_script.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "endpoints/build_environment.hpp"
#include "endpoints/line_client.hpp"
#include "endpoints/program_client.hpp"

namespace ti {

namespace {

using Orders = std::vector<std::pair<double, ConnectOrder>>;

std::string file_of(std::size_t connection) { return fmt::format("session-{}", connection); }

std::filesystem::path offered_by(const ConnectOrder& order) {
  if (order.fresh || order.connection == 1) return {};
  return file_of(order.offer_connection.value_or(order.connection - 1));
}

/// The orders of the timeline, with the time of each.
Orders orders_of(const Scenario& scenario, std::uint16_t port) {
  Orders orders;
  for (const Step& step : scenario.timeline) {
    if (!step.connect) continue;
    orders.emplace_back(std::chrono::duration<double>(step.at).count(),
                        connect_order(*step.connect, orders.size() + 1, port));
  }
  return orders;
}

/// The wait for a step, of which the last began at `before`.
std::string wait_until(double at_s, double before) {
  return at_s > before ? fmt::format("sleep {:g}\n", at_s - before) : "";
}

/// A command of the client's with what its environment has besides the usual.
std::string start_line(const ClientManifest& manifest, const RunContext& context, std::vector<std::string> argv) {
  Launch launch;
  launch.argv = std::move(argv);
  const auto variables = variables_of(manifest, context);
  for (const auto& [name, value] : manifest.env) launch.env[name] = filled_in({value}, manifest, variables).front();
  if (manifest.build) enter_build(launch, *manifest.build);
  std::string line;
  for (const auto& [name, value] : launch.env) line += name + "=" + pasteable({value}) + " ";
  return line + pasteable(launch.argv);
}

/// Each connection is a program of its own, told what an application would type.
std::string program_lines(const ClientManifest& manifest, const RunContext& context, const ClientSettings& settings,
                          const Orders& orders, std::uint16_t port) {
  std::string text;
  double before = 0;
  for (const auto& [at_s, order] : orders) {
    text += wait_until(at_s, before);
    text += fmt::format(
        "{{ printf %s {}; sleep 2; }} | {}\n", pasteable({manifest.program->input}),
        start_line(manifest, context,
                   program_command(manifest, context, settings, port, offered_by(order), file_of(order.connection))));
    if (order.connection > 1)  // what a program does not write anew is offered again
      text += fmt::format("[ -e {0} ] || cp {1} {0}\n", file_of(order.connection), file_of(order.connection - 1));
    before = at_s;
  }
  return text;
}

/// One process for all connections, whose orders come at their times.
std::string cache_lines(const ClientManifest& manifest, const RunContext& context, const ClientSettings& settings,
                        const Orders& orders, const std::string& start) {
  std::string text = "{\n  echo " + pasteable({line_of(configure_order(settings, context.credentials))}) + "\n";
  double before = 0;
  for (const auto& [at_s, order] : orders) {
    if (at_s > before) text += "  " + wait_until(at_s, before);
    text += "  echo " + pasteable({line_of(completed(order, manifest, at_s, ""))}) + "\n";
    before = at_s;
  }
  return text + "} | " + start + "\n";
}

/// A process for each connection, which is given what an earlier one answered.
std::string export_lines(const ClientManifest& manifest, const RunContext& context, const ClientSettings& settings,
                         const Orders& orders, const std::string& start) {
  const std::string place = "SESSION";
  std::string text;
  double before = 0;
  for (const auto& [at_s, order] : orders) {
    const bool offers = !order.fresh && order.connection > 1;
    std::string line = pasteable({line_of(completed(order, manifest, at_s, offers ? place : ""))});
    if (const std::size_t at = line.find('"' + place + '"'); at != std::string::npos)
      line.replace(at, place.size() + 2,
                   fmt::format("'\"$session_{}\"'", order.offer_connection.value_or(order.connection - 1)));
    text += wait_until(at_s, before);
    text += fmt::format("answers=$(printf '%s\\n' {} {} | {}); echo \"$answers\"\n",
                        pasteable({line_of(configure_order(settings, context.credentials))}), line, start);
    const std::string kept = order.connection > 1 ? fmt::format("$session_{}", order.connection - 1) : "null";
    text += fmt::format(
        "session_{}=$(grep -o '\"session\":\"[^\"]*\"' <<<\"$answers\" | cut -d: -f2 || true); "
        ": \"${{session_{}:={}}}\"\n",
        order.connection, order.connection, kept);
    before = at_s;
  }
  return text;
}

}  // namespace

std::string client_script(const ClientManifest& manifest, const RunContext& context, const ClientSettings& settings,
                          const Scenario& scenario, std::uint16_t port) {
  const Orders orders = orders_of(scenario, port);
  if (manifest.program) return program_lines(manifest, context, settings, orders, port);
  const std::string start = start_line(manifest, context, client_argv(manifest, context));
  return manifest.carry == Carry::cache ? cache_lines(manifest, context, settings, orders, start)
                                        : export_lines(manifest, context, settings, orders, start);
}

}  // namespace ti
