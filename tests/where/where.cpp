#include "where/where.hpp"

namespace ti::where {

std::filesystem::path source() { return TI_SOURCE_DIR; }
std::filesystem::path clients_build() { return TI_CLIENTS_BUILD; }
std::filesystem::path fake_client() { return std::filesystem::path(TI_COMPONENT_BUILD) / "component_fake_client"; }
std::filesystem::path fake_server() { return std::filesystem::path(TI_COMPONENT_BUILD) / "component_fake_server"; }
std::filesystem::path doomed_harness() {
  return std::filesystem::path(TI_COMPONENT_BUILD) / "component_doomed_harness";
}
std::filesystem::path example_adapter() {
  return std::filesystem::path(TI_COMPONENT_BUILD) / "component_example_adapter";
}

}  // namespace ti::where
