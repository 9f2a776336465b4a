#pragma once
// Servers and clients as their manifests describe them: servers/CONTRACT.md and clients/PROTOCOL.md.
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/build.hpp"
#include "wire/messages.hpp"

namespace ti {

/// Fragment is how one fact is told to a program: by arguments, configuration text, variables of its environment, or
/// several of these.
struct Fragment {
  std::vector<std::string> args;
  std::string config;
  std::map<std::string, std::string> env;
  std::map<Version, std::string> config_at;  ///< configuration text for servers at that version alone
};

/// One policy key: one fragment for all values, or one for each word.
struct PolicyFragment {
  Fragment any;
  std::map<std::string, Fragment> values;  ///< when not empty, only these words are understood
};

/// Control says that a server or client is broken on purpose, and how: whoever judges it must find that.
struct Control {
  std::string rule;               ///< the rule that it breaks
  std::string occasion;           ///< the rule that has something to look at wherever it would break that one
  std::vector<std::string> with;  ///< what it is run against when nobody asks for it: ids of the other side
};

struct ServerManifest {
  std::string id;
  std::filesystem::path folder;  ///< source folder of the manifest
  std::string title;
  std::string library;
  std::string binary;
  std::vector<std::string> version;
  std::string library_version;  ///< regular expression over what `version` prints, or empty
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  std::map<std::string, std::string> files;  ///< name in the cell's folder -> template text (already read)
  bool unix_socket = true;
  std::string listen_port;  ///< regular expression, for TCP
  std::string ready;
  std::map<Version, Fragment> tls;
  std::map<std::string, PolicyFragment> policy;
  std::set<std::string> capabilities;
  bool warm = false;
  bool hook = false;             ///< unpatched: the ticket hook is loaded into it (servers/hook)
  bool only_when_named = false;  ///< not part of a matrix that does not ask for it by its id
  std::optional<Control> control;
  std::optional<BuildRecipe> builds;  ///< how it runs on other builds; nothing: on its own alone
  std::optional<Build> build;         ///< the other one on which it runs
};

/// How an unmodified program is driven.
struct ProgramDriver {
  std::map<Version, std::vector<std::string>> tls;
  std::vector<std::string> session_in, session_out, certificate, keylog;
  std::string input;                 ///< for its stdin
  std::vector<std::string> version;  ///< argv
  std::map<std::string, std::string> said;
  std::set<int> exit_ok = {0};
};

/// Need is something that must be there, in order to run a client or to build its adapter.
struct Need {
  std::string file;  ///< one of the two
  std::string program;
  std::string install;
};

enum class Carry : std::uint8_t { cache, session_export };

/// One client, folder and entry merged.
struct ClientManifest {
  std::string id;
  std::filesystem::path folder;
  std::filesystem::path adapter_folder;  ///< whose build {build} is: its own, or its model's if it builds nothing
  std::string library;
  std::string seen;  ///< the version that the manifest was written by; empty: not said
  std::string front_door;
  Carry carry = Carry::cache;
  std::string binary;             ///< {binary}; may be empty
  std::vector<std::string> argv;  ///< with the entry's args appended
  std::map<std::string, std::string> env;
  std::vector<Need> needs;        ///< to run it
  std::vector<Need> build_needs;  ///< to build its adapter; one that is built does without
  bool optional = false;
  bool only_when_named = false;  ///< not part of a matrix that does not ask for it by its id
  bool takes_script = false;     ///< its adapter can be told to misbehave
  std::set<Version> tls;
  std::set<std::string> capabilities;
  std::map<std::string, std::string> cannot;  ///< capability, version or behaviour -> why not
  std::optional<ProgramDriver> program;       ///< empty: the line protocol
  std::optional<Control> control;
  std::string like;  ///< id of the client that it is like, whose known issues are its own, too; or empty
  std::optional<BuildRecipe> builds;  ///< how it runs on other builds; nothing: on its own alone
  std::optional<Build> build;         ///< the other one on which it runs
};

Result<ServerManifest> parse_server_manifest(const std::filesystem::path& folder);
Result<std::vector<ClientManifest>> parse_client_manifest(const std::filesystem::path& folder);

/// Every folder that holds a manifest, sorted by id. A broken one is an entry in `errors` and costs only itself.
std::vector<ServerManifest> load_servers(const std::filesystem::path& folder, std::vector<ParseError>& errors);
std::vector<ClientManifest> load_clients(const std::filesystem::path& folder, std::vector<ParseError>& errors);

/// Replaces {name} by its value. A brace that does not enclose lower-case letters and underscores is left alone; a name
/// that is not in `variables` is an error.
Result<std::string> fill_in(std::string_view text, const std::map<std::string, std::string>& variables);

}  // namespace ti
