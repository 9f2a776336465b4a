#include "common/libssl_adapter.hpp"
#include "common/libssl_compat.hpp"
#include "common/serve.hpp"

using namespace ti::adapter;
namespace libssl = ti::libssl;

namespace {

SSL_SESSION* parse(std::string_view bytes, SSL_CTX*) { return libssl::parse(bytes); }

/// SSL_get_session(3): in TLSv1.3 it is recommended that each SSL_SESSION object is only used for resumption once.
Use use(const SSL_SESSION* session) {
  return libssl::version_of(session) == libssl::tls1_3 ? Use::once : Use::many_times;
}

template <Handover handover, Carry carry>
std::unique_ptr<Adapter> make() {
  libssl::begin();
  return std::make_unique<LibsslAdapter>(LibsslFlavour{.library = libssl::name(),
                                                       .version = libssl::version(),
                                                       .all_ciphers = "ALL:!aNULL",
                                                       .serialise = libssl::serialise,
                                                       .parse = parse,
                                                       .copy = libssl::copy<SSL_SESSION>,
                                                       .use = use},
                                         handover, carry);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv,
             {{"get-session", make<Handover::get_session, Carry::cache>},
              {"callback", make<Handover::callback, Carry::cache>},
              {"export", make<Handover::get_session, Carry::exported>}});
}
