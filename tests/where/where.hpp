#pragma once
// Where tests find what they read and start. The paths are compiled into this one library alone, so that every other
// object of one checkout serves another from the compiler's cache.
#include <filesystem>

namespace ti::where {

std::filesystem::path source();         ///< the checkout
std::filesystem::path clients_build();  ///< the clients' folders that CMake made
std::filesystem::path fake_client();
std::filesystem::path fake_server();
std::filesystem::path doomed_harness();
std::filesystem::path example_adapter();

}  // namespace ti::where
